/// Which groups of three bytes a text holds, by their hashes: a word that is not there is told at once.
struct TrigramSet {
  private var bits = [UInt64](repeating: 0, count: 64)

  /// A group's number, 0...4095.
  static func number(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt16 {
    let value = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16
    return UInt16(truncatingIfNeeded: (value &* 0x9E37_79B1) >> 20)
  }

  /// The numbers of a word's groups.
  static func numbers(of word: some Collection<UInt8>) -> [UInt16] {
    let bytes = Array(word)
    guard bytes.count >= 3 else { return [] }
    return (0..<(bytes.count - 2)).map { number(bytes[$0], bytes[$0 + 1], bytes[$0 + 2]) }
  }

  /// Takes the groups of a text in place of those before.
  mutating func take(_ text: Span<UInt8>) {
    for index in bits.indices { bits[index] = 0 }
    guard text.count >= 3 else { return }
    for at in 0..<(text.count - 2) {
      let number = Int(Self.number(text[at], text[at + 1], text[at + 2]))
      bits[number >> 6] |= 1 << UInt64(number & 63)
    }
  }

  /// Whether a group may be there.
  func holds(_ number: UInt16) -> Bool {
    bits[Int(number >> 6)] >> UInt64(number & 63) & 1 == 1
  }
}
