/// Gives each distinct name a small number, so that tallies count by numbers and keep a name once.
///
/// Names are bytes as logged, ASCII letters folded to lower case on request. Number 0 is the empty name
/// and stands for "none". The table only grows: its size is that of the distinct names.
package struct NameTable: ~Copyable {
  /// A name that was asked for not long ago.
  struct Recent: BitwiseCopyable {
    var hash: UInt64
    var number: Int32
  }

  private var bytes = Slab<UInt8>(capacity: 4096)
  private var starts = Slab<Int>(repeating: 0, count: 2)
  private var index = SlotIndex()
  private var recents = Slab<Recent>(repeating: Recent(hash: 0, number: 0), count: 256)
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
    let hash = ByteHash.hash(name, seed: seed, foldingCase: foldingCase)
    // Neighbouring lines often name the same host or domain.
    let recent = Int(hash >> 56)
    if recents[recent].hash == hash,
      isEqual(recents[recent].number, name, foldingCase: foldingCase)
    {
      return UInt32(recents[recent].number)
    }
    if let number = index.find(hash, where: { isEqual($0, name, foldingCase: foldingCase) }) {
      recents[recent] = Recent(hash: hash, number: number)
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
    String(decoding: bytes(of: number), as: UTF8.self)
  }

  /// The bytes of a number.
  package func bytes(of number: UInt32) -> [UInt8] {
    (starts[Int(number)]..<starts[Int(number) + 1]).map { bytes[$0] }
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
        guard (foldingCase ? ByteHash.folded(word) : word) == other else { return false }
        at += 8
      }
      if at < raw.count, raw.count >= 8 {
        // The last eight bytes, of which some were compared already.
        at = raw.count - 8
        let word = unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let other = unsafe known.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        return (foldingCase ? ByteHash.folded(word) : word) == other
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
