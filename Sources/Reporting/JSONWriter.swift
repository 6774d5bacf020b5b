/// Appends JSON (RFC 8259) to a buffer; commas and quotes are its business.
package struct JSONWriter {
  private static let chunk = 1 << 16

  package private(set) var bytes: [UInt8] = []
  private var needsComma = false
  private let write: (([UInt8]) -> Void)?

  /// Makes a writer that collects everything, or hands on what has come together whenever it is much.
  package init(_ write: (([UInt8]) -> Void)? = nil) { self.write = write }

  /// Hands on what has come together.
  package mutating func flush() {
    guard let write else { return }
    write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Writes `{...}`, whose members `body` writes.
  package mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }

  /// Writes `[...]`, whose elements `body` writes.
  package mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

  /// Writes a member's name; its value comes next.
  package mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    append(name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a member whose name is not known at compile time.
  package mutating func key(_ name: String) {
    separate()
    quoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func value(_ text: String?) {
    separate()
    if let text { quoted(text) } else { append("null") }
    needsComma = true
  }

  package mutating func value(_ text: StaticString) {
    separate()
    append("\"")
    append(text)
    append("\"")
    needsComma = true
  }

  package mutating func value(_ number: Int?) {
    separate()
    if let number { append(number) } else { append("null") }
    needsComma = true
  }

  package mutating func value(flag: Bool) {
    separate()
    append(flag ? "true" : "false")
    needsComma = true
  }

  /// Writes a figure; nil and what is no number as null.
  package mutating func value(_ number: Double?) {
    separate()
    if let number, number.isFinite {
      let isWhole = number == number.rounded() && abs(number) < 1e15
      bytes.append(contentsOf: (isWhole ? String(Int64(number)) : "\(number)").utf8)
    } else {
      append("null")
    }
    needsComma = true
  }

  /// Writes a share of 1, rounded to six decimals.
  package mutating func value(rate: Double?) {
    separate()
    if let rate { append(rate: rate) } else { append("null") }
    needsComma = true
  }

  /// A share of 1 as a number, rounded to six decimals.
  static func rate(_ rate: Double) -> String { "\((rate * 1_000_000).rounded() / 1_000_000)" }

  private mutating func append(rate: Double) {
    let millionths = (rate * 1_000_000).rounded()
    // Smaller ones are written with an exponent.
    guard millionths >= 100, millionths < 1_000_000 else {
      bytes.append(contentsOf: Self.rate(rate).utf8)
      return
    }
    var rest = Int(millionths)
    append("0.")
    var unit = 100_000
    while rest > 0 {
      bytes.append(UInt8(truncatingIfNeeded: 48 + rest / unit))
      rest %= unit
      unit /= 10
    }
  }

  private mutating func append(_ number: Int) {
    guard (0...9).contains(number) else {
      bytes.append(contentsOf: String(number).utf8)
      return
    }
    bytes.append(UInt8(truncatingIfNeeded: 48 + number))
  }

  /// Ends a line of JSON Lines.
  package mutating func newline() {
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
    if bytes.count > Self.chunk { flush() }
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  /// Writes a string; what a terminal could take for a command is written as `\u....`, since JSON may
  /// end up on one.
  private mutating func quoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    // Nearly all texts are plain ASCII.
    let isPlain = text.withUTF8 { all in
      for index in 0..<all.count where unsafe !Self.isPlain(all[index]) { return false }
      unsafe bytes.append(contentsOf: all)
      return true
    }
    if !isPlain { appendEscaped(text) }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func appendEscaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": append("\\\"")
      case "\\": append("\\\\")
      case "\n": append("\\n")
      case "\r": append("\\r")
      case "\t": append("\\t")
      case _ where TerminalText.isUnsafe(scalar):
        for unit in String(scalar).utf16 { escape(unit) }
      default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  private mutating func escape(_ unit: UInt16) {
    append("\\u")
    for shift in [12, 8, 4, 0] {
      let digit = UInt8(unit >> UInt16(shift) & 15)
      bytes.append(digit < 10 ? digit + 48 : digit + 87)
    }
  }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { buffer in unsafe bytes.append(contentsOf: buffer) }
  }
}
