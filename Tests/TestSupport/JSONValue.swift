/// A JSON text (RFC 8259), read strictly: what a script would see of an output.
public enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// The members in their order.
  case object([Member])

  /// One member of an object.
  public struct Member: Equatable, Sendable {
    /// The name.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// Makes a member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// Reads a text that holds one value and nothing else but blanks around it.
  ///
  /// - Throws: `TestFailure` with the offset for anything that RFC 8259 does not allow, and for an
  ///   object that has a member twice.
  public init(parsing text: some Sequence<UInt8>) throws {
    var reader = Reader(bytes: Array(text))
    self = try reader.value()
    reader.skipBlanks()
    guard reader.at == reader.bytes.count else { throw reader.failure("text behind the value") }
  }

  /// A member of an object; nil if it is not there, or if this is no object.
  public subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// An element of an array; nil if there are fewer, or if this is no array.
  public subscript(_ index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The names of an object's members in their order.
  public var keys: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map(\.key)
  }

  /// The elements of an array.
  public var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  /// The text of a string.
  public var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// A number without a fraction.
  public var integer: Int? {
    guard case .number(let number) = self, number == number.rounded() else { return nil }
    return Int(number)
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByNilLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }

  /// Makes a number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }

  /// Makes a number with a fraction.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// Makes null.
  public init(nilLiteral: ()) { self = .null }

  /// Makes an array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// Makes an object whose members have this order.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
}

extension JSONValue {
  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    func failure(_ message: String) -> TestFailure { TestFailure("JSON, byte \(at): \(message)") }

    mutating func skipBlanks() {
      while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    }

    /// Takes some bytes if they come next.
    mutating func take(_ word: String) -> Bool {
      guard bytes[at...].starts(with: word.utf8) else { return false }
      at += word.utf8.count
      return true
    }

    mutating func value() throws -> JSONValue {
      skipBlanks()
      guard at < bytes.count else { throw failure("end of text") }
      switch bytes[at] {
      case UInt8(ascii: "{"): return try object()
      case UInt8(ascii: "["): return try array()
      case UInt8(ascii: "\""): return .string(try string())
      default: break
      }
      if take("null") { return .null }
      if take("true") { return .boolean(true) }
      if take("false") { return .boolean(false) }
      return .number(try number())
    }

    mutating func object() throws -> JSONValue {
      at += 1
      var members: [Member] = []
      skipBlanks()
      if take("}") { return .object(members) }
      while true {
        skipBlanks()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw failure("no name") }
        let key = try string()
        guard !members.contains(where: { $0.key == key }) else { throw failure("\(key) again") }
        skipBlanks()
        guard take(":") else { throw failure("no colon") }
        members.append(Member(key: key, value: try value()))
        skipBlanks()
        if take("}") { return .object(members) }
        guard take(",") else { throw failure("no comma") }
      }
    }

    mutating func array() throws -> JSONValue {
      at += 1
      var elements: [JSONValue] = []
      skipBlanks()
      if take("]") { return .array(elements) }
      while true {
        elements.append(try value())
        skipBlanks()
        if take("]") { return .array(elements) }
        guard take(",") else { throw failure("no comma") }
      }
    }

    mutating func number() throws -> Double {
      let start = at
      while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
      let text = String(decoding: bytes[start..<at], as: UTF8.self)
      let digits = text.drop { $0 == "-" }
      guard let number = Double(text), digits.first?.isNumber == true,
        !(digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true)
      else { throw failure("no value") }
      return number
    }

    mutating func string() throws -> String {
      at += 1
      var content: [UInt8] = []
      while at < bytes.count {
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""):
          guard let text = String(validating: content, as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
          }
          return text
        case UInt8(ascii: "\\"): content += try escape().utf8
        case 0..<0x20: throw failure("a control byte in a string")
        default: content.append(byte)
        }
      }
      throw failure("a string without an end")
    }

    mutating func escape() throws -> String {
      let plain: [UInt8: String] = [
        0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r",
        0x74: "\t",
      ]
      guard at < bytes.count else { throw failure("an escape without an end") }
      at += 1
      if let text = plain[bytes[at - 1]] { return text }
      guard bytes[at - 1] == UInt8(ascii: "u"), at + 4 <= bytes.count,
        let value = UInt32(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(value)
      else { throw failure("no such escape") }
      at += 4
      return String(scalar)
    }
  }
}
