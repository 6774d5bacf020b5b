internal import MailTerms

/// Addresses as bounces write them.
enum MailAddress {
  /// An address without angle brackets, blanks around it, and a comment behind it.
  static func bare(_ text: Bytes) -> [UInt8] {
    var text = text.trimmed
    if text.first == UInt8(ascii: "<"), let end = closing(text) {
      return Array(text[(text.startIndex + 1)..<end])
    }
    if text.last == UInt8(ascii: ")"), let open = text.lastIndex(of: UInt8(ascii: "(")),
      open > text.startIndex, text[open - 1] <= 0x20
    {
      text = text[..<open].trimmed
    }
    return Array(text)
  }

  /// The addresses of a list with commas between them; one in a quoted local part is none of these.
  static func list(_ text: Bytes) -> [[UInt8]] {
    var items: [Bytes] = []
    var start = text.startIndex
    var isQuoted = false
    var at = start
    while at < text.endIndex {
      switch text[at] {
      case UInt8(ascii: "\\") where isQuoted: at += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted:
        items.append(text[start..<at])
        start = at + 1
      default: break
      }
      at += 1
    }
    items.append(text[start...])
    return items.map { bare($0) }.filter { !$0.isEmpty }
  }

  /// Where the bracket at the start of some bytes is closed; a quoted local part may hold brackets.
  static func closing(_ text: Bytes) -> Int? {
    // No address is longer (RFC 5321 section 4.5.3.1.3), and a mail may hold brackets without an end.
    let text = text.prefix(1_000)
    var isQuoted = false
    var at = text.startIndex + 1
    while at < text.endIndex {
      switch text[at] {
      case UInt8(ascii: "\\") where isQuoted: at += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ">") where !isQuoted: return at
      default: break
      }
      at += 1
    }
    return isQuoted ? text.firstIndex(of: UInt8(ascii: ">")) : nil
  }

  /// Whether two addresses are one: the domain's letters may differ in case.
  static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a == b || key(a) == key(b)
  }

  /// An address with its domain in lower case, and its local part without quotes.
  static func key(_ address: [UInt8]) -> [UInt8] {
    let plain = Address.unquoted(address)
    guard let at = plain.lastIndex(of: UInt8(ascii: "@")) else { return plain }
    return Array(plain[..<at]) + plain[at...].map(Address.lower)
  }

  /// Whether a word can be an address: it has an `@` with something on both sides, and no blanks.
  static func isLikely(_ word: Bytes) -> Bool {
    guard let at = word.lastIndex(of: UInt8(ascii: "@")), at > word.startIndex,
      at + 1 < word.endIndex, word.count < 1_000
    else { return false }
    if word.first == UInt8(ascii: "\"") { return word[at - 1] == UInt8(ascii: "\"") }
    return word.allSatisfy {
      $0 > 0x20 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: ",")
    }
  }

  /// Undoes xtext (RFC 3461 section 4): `+2B` is `+`.
  static func decodedXtext(_ address: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    while at < address.count {
      if address[at] == UInt8(ascii: "+"), let byte = hexadecimal(address[...], at + 1) {
        result.append(byte)
        at += 3
      } else {
        result.append(address[at])
        at += 1
      }
    }
    return result
  }

  /// Undoes the escapes of an internationalised address (RFC 6533 section 3): `\x{4F60}` is one character.
  static func unescaped(_ address: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = address[...]
    while let start = rest.range(of: "\\x{") {
      result.append(contentsOf: rest[..<start.lowerBound])
      rest = rest[start.upperBound...]
      let digits = rest.prefix { $0 != UInt8(ascii: "}") }
      guard digits.count <= 6, digits.endIndex < rest.endIndex,
        let value = UInt32(digits.text, radix: 16), let scalar = Unicode.Scalar(value)
      else {
        result.append(contentsOf: "\\x{".utf8)
        continue
      }
      result.append(contentsOf: String(scalar).utf8)
      rest = rest[(digits.endIndex + 1)...]
    }
    return result + rest
  }
}

/// Names of servers as bounces write them.
enum RemoteName {
  /// A host's name in lower case and without a final dot; its address where it has no name.
  ///
  /// Forms: `mx.b.`, `mx.b [192.0.2.1]`, `mx.b (192.0.2.1, the server for the domain b.)`, `[192.0.2.1]:25`,
  /// `unknown[192.0.2.1]`.
  static func host(_ text: Bytes) -> String? {
    let text = text.trimmed
    let name = text.prefix { $0 > 0x20 && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "(") }
    if !name.isEmpty, !name.isWord("unknown") { return clean(name) }
    let rest = text.dropFirst(name.count).drop { $0 <= 0x20 }
    guard let open = rest.first, open == UInt8(ascii: "[") || open == UInt8(ascii: "(") else {
      return nil
    }
    let address = rest.dropFirst().prefix {
      $0 > 0x20 && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: ")") && $0 != UInt8(ascii: ",")
    }
    return clean(address.hasPrefix("ipv6:") ? address.dropFirst(5) : address)
  }

  private static func clean(_ name: Bytes) -> String? {
    var name = withoutEnd(name.prefix(255))
    // A port behind a name; an IPv6 address has more than one colon.
    if let colon = name.lastIndex(of: UInt8(ascii: ":")),
      colon == name.firstIndex(of: UInt8(ascii: ":")),
      name[(colon + 1)...].allSatisfy({ $0 &- 48 < 10 })
    {
      name = withoutEnd(name[..<colon])
    }
    guard !name.isEmpty else { return nil }
    let bytes = Array(name)
    let range = Address.unmapped(bytes.span)
    return Address.lowercased(bytes[range].text)
  }

  private static func withoutEnd(_ name: Bytes) -> Bytes {
    var name = name
    while let last = name.last, ".,:;".utf8.contains(last) { name.removeLast() }
    return name
  }
}
