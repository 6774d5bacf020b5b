/// How a log writes bytes that it does not print, and how they are read back.
package enum Escapes {
  /// Decodes `\ooo` (Exim's string_printing) and, in a log, `#ooo` (rsyslog), three octal digits each.
  ///
  /// A control byte stays escaped when it would be a line's end: the literal `\n` that Exim writes
  /// between the lines of a reply is left alone, since only the reply's reader may split there.
  package static func decode(_ bytes: ArraySlice<UInt8>, isLogged: Bool = true) -> [UInt8] {
    func isMark(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "\\") || isLogged && byte == UInt8(ascii: "#")
    }
    guard bytes.contains(where: isMark) else { return Array(bytes) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let byte = bytes[at]
      if isMark(byte), let value = octal(bytes, at + 1) {
        result.append(value)
        at += 4
      } else {
        result.append(byte)
        at += 1
      }
    }
    return result
  }

  /// Undoes the `\"` and `\\` of a quoted field (Exim's `C="..."` and `T="..."`).
  package static func unquote(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var escaped = false
    for byte in bytes {
      if !escaped, byte == UInt8(ascii: "\\") {
        escaped = true
        continue
      }
      if escaped, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        result.append(UInt8(ascii: "\\"))
      }
      escaped = false
      result.append(byte)
    }
    if escaped { result.append(UInt8(ascii: "\\")) }
    return result
  }

  private static func octal(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt8? {
    guard at + 3 <= bytes.endIndex, bytes[at] <= UInt8(ascii: "3") else { return nil }
    var value: UInt8 = 0
    for index in at..<(at + 3) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(bytes[index]) else { return nil }
      value = value << 3 | (bytes[index] - 48)
    }
    return value
  }
}
