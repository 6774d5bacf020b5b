/// Appends JSON (RFC 8259) to a buffer; commas and quotes are its business.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// Writes `{...}`, whose members `body` writes.
  mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }

  /// Writes `[...]`, whose elements `body` writes.
  mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

  /// Writes a member's name; its value comes next.
  mutating func key(_ name: StaticString) {
    separate()
    append("\"")
    append(name)
    append("\":")
    needsComma = false
  }

  /// Writes a member whose name is not known at compile time.
  mutating func key(_ name: String) {
    separate()
    quoted(name)
    append(":")
    needsComma = false
  }

  mutating func value(_ text: String?) {
    separate()
    if let text { quoted(text) } else { append("null") }
    needsComma = true
  }

  mutating func value(_ text: StaticString) {
    separate()
    append("\"")
    append(text)
    append("\"")
    needsComma = true
  }

  mutating func value(_ number: Int?) {
    separate()
    if let number { bytes.append(contentsOf: String(number).utf8) } else { append("null") }
    needsComma = true
  }

  /// Writes a share of 1, rounded to six decimals.
  mutating func value(rate: Double?) {
    separate()
    if let rate {
      bytes.append(contentsOf: "\((rate * 1_000_000).rounded() / 1_000_000)".utf8)
    } else {
      append("null")
    }
    needsComma = true
  }

  /// Ends a line of JSON Lines.
  mutating func newline() {
    append("\n")
    needsComma = false
  }

  private mutating func enclose(
    _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void
  ) {
    separate()
    append(open)
    needsComma = false
    body(&self)
    append(close)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { append(",") }
  }

  private mutating func quoted(_ text: String) {
    append("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F:
        append("\\u00")
        for digit in [byte >> 4, byte & 15] {
          bytes.append(digit < 10 ? digit + 48 : digit + 87)
        }
      default: bytes.append(byte)
      }
    }
    append("\"")
  }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { buffer in unsafe bytes.append(contentsOf: buffer) }
  }
}
