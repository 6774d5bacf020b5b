/// One line that is a JSON object, read for the few members that a log line is made of.
///
/// `journalctl -o json` writes such lines (systemd's "Journal JSON Format": a text that is no printable
/// UTF-8 is an array of byte values, one that is too long is null), and so does Docker's `json-file`.
/// What is no JSON (RFC 8259) gives nothing.
struct JSONLine {
  private(set) var members: [String: [UInt8]] = [:]
  private let bytes: [UInt8]
  private var at = 0

  /// Reads an object; nil if the line is none.
  init?(_ line: Span<UInt8>) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(line.count)
    for index in line.indices { bytes.append(line[index]) }
    self.bytes = bytes
    guard object() else { return nil }
  }

  private mutating func object() -> Bool {
    guard take("{") else { return false }
    if take("}") { return atEnd() }
    repeat {
      guard let key = string(), take(":") else { return false }
      guard value(of: String(decoding: key, as: UTF8.self), depth: 0) else { return false }
    } while take(",")
    return take("}") && atEnd()
  }

  /// Reads a value; texts, numbers and lists of byte values of the object itself are kept.
  private mutating func value(of key: String?, depth: Int) -> Bool {
    skipBlanks()
    guard at < bytes.count, depth < 32 else { return false }
    switch bytes[at] {
    case UInt8(ascii: "\""):
      guard let text = string() else { return false }
      if let key { members[key] = text }
      return true
    case UInt8(ascii: "["): return list(of: key, depth: depth)
    case UInt8(ascii: "{"): return inner(depth: depth)
    default:
      let start = at
      while at < bytes.count, !",]} \t\r".utf8.contains(bytes[at]) { at += 1 }
      let word = Array(bytes[start..<at])
      let isNumber = word.first.map { $0 == UInt8(ascii: "-") || $0 &- 48 < 10 } ?? false
      if let key, isNumber { members[key] = word }
      return isNumber || ["null", "true", "false"].contains(String(decoding: word, as: UTF8.self))
    }
  }

  /// A list; journald writes one of byte values for a text that is not printable.
  private mutating func list(of key: String?, depth: Int) -> Bool {
    at += 1
    var text: [UInt8]? = []
    if !take("]") {
      repeat {
        skipBlanks()
        let start = at
        guard value(of: nil, depth: depth + 1) else { return false }
        if let byte = UInt8(String(decoding: bytes[start..<at], as: UTF8.self)) {
          text?.append(byte)
        } else {
          text = nil
        }
      } while take(",")
      guard take("]") else { return false }
    }
    if let key, let text { members[key] = text }
    return true
  }

  private mutating func inner(depth: Int) -> Bool {
    at += 1
    if take("}") { return true }
    repeat {
      guard string() != nil, take(":"), value(of: nil, depth: depth + 1) else { return false }
    } while take(",")
    return take("}")
  }

  private mutating func string() -> [UInt8]? {
    guard take("\"") else { return nil }
    var text: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if byte == UInt8(ascii: "\"") { return text }
      if byte != UInt8(ascii: "\\") {
        text.append(byte)
        continue
      }
      guard let scalar = escape() else { return nil }
      text += String(scalar).utf8
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard at < bytes.count else { return nil }
    at += 1
    switch bytes[at - 1] {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Unicode.Scalar(bytes[at - 1])
    case UInt8(ascii: "u"):
      guard let unit = codeUnit() else { return nil }
      guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
      // The second half of a pair is another escape.
      let before = at
      if at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
        at += 2
        if let low = codeUnit(), low & 0xFC00 == 0xDC00 {
          return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 | low & 0x3FF)
        }
      }
      at = before
      return "\u{FFFD}"
    default: return nil
    }
  }

  private mutating func codeUnit() -> UInt32? {
    guard at + 4 <= bytes.count else { return nil }
    let unit = UInt32(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16)
    at += 4
    return unit
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func atEnd() -> Bool {
    skipBlanks()
    return at == bytes.count
  }
}
