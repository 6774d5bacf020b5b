internal import MailTerms

/// The charsets in which the words of a bounce can be read; others are taken as bytes.
enum Charset {
  case utf8, latin1, windows1252, other

  /// The charset of this name.
  init(_ name: [UInt8]?) {
    switch name.map({ Address.lowercased($0.text) }) {
    case nil, "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit": self = .utf8
    case "iso-8859-1", "latin1", "iso8859-1", "iso-8859-15": self = .latin1
    case "windows-1252", "cp1252": self = .windows1252
    default: self = .other
    }
  }

  /// The text as UTF-8.
  func decode(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .utf8, .other: return bytes
    case .latin1, .windows1252:
      guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count + bytes.count / 4)
      for byte in bytes {
        if byte < 0x80 {
          result.append(byte)
        } else {
          result.append(contentsOf: String(scalar(of: byte)).utf8)
        }
      }
      return result
    }
  }

  private func scalar(of byte: UInt8) -> Unicode.Scalar {
    guard case .windows1252 = self, (0x80..<0xA0).contains(byte) else {
      return Unicode.Scalar(byte)
    }
    return Self.upper[Int(byte) - 0x80]
  }

  /// 0x80 to 0x9F in windows-1252; the five that it leaves open are as in Latin-1.
  private static let upper: [Unicode.Scalar] = [
    "\u{20AC}", "\u{81}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
    "\u{2C6}", "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{8D}", "\u{17D}", "\u{8F}",
    "\u{90}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
    "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}", "\u{153}", "\u{9D}", "\u{17E}", "\u{178}",
  ]
}

/// Words in a header that are not ASCII, `=?charset?Q?...?=` (RFC 2047), decoded for display.
enum EncodedWords {
  /// The value with its encoded words as UTF-8.
  static func decode(_ value: [UInt8]) -> String {
    var result: [UInt8] = []
    var rest = value[...]
    while let start = rest.range(of: "=?") {
      guard let word = word(in: rest[start.upperBound...]) else {
        result.append(contentsOf: rest[..<start.upperBound])
        rest = rest[start.upperBound...]
        continue
      }
      // Blanks between two encoded words do not count.
      let between = rest[..<start.lowerBound]
      if !(between.isBlank && rest.startIndex > 0) { result.append(contentsOf: between) }
      result.append(contentsOf: word.bytes)
      rest = rest[word.end...]
    }
    return (result + rest).text
  }

  private static func word(in bytes: Bytes) -> (bytes: [UInt8], end: Int)? {
    let parts = bytes.split(
      separator: UInt8(ascii: "?"), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1].count == 1, parts[3].first == UInt8(ascii: "="),
      parts[2].count < 1000, !parts[0].contains(0x20)
    else { return nil }
    let charset = Charset(Array(parts[0].prefix { $0 != UInt8(ascii: "*") }))
    let content: [UInt8]
    if parts[1].isWord("B") {
      content = TransferEncoding.base64.decode(parts[2], limit: 1000)
    } else {
      let spaced = parts[2].map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
      // The decoder ends what it reads with a line feed.
      content = Array(TransferEncoding.quotedPrintable.decode(spaced[...], limit: 1000).dropLast())
    }
    return (charset.decode(content), parts[3].startIndex + 1)
  }
}
