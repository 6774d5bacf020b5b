internal import MailTerms

/// The leaves of a mail's tree of parts (RFC 2046 section 5.1), in their order.
///
/// A `message/*` part is a leaf: nothing inside it is looked at. The walk is bounded, whatever the mail
/// says of itself.
struct MIMEStructure {
  /// A part that holds no others.
  struct Part {
    /// The type in lower case, such as `text/plain`.
    var type: String
    /// The charset that the type names.
    var charset: [UInt8]?
    var encoding: TransferEncoding
    /// The content as it was sent.
    var body: Bytes

    /// Whether it is a message, or the headers of one.
    var isMessage: Bool {
      type.hasPrefix("message/rfc822")
        || type.hasPrefix("message/global")
          && !type.hasSuffix("delivery-status")
        || type == "text/rfc822-headers"
    }

    /// Whether it is a status part (RFC 3464, RFC 6533).
    var isStatus: Bool {
      type == "message/delivery-status" || type == "message/global-delivery-status"
    }

    /// The start of the content, decoded.
    func content(limit: Int) -> [UInt8] { encoding.decode(body, limit: limit) }
  }

  /// The most parts that are looked at.
  static let partLimit = 100
  /// How deep multiparts may lie in each other.
  static let depthLimit = 8

  private(set) var parts: [Part] = []
  /// What stands before the first delimiter: the first part, where its delimiter was lost.
  private(set) var preamble: Bytes = []
  private var boundaries: [[UInt8]] = []
  private var seen = 0

  /// Walks through a body whose header is at hand.
  init(header: HeaderBlock, body: Bytes) {
    enter(header: header, body: body)
    // A multipart without any delimiter is its own text.
    guard !boundaries.isEmpty else { return }
    walk(body)
    if parts.isEmpty {
      let type = header.first("content-type").map { ParameterValue($0) }
      parts = [
        Part(
          type: "text/plain", charset: type?["charset"],
          encoding: TransferEncoding(header.first("content-transfer-encoding")), body: body)
      ]
    }
  }

  /// Takes a header: a multipart opens a boundary, anything else is a leaf.
  private mutating func enter(header: HeaderBlock, body: Bytes) {
    let type = ParameterValue(header.first("content-type") ?? Array("text/plain".utf8))
    if type.main.hasPrefix("multipart/"), boundaries.count < Self.depthLimit {
      var boundary = type["boundary"] ?? Self.guessed(in: body)
      while let last = boundary.last, last <= 0x20 { boundary.removeLast() }
      if !boundary.isEmpty {
        boundaries.append(boundary)
        return
      }
    }
    parts.append(
      Part(
        type: type.main, charset: type["charset"],
        encoding: TransferEncoding(header.first("content-transfer-encoding")), body: body))
  }

  private mutating func walk(_ body: Bytes) {
    var at = body.startIndex
    // The leaf that is open, by its number.
    var open: Int?
    var isFirst = true
    while at < body.endIndex {
      let start = at
      guard body[at] == 0x2D, at + 1 < body.endIndex, body[at + 1] == 0x2D else {
        at = Swift.min(body.lineEnd(from: at) + 1, body.endIndex)
        continue
      }
      let (line, next) = body.line(at: at)
      at = next
      guard let (level, isLast) = delimiter(line) else { continue }
      if isFirst { preamble = body[body.startIndex..<start] }
      isFirst = false
      if let leaf = open { parts[leaf].body = Self.content(parts[leaf].body, upTo: start) }
      open = nil
      boundaries.removeSubrange((isLast ? level : level + 1)...)
      if boundaries.isEmpty { return }
      if isLast { continue }
      seen += 1
      guard seen <= Self.partLimit else { return }
      let header = HeaderBlock(body[at...])
      at = header.end
      let count = parts.count
      enter(header: header, body: body[at...])
      if parts.count > count { open = count }
    }
  }

  /// Which of the open multiparts a line delimits, the innermost first; whole lines are compared, since
  /// the boundary of an inner mail often begins with that of the outer.
  private func delimiter(_ line: Bytes) -> (level: Int, isLast: Bool)? {
    var line = line.dropFirst(2)
    while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
    for level in boundaries.indices.reversed() {
      let boundary = boundaries[level]
      guard line.starts(with: boundary) else { continue }
      if line.count == boundary.count { return (level, false) }
      if line.count == boundary.count + 2, line.hasSuffix("--") { return (level, true) }
    }
    return nil
  }

  /// A part's content without the line end that belongs to the delimiter behind it.
  private static func content(_ body: Bytes, upTo end: Int) -> Bytes {
    var content = body[body.startIndex..<Swift.max(body.startIndex, end)]
    if content.last == 10 { content.removeLast() }
    if content.last == 13 { content.removeLast() }
    return content
  }

  /// The boundary of a body whose header has lost it: its first line `--x` before a `Content-` field.
  private static func guessed(in body: Bytes) -> [UInt8] {
    var at = body.startIndex
    for _ in 0..<50 where at < body.endIndex {
      let (line, next) = body.line(at: at)
      if line.hasPrefix("--"), line.count > 4, body[next...].hasPrefix("content-") {
        return Array(line.dropFirst(2))
      }
      at = next
    }
    return []
  }
}
