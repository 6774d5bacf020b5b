internal import MailTerms

/// Brings texts that differ only in writing to one form: lower case, no accents, single blanks.
///
/// Servers write in many languages and encodings, and logs lose letters; rules should not care. What
/// is left of Latin letters is ASCII; Cyrillic is in lower case; CJK stays as it is, in UTF-8.
package enum TextFolding {
  /// How many bytes of a text are looked at; a reply that says nothing by then will not.
  package static let limit = 4096

  /// Folds a text into a buffer, whose content is replaced.
  ///
  /// An address becomes `x@x`: its words belong to no one's rule, `blacklist@spam.example` is a
  /// recipient like any other. One that speaks for a host, such as its postmaster, becomes `role@x`:
  /// it never stands in a recipient's place. A byte that is not UTF-8 is taken as Latin-1.
  package static func fold(_ text: Span<UInt8>, into folded: inout [UInt8]) {
    folded.removeAll(keepingCapacity: true)
    let end = min(text.count, limit)
    var at = 0
    while at < end {
      let byte = text[at]
      if byte == UInt8(ascii: "@"), let domain = domain(of: text, at: at + 1, end: end),
        let isRole = dropLocalPart(&folded)
      {
        folded.append(contentsOf: isRole ? "role@x".utf8 : "x@x".utf8)
        at = domain
      } else if byte <= 0x20 || byte == 0x7F {
        if let last = folded.last, last != 0x20 { folded.append(0x20) }
        at += 1
      } else if byte < 0x80 {
        folded.append(byte &- 65 < 26 ? byte | 0x20 : byte)
        at += 1
      } else {
        let (scalar, length) = scalar(of: text, at: at, end: end)
        append(scalar, to: &folded)
        at += length
      }
    }
    if folded.last == 0x20 { folded.removeLast() }
  }

  /// Folds the letters beyond ASCII of a regular expression; its own signs stay as they are.
  package static func folded(pattern: String) -> [UInt8] {
    var folded: [UInt8] = []
    for scalar in pattern.unicodeScalars {
      if scalar.value < 0x80 {
        folded.append(UInt8(scalar.value))
      } else {
        append(scalar.value, to: &folded)
      }
    }
    return folded
  }

  /// Where an address's domain ends; nil if there is none.
  private static func domain(of text: Span<UInt8>, at start: Int, end: Int) -> Int? {
    var at = start
    while at < end, Address.isWord(text[at]) || text[at] == UInt8(ascii: ".") || text[at] >= 0x80 {
      at += 1
    }
    // A full stop behind the address ends the sentence.
    while at > start, text[at - 1] == UInt8(ascii: ".") { at -= 1 }
    return at > start ? at : nil
  }

  /// What the local parts of those who answer for a host begin with (RFC 2142, and common use).
  private static let roles = [
    "postmaster", "abuse", "support", "help", "admin", "hostmaster", "noc", "security", "delist",
    "unblock", "mailmaster", "webmaster", "blacklist", "spam", "antispam", "removal",
  ].map { Array($0.utf8) }

  /// Whether a local part, in lower case, is that of someone who answers for a host.
  package static func isRole(_ local: ArraySlice<UInt8>) -> Bool {
    roles.contains { local.starts(with: $0) }
  }

  /// Takes an address's local part from the end, and tells whether it is a role; nil if there is none.
  private static func dropLocalPart(_ folded: inout [UInt8]) -> Bool? {
    guard let start = Address.localPartStart(atEndOf: folded) else { return nil }
    let isRole = isRole(folded[start...])
    folded.removeLast(folded.count - start)
    return isRole
  }

  /// Reads a character and its length in bytes.
  private static func scalar(
    of text: Span<UInt8>, at: Int, end: Int
  ) -> (value: UInt32, length: Int) {
    let first = UInt32(text[at])
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0
    guard length > 0, first < 0xF5, at + length <= end else { return (first, 1) }
    var value = first & (0x7F >> UInt32(length))
    for index in (at + 1)..<(at + length) {
      guard text[index] & 0xC0 == 0x80 else { return (first, 1) }
      value = value << 6 | UInt32(text[index] & 0x3F)
    }
    return (value, length)
  }

  /// The Latin letters from U+00C0 to U+017F without their marks; `.` is none.
  private static let latin = Array(
    ("aaaaaaaceeeeiiiidnooooo.ouuuuypsaaaaaaaceeeeiiiidnooooo.ouuuuypy"
      + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
      + "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs").utf8)

  private static func append(_ value: UInt32, to folded: inout [UInt8]) {
    switch value {
    case 0xC0..<(0xC0 + UInt32(latin.count)) where latin[Int(value - 0xC0)] != UInt8(ascii: "."):
      folded.append(latin[Int(value - 0xC0)])
    case 0x80..<0xA1, 0x2000...0x200B, 0x3000:
      if let last = folded.last, last != 0x20 { folded.append(0x20) }
    case 0x300...0x36F: break
    case 0x2018, 0x2019, 0xB4: folded.append(UInt8(ascii: "'"))
    case 0x201C, 0x201D, 0xAB, 0xBB: folded.append(UInt8(ascii: "\""))
    case 0x2010...0x2015, 0x2212: folded.append(UInt8(ascii: "-"))
    case 0xFFFD: folded.append(UInt8(ascii: "?"))
    case 0xFF01...0xFF5E:
      let byte = UInt8(value - 0xFEE0)
      folded.append(byte &- 65 < 26 ? byte | 0x20 : byte)
    case 0x410...0x42F: encode(value + 0x20, to: &folded)
    case 0x401, 0x451: encode(0x435, to: &folded)
    case 0x400...0x40F: encode(value + 0x50, to: &folded)
    default: encode(value, to: &folded)
    }
  }

  private static func encode(_ value: UInt32, to folded: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(value) else { return }
    folded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }
}
