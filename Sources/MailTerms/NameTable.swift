/// Gives each distinct name a small number, so that tallies count by numbers and keep a name once.
///
/// Names are bytes as logged, ASCII letters folded to lower case on request. Number 0 is the empty name
/// and stands for "none". The table only grows: its size is that of the distinct names.
package struct NameTable: ~Copyable {
  private var bytes = Slab<UInt8>(capacity: 4096)
  private var starts = Slab<Int>(repeating: 0, count: 2)
  private var index = SlotIndex()
  private let seed: UInt64

  /// Makes an empty table; `seed` keeps strangers from choosing names that collide.
  package init(seed: UInt64 = .random(in: .min ... .max)) {
    self.seed = seed
  }

  /// How many numbers are in use, the empty name's included.
  package var count: Int { starts.count - 1 }

  /// The number of a name, which is entered if it is new.
  package mutating func number(of name: Span<UInt8>, foldingCase: Bool) -> UInt32 {
    if name.isEmpty { return 0 }
    let hash = hash(of: name, foldingCase: foldingCase)
    if let number = index.find(hash, where: { isEqual($0, name, foldingCase: foldingCase) }) {
      return UInt32(number)
    }
    for index in name.indices {
      bytes.append(foldingCase ? Address.lower(name[index]) : name[index])
    }
    let number = count
    starts.append(bytes.count)
    index.insert(hash, number: Int32(number))
    return UInt32(number)
  }

  /// The number of a name given as text.
  package mutating func number(of name: String, foldingCase: Bool) -> UInt32 {
    number(of: Array(name.utf8).span, foldingCase: foldingCase)
  }

  /// The text of a number; bytes that are not UTF-8 become U+FFFD.
  package func name(_ number: UInt32) -> String {
    String(
      decoding: (starts[Int(number)]..<starts[Int(number) + 1]).map { bytes[$0] }, as: UTF8.self)
  }

  private func hash(of name: Span<UInt8>, foldingCase: Bool) -> UInt64 {
    unsafe name.withUnsafeBytes { raw in
      var hash = seed ^ UInt64(raw.count)
      var at = 0
      while at + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        hash = mix(hash ^ (foldingCase ? Self.folded(word) : word), 0x9E37_79B9_7F4A_7C15)
        at += 8
      }
      var word: UInt64 = 0
      while at < raw.count {
        word = unsafe word << 8 | UInt64(foldingCase ? Address.lower(raw[at]) : raw[at])
        at += 1
      }
      return mix(hash ^ word, 0xC2B2_AE3D_27D4_EB4F)
    }
  }

  /// The lower case of eight ASCII letters at once; other bytes stay.
  private static func folded(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
    let behindZ = low &+ 0x2525_2525_2525_2525
    return word | (fromA & ~behindZ & ~word & 0x8080_8080_8080_8080) >> 2
  }

  private func isEqual(_ number: Int32, _ name: Span<UInt8>, foldingCase: Bool) -> Bool {
    let start = starts[Int(number)]
    guard starts[Int(number) + 1] - start == name.count else { return false }
    return unsafe name.withUnsafeBytes { raw in
      let known = unsafe UnsafeRawPointer(bytes.base + start)
      var at = 0
      while at + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let other = unsafe known.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        guard (foldingCase ? Self.folded(word) : word) == other else { return false }
        at += 8
      }
      while at < raw.count {
        let byte = unsafe foldingCase ? Address.lower(raw[at]) : raw[at]
        guard unsafe known.load(fromByteOffset: at, as: UInt8.self) == byte else { return false }
        at += 1
      }
      return true
    }
  }
}
