/// Text in the form in which any mail server passes it on (RFC 2045 section 6.7).
enum QuotedPrintable {
  private static let longest = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Some text with line feeds, in lines of at most 76 characters.
  ///
  /// A dot that begins a line is written as `=2E`, since `sendmail` without `-i` takes a line of one dot for
  /// the end, and so is the `F` of `From `, before which an mbox gets a `>`.
  static func encode(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count * 5 / 4)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if index > 0 { result.append(0x0A) }
      encode(line: Array(line.utf8), into: &result)
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func encode(line: [UInt8], into result: inout [UInt8]) {
    let isFrom = line.starts(with: "From ".utf8)
    var columns = 0
    for (index, byte) in line.enumerated() {
      let isLast = index == line.count - 1
      let isPlain =
        switch byte {
        case UInt8(ascii: "="): false
        case UInt8(ascii: "."): columns > 0
        case UInt8(ascii: "F"): !(isFrom && index == 0)
        case UInt8(ascii: " "), UInt8(ascii: "\t"): !isLast
        default: byte > 0x20 && byte < 0x7F
        }
      let width = isPlain ? 1 : 3
      // A line that goes on ends in `=`.
      if columns + width > longest - (isLast ? 0 : 1) {
        result += [UInt8(ascii: "="), 0x0A]
        columns = 0
      }
      // A dot at the start of a line that was broken.
      if isPlain, !(byte == UInt8(ascii: ".") && columns == 0) {
        result.append(byte)
        columns += 1
      } else {
        result += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        columns += 3
      }
    }
  }
}
