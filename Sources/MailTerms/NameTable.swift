/// Gives each distinct name a small number, so that tallies count by numbers and keep a name once.
///
/// Names are bytes as logged, ASCII letters folded to lower case on request. Number 0 is the empty name
/// and stands for "none". The table only grows: its size is that of the distinct names.
@safe package struct NameTable: ~Copyable {
  private var bytes: [UInt8] = []
  private var starts: [Int] = [0, 0]
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

  /// The number of a name that is in the table as it stands; nil if it is not.
  package func find(_ name: Span<UInt8>) -> UInt32? {
    if name.isEmpty { return 0 }
    return index.find(hash(of: name, foldingCase: false)) { isEqual($0, name, foldingCase: false) }
      .map(UInt32.init)
  }

  /// The number of a name given as text.
  package mutating func number(of name: String, foldingCase: Bool) -> UInt32 {
    number(of: Array(name.utf8).span, foldingCase: foldingCase)
  }

  /// The text of a number; bytes that are not UTF-8 become U+FFFD.
  package func name(_ number: UInt32) -> String {
    String(decoding: bytes[starts[Int(number)]..<starts[Int(number) + 1]], as: UTF8.self)
  }

  private func hash(of name: Span<UInt8>, foldingCase: Bool) -> UInt64 {
    var hash = seed
    var word: UInt64 = 0
    for index in name.indices {
      word = word << 8 | UInt64(foldingCase ? Address.lower(name[index]) : name[index])
      if index & 7 == 7 {
        hash = mix(hash ^ word, 0x9E37_79B9_7F4A_7C15)
        word = 0
      }
    }
    return mix(hash ^ word, 0xC2B2_AE3D_27D4_EB4F ^ UInt64(name.count))
  }

  private func isEqual(_ number: Int32, _ name: Span<UInt8>, foldingCase: Bool) -> Bool {
    let start = starts[Int(number)]
    guard starts[Int(number) + 1] - start == name.count else { return false }
    for index in name.indices {
      let byte = foldingCase ? Address.lower(name[index]) : name[index]
      if bytes[start + index] != byte { return false }
    }
    return true
  }
}
