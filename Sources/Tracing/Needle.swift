internal import CShims
internal import MailTerms

/// Some bytes to be found in blocks of lines, much faster than lines are read.
struct Needle: Sendable {
  private let bytes: [UInt8]
  /// Whether ASCII letters are the same in either case.
  private let foldsCase: Bool
  /// Whether letters, digits or a hyphen beside the bytes make them a part of another word.
  private let isWord: Bool
  /// The offsets of the two bytes that are rarest in logs.
  private let rare: (first: Int, second: Int)

  /// Makes a needle; the bytes are not empty.
  init(_ bytes: [UInt8], foldsCase: Bool, isWord: Bool) {
    self.bytes = foldsCase ? bytes.map(Address.lower) : bytes
    self.foldsCase = foldsCase
    self.isWord = isWord
    let byRarity = bytes.indices.sorted { Self.frequency(bytes[$0]) < Self.frequency(bytes[$1]) }
    rare = (byRarity.first ?? 0, byRarity.dropFirst().first ?? byRarity.first ?? 0)
  }

  /// A needle for a message's id, whole and with its letters as they are.
  init(_ id: MessageID) { self.init(Array(id.text.utf8), foldsCase: false, isWord: true) }

  /// How common a byte is in mail logs, roughly: digits stand in stamps, vowels in words.
  private static func frequency(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "3"): 9
    case UInt8(ascii: "4")...UInt8(ascii: "9"): 6
    case UInt8(ascii: "e"), UInt8(ascii: "t"), UInt8(ascii: "o"), UInt8(ascii: "."): 8
    case UInt8(ascii: "a"), UInt8(ascii: "r"), UInt8(ascii: "i"), UInt8(ascii: "m"): 7
    case UInt8(ascii: "-"), UInt8(ascii: "s"), UInt8(ascii: "n"), UInt8(ascii: "l"): 6
    case UInt8(ascii: "@"): 4
    case UInt8(ascii: "a")...UInt8(ascii: "z"): 3
    default: 2
    }
  }

  /// The first place at or behind an offset where the bytes stand; nil if there is none.
  func find(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var start = start
    while start < text.count {
      let found = unsafe bl_find(
        text.baseAddress, text.count, start, bytes, bytes.count, rare.first, rare.second,
        foldsCase ? 1 : 0)
      guard found < text.count else { return nil }
      if unsafe !isWord || isAlone(found, in: text) { return found }
      start = found + 1
    }
    return nil
  }

  private func isAlone(_ start: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    let end = start + bytes.count
    if start > 0, unsafe Self.isWordByte(text[start - 1]) {
      let before = unsafe start > 1 ? text[start - 2] : 0
      guard unsafe Self.isArgument(text[start - 1], behind: before) else { return false }
    }
    return unsafe end >= text.count || !Self.isWordByte(text[end])
  }

  /// Whether two bytes are `-E`, behind which Exim tells itself the id of the message that a bounce is about.
  static func isArgument(_ byte: UInt8, behind other: UInt8) -> Bool {
    byte == UInt8(ascii: "E") && other == UInt8(ascii: "-")
  }

  /// Whether a byte can be a part of an id.
  static func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
  }
}

extension Needle {
  /// Whether the bytes stand anywhere in a text.
  func isContained(in text: [UInt8]) -> Bool {
    unsafe text.withUnsafeBufferPointer { unsafe find(in: $0, from: 0) != nil }
  }
}
