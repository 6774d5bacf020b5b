internal import MailTerms

/// Takes log lines out of what journald and Docker wrap around them.
///
/// Forms: a JSON object a line (`journalctl -o json`, Docker's `json-file`), and the fields of
/// `journalctl -o export` (systemd's "Journal Export Format"), one a line, an empty line behind each
/// entry. What comes out is the line as a syslog daemon would have written it to a file, so that the
/// same patterns read it. NULs or a byte order mark in front of a line are a wrapping too.
struct LineUnpacker: Sendable {
  /// What a line is to the unpacker.
  enum Result {
    /// An ordinary line.
    case notPacked
    /// A part of an entry that goes on.
    case isPart
    /// The last part of an entry: the whole line.
    case line([UInt8])
  }

  /// Whether an entry of the export format has begun: then every line belongs to it.
  private(set) var isInside = false
  private var fields: [String: [UInt8]] = [:]
  /// A field whose value comes as a length in bytes and that many bytes.
  private var binaryName: String?
  private var binary: [UInt8] = []

  /// Takes a line that may be a wrapped one, or a part of it.
  mutating func take(_ line: Span<UInt8>) -> Result {
    if isInside { return takeField(line) }
    guard let bare = Self.bare(line) else { return takeEntry(line) }
    let result = takeEntry(bare.span)
    if case .notPacked = result { return .line(bare) }
    return result
  }

  /// Takes a line that may be an entry or begin one.
  private mutating func takeEntry(_ line: Span<UInt8>) -> Result {
    if line.count > 1, line[0] == UInt8(ascii: "{") {
      guard let object = JSONLine(line), let text = Self.line(object.members) else {
        return .notPacked
      }
      return .line(text)
    }
    guard Self.starts(line, "__CURSOR=") else { return .notPacked }
    isInside = true
    return .isPart
  }

  /// The line of an entry whose end never came.
  mutating func takeRest() -> [UInt8]? {
    guard isInside else { return nil }
    return endEntry()
  }

  private mutating func takeField(_ line: Span<UInt8>) -> Result {
    if let name = binaryName {
      takeBinary(line, name)
      return .isPart
    }
    if line.isEmpty { return endEntry().map { .line($0) } ?? .isPart }
    let end = line.indices.first { line[$0] == UInt8(ascii: "=") }
    let bytes = Self.bytes(line)
    guard let end else {
      // A name alone: eight bytes of length and the value follow.
      binaryName = String(decoding: bytes, as: UTF8.self)
      binary = []
      return .isPart
    }
    let name = String(decoding: bytes[..<end], as: UTF8.self)
    if Self.names.contains(name), fields[name] == nil { fields[name] = Array(bytes[(end + 1)...]) }
    return .isPart
  }

  private mutating func takeBinary(_ line: Span<UInt8>, _ name: String) {
    for index in line.indices { binary.append(line[index]) }
    var length = 0
    if binary.count >= 8 {
      for index in (0..<8).reversed() { length = length << 8 & 0xFF_FFFF | Int(binary[index]) }
    }
    guard binary.count >= 8 + length, binary.count >= 8 else {
      binary.append(10)
      return
    }
    if Self.names.contains(name) { fields[name] = Array(binary[8..<(8 + length)]) }
    binaryName = nil
  }

  private mutating func endEntry() -> [UInt8]? {
    defer {
      fields = [:]
      isInside = false
      binaryName = nil
    }
    return Self.line(fields)
  }

  // MARK: The line

  private static let names: Set = [
    "MESSAGE", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID", "_COMM", "_HOSTNAME",
    "__REALTIME_TIMESTAMP",
  ]

  /// The line that some fields of journald's or Docker's make; nil if they are neither's.
  private static func line(_ fields: [String: [UInt8]]) -> [UInt8]? {
    if let log = fields["log"], let time = fields["time"] {
      var text = log
      while let last = text.last, last == 10 || last == 13 { text.removeLast() }
      return time + [0x20] + oneLine(text)
    }
    guard let message = fields["MESSAGE"],
      let tag = fields["SYSLOG_IDENTIFIER"] ?? fields["_COMM"],
      let stamp = fields["__REALTIME_TIMESTAMP"],
      let microseconds = Int64(String(decoding: stamp, as: UTF8.self))
    else { return nil }
    var line = Array(LogTime(microseconds: microseconds, utcOffset: 0).rfc3339.utf8)
    line.append(0x20)
    line += oneLine(fields["_HOSTNAME"] ?? Array("localhost".utf8))
    line.append(0x20)
    line += oneLine(tag)
    if let pid = fields["SYSLOG_PID"] ?? fields["_PID"] {
      line += Array("[".utf8) + oneLine(pid) + Array("]".utf8)
    }
    return line + Array(": ".utf8) + oneLine(message)
  }

  /// A text in which no LF ends the line.
  private static func oneLine(_ text: [UInt8]) -> [UInt8] { text.map { $0 == 10 ? 0x20 : $0 } }

  /// What stands behind NULs or a byte order mark in front of a line; nil where there is neither.
  ///
  /// NULs are the hole that is left where a file was truncated under its writer, as copytruncate does.
  private static func bare(_ line: Span<UInt8>) -> [UInt8]? {
    var start = 0
    while start < line.count, line[start] == 0 { start += 1 }
    if starts(line.extracting(droppingFirst: start), "\u{FEFF}") { start += 3 }
    return start > 0 ? bytes(line.extracting(droppingFirst: start)) : nil
  }

  private static func bytes(_ line: Span<UInt8>) -> [UInt8] {
    unsafe line.withUnsafeBufferPointer { unsafe Array($0) }
  }

  private static func starts(_ line: Span<UInt8>, _ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard line.count >= count else { return false }
    for index in 0..<count where unsafe line[index] != word.utf8Start[index] { return false }
    return true
  }
}
