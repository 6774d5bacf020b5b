internal import MailTerms

/// One mail's header, parts and words, as far as a bounce is read.
struct MailView {
  /// The most bytes of a text or status part that are read.
  static let contentLimit = 1 << 20

  /// Fields of which nearly every mail has one.
  static let commonFields: Set<String> = [
    "received", "return-path", "from", "to", "subject", "date", "message-id", "mime-version",
    "content-type", "delivered-to", "envelope-to", "x-failed-recipients", "auto-submitted",
  ]

  let header: HeaderBlock
  let type: ParameterValue
  /// The text part up to the returned mail, as UTF-8 where its charset is known.
  private(set) var text: [UInt8] = []
  private(set) var status: MIMEStructure.Part?
  /// Whether the mail ends inside its header.
  let isHeaderCut: Bool
  /// Where the mail ends, if it does so in the middle of a line.
  private let cut: Int?
  /// The start of the returned mail: its header.
  private(set) var copy: HeaderBlock?
  /// The bytes of the mail that is attached, where there is exactly one.
  private(set) var onlyAttachment: Bytes?
  /// Whether a part says that this is a feedback report or a receipt.
  private(set) var types: Set<String> = []

  init(_ bytes: Bytes) {
    let mail = Self.body(of: bytes)
    header = HeaderBlock(mail)
    cut = mail.last == 10 ? nil : mail.endIndex
    isHeaderCut = !header.isClosed
    type = ParameterValue(header.first("content-type") ?? [])
    let structure = MIMEStructure(header: header, body: mail[header.end...])
    var parts = structure.parts
    types = Set(parts.map(\.type))
    let attached = parts.filter(\.isMessage)
    if attached.count == 1, attached[0].type.hasPrefix("message/") {
      onlyAttachment = Self.message(in: attached[0])
    }
    // What follows the returned mail is no part of the report.
    if let returned = parts.firstIndex(where: \.isMessage) {
      let part = parts[returned]
      copy = HeaderBlock(Self.message(in: part))
      let later = parts[returned...].first(where: \.isStatus)
      parts.removeSubrange(returned...)
      // Some put the status part last.
      status = later
    }
    status = parts.first(where: \.isStatus) ?? status
    let words = parts.prefix { !$0.isStatus }
    let part =
      words.first { $0.type == "text/plain" } ?? words.first { $0.type.hasPrefix("text/") }
    if let part {
      text = Charset(part.charset).decode(content(of: part))
      if part.type == "text/html" { text = Self.withoutTags(text) }
    } else if !structure.preamble.isBlank {
      text = Array(structure.preamble.prefix(Self.contentLimit))
    }
    if let marker = CopyMarker.find(in: text[...]) {
      if copy == nil { copy = HeaderBlock(text[marker.copy...]) }
      text = Array(text[..<marker.start])
    }
  }

  /// The mail in a part; some encode it, which RFC 2046 forbids, and then its start is read.
  private static func message(in part: MIMEStructure.Part) -> Bytes {
    part.encoding == .identity ? part.body : part.content(limit: contentLimit)[...]
  }

  /// The content of a part, as far as it is read.
  ///
  /// Where the mail was cut off inside the part, its last line may hold half an address or half a queue id, and
  /// half of one is another one: such a line is left out.
  func content(of part: MIMEStructure.Part) -> [UInt8] {
    var content = part.content(limit: Self.contentLimit)
    guard part.body.endIndex == cut else { return content }
    while content.last == 10 || content.last == 13 { content.removeLast() }
    let start = content.lastIndex(of: 10).map { $0 + 1 } ?? 0
    let line = content[start...]
    let isName =
      line.hasPrefix("final-") || line.hasPrefix("orig") || line.trimmed.hasPrefix("<")
      || line.hasPrefix("x-") && line.holds("-queue-id:")
      || line.contains(UInt8(ascii: "@")) && line.words.count == 1
    if isName { content.removeSubrange(start...) }
    return content
  }

  /// A mail whose lines end with carriage returns alone, as old Macs wrote them, with line feeds.
  static func withLineFeeds(_ bytes: Bytes) -> Bytes {
    let start = bytes.prefix(64 << 10)
    guard !start.contains(10), start.contains(13) else { return bytes }
    return bytes.map { $0 == 13 ? 10 : $0 }[...]
  }

  /// Without the line `From ` of an mbox and the empty lines in front.
  static func body(of bytes: Bytes) -> Bytes {
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    while let first = bytes.first, first == 10 || first == 13 { bytes.removeFirst() }
    if bytes.hasPrefix("From ") || bytes.hasPrefix(">From ") {
      bytes = bytes[bytes.line(at: bytes.startIndex).next...]
    }
    return bytes
  }

  /// The words of a page of HTML, a line for each block.
  private static func withoutTags(_ html: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = html[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      result += rest[..<open]
      let tag = rest[(open + 1)...].prefix(2_000)
      guard let close = tag.firstIndex(of: UInt8(ascii: ">")), let first = tag.first,
        first == UInt8(ascii: "/") || first == UInt8(ascii: "!") || (first | 0x20) &- 97 < 26,
        // An address in brackets is no tag.
        !tag[..<close].contains(UInt8(ascii: "@")) || tag[..<close].contains(UInt8(ascii: "="))
      else {
        result.append(rest[open])
        rest = rest[(open + 1)...]
        continue
      }
      if tag.hasPrefix("br") || tag.hasPrefix("p") || tag.hasPrefix("/p") || tag.hasPrefix("/div") {
        result.append(10)
      }
      rest = rest[(close + 1)...]
    }
    result += rest
    for (entity, byte) in [("&lt;", 0x3C), ("&gt;", 0x3E), ("&amp;", 0x26), ("&nbsp;", 0x20)] {
      result = replaced(result, Array(entity.utf8), UInt8(byte))
    }
    return result
  }

  private static func replaced(_ bytes: [UInt8], _ word: [UInt8], _ byte: UInt8) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      if bytes[at] == word[0], bytes[at...].starts(with: word) {
        result.append(byte)
        at += word.count
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }
}

/// The line in a text that says that the returned mail follows.
enum CopyMarker {
  private static let sentences: [StaticString] = [
    "This is a copy of", "Below this line is a copy of the message", "Original message",
    "Below is a copy of the original message", "The header of the original message is following",
    "Original message follows", "Unsent message below", "Message header follows",
  ]

  /// Where the first marker starts, and where the copy behind it does.
  static func find(in text: Bytes) -> (start: Int, copy: Int)? {
    var at = text.startIndex
    while at < text.endIndex {
      let (line, next) = text.line(at: at)
      if isMarker(line) { return (at, behindMarkers(text, next)) }
      // A site's own words between dashes, and a header below.
      if line.hasPrefix("------ "), line.hasSuffix(" ------"), isHeader(text, next) {
        return (at, behindMarkers(text, next))
      }
      // A site's own words of any kind: Exim and qmail begin the copy with this field.
      if line.hasPrefix("return-path: <"), HeaderBlock(text[at...]).count > 1 { return (at, at) }
      at = next
    }
    return nil
  }

  /// Exim, sendmail, qmail and Gmail set it off by dashes (which web pages turn into long ones); OpenSMTPD
  /// does not.
  private static func isMarker(_ line: Bytes) -> Bool {
    let line = line.trimmed
    guard let first = line.first else { return false }
    if line.hasPrefix("Below is a copy of the original message") { return true }
    guard first == 0x2D || line.starts(with: [0xE2, 0x80]) else { return false }
    return sentences.contains { line.holds($0) }
  }

  /// Behind a marker of two lines, and the empty lines around it.
  private static func behindMarkers(_ text: Bytes, _ start: Int) -> Int {
    var at = start
    while at < text.endIndex {
      let (line, next) = text.line(at: at)
      guard line.isBlank || line.hasPrefix("------ ") else { break }
      at = next
    }
    return at
  }

  private static func isHeader(_ text: Bytes, _ start: Int) -> Bool {
    let rest = text[behindMarkers(text, start)...]
    return rest.hasPrefix("return-path:") || rest.hasPrefix("received:")
  }
}
