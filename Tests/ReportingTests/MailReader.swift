import TestSupport

/// A mail of two parts, read strictly after RFC 5322, 2045, 2046 and 2047.
struct MailReader {
  /// The fields of the header in their order, unfolded, encoded words decoded.
  let fields: [(name: String, value: String)]
  /// The decoded parts with their content types.
  let parts: [(type: String, text: String)]

  init(_ mail: String) throws {
    guard !mail.contains("\r") else { throw TestFailure("a CR") }
    guard mail.utf8.allSatisfy({ $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0A) }) else {
      throw TestFailure("not plain ASCII")
    }
    let lines = mail.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let long = lines.first(where: { $0.utf8.count > 78 }) { throw TestFailure("long: \(long)") }
    guard let blank = lines.firstIndex(of: "") else { throw TestFailure("no end of the header") }
    fields = try Self.fields(lines[..<blank])
    let type = fields.first { $0.name == "Content-Type" }?.value ?? ""
    let words = type.split(separator: "\"").map(String.init)
    guard words.count == 2, words[0] == "multipart/alternative; boundary=" else {
      throw TestFailure("type: \(type)")
    }
    var parts: [(String, String)] = []
    let pieces = lines[(blank + 1)...].split(
      separator: "--\(words[1])", omittingEmptySubsequences: false)
    guard pieces.count == 3, let end = pieces[2].firstIndex(of: "--\(words[1])--"),
      pieces[2][(end + 1)...] == [""], pieces[0].isEmpty
    else { throw TestFailure("\(pieces.count) pieces") }
    for piece in [pieces[1], pieces[2][..<end]] {
      guard let blank = piece.firstIndex(of: "") else { throw TestFailure("a part without header") }
      let fields = try Self.fields(piece[..<blank])
      guard fields.contains(where: { $0 == ("Content-Transfer-Encoding", "quoted-printable") })
      else {
        throw TestFailure("not quoted-printable")
      }
      let type = fields.first { $0.name == "Content-Type" }?.value ?? ""
      parts.append((type, try Self.decoded(piece[(blank + 1)...].joined(separator: "\n"))))
    }
    self.parts = parts
  }

  /// A field's value; nil if it is not there exactly once.
  subscript(_ name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }
    return values.count == 1 ? values[0].value : nil
  }

  private static func fields(_ lines: ArraySlice<String>) throws -> [(name: String, value: String)]
  {
    var fields: [(name: String, value: String)] = []
    for line in lines {
      if line.hasPrefix(" "), !fields.isEmpty {
        guard line.contains(where: { $0 != " " }) else { throw TestFailure("a blank line") }
        fields[fields.count - 1].value += line
        continue
      }
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[1].hasPrefix(" "), !parts[0].contains(" ") else {
        throw TestFailure("no field: \(line)")
      }
      fields.append((parts[0], String(parts[1].dropFirst())))
    }
    return try fields.map { ($0.name, $0.name == "Subject" ? try words($0.value) : $0.value) }
  }

  /// Blanks between encoded words mean nothing (RFC 2047 section 6.2).
  private static func words(_ text: String) throws -> String {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.contains(where: { $0.hasPrefix("=?") }) else { return text }
    return try words.map { word in
      guard word.hasPrefix("=?UTF-8?Q?"), word.hasSuffix("?="), word.utf8.count <= 75 else {
        throw TestFailure("no encoded word: \(word)")
      }
      // A blank at its end would not be one that a line of quoted-printable text may have.
      let text = String(word.dropFirst(10).dropLast(2)).replacing("_", with: "=20")
      return try decoded(text)
    }.joined()
  }

  /// Quoted-printable text; what is no valid UTF-8 is an error.
  static func decoded(_ text: String) throws -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "=") else {
        bytes.append(byte)
        continue
      }
      if rest.first == 0x0A {
        rest = rest.dropFirst()
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
        throw TestFailure("=\(digits)")
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw TestFailure("no UTF-8") }
    return text
  }
}
