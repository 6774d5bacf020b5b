internal import Glibc

/// Gives each distinct name a small number, so that tallies count by numbers and keep a name once.
///
/// Names are bytes as logged, ASCII letters folded to lower case on request. Number 0 is the empty name
/// and stands for "none". The table only grows: its size is that of the distinct names.
@usableFromInline package struct NameTable: ~Copyable {
  /// A place of the hash table.
  ///
  /// It says where the name's bytes stand, so that a look-up reads two places in memory and no more.
  @usableFromInline struct Slot: BitwiseCopyable, Sendable {
    @usableFromInline var hash: UInt32
    /// 0 in an empty place.
    @usableFromInline var number: UInt32
    /// Where the bytes begin, and in the lowest 24 bits how many they are.
    @usableFromInline var bytes: UInt64

    static let empty = Slot(hash: 0, number: 0, bytes: 0)
    static let longest = 1 << 24 - 1
  }

  @usableFromInline var bytes = Slab<UInt8>(capacity: 4096)
  private var starts = Slab<Int>(repeating: 0, count: 2)
  @usableFromInline var slots = Slab<Slot>(repeating: .empty, count: 1024)

  /// Makes an empty table.
  package init() {}

  /// The hash of a name for `number(of:hash:foldingCase:)`.
  package static func hash(of name: Span<UInt8>, foldingCase: Bool) -> UInt64 {
    ByteHash.hash(name, seed: ByteHash.seed, foldingCase: foldingCase)
  }

  /// How many numbers are in use, the empty name's included.
  package var count: Int { starts.count - 1 }

  /// The number of a name, which is entered if it is new.
  package mutating func number(of name: Span<UInt8>, foldingCase: Bool) -> UInt32 {
    number(of: name, hash: Self.hash(of: name, foldingCase: foldingCase), foldingCase: foldingCase)
  }

  /// The number of a name that often is the same as the last time, and then needs no hash.
  ///
  /// - Parameter last: the number of the last time.
  package mutating func number(of name: Span<UInt8>, probably last: inout UInt32) -> UInt32 {
    let start = starts[Int(last)]
    if starts[Int(last) + 1] - start == name.count, isEqual(start, name) { return last }
    last = number(of: name, foldingCase: false)
    return last
  }

  /// The number of a name whose hash is known.
  package mutating func number(
    of name: Span<UInt8>, hash: UInt64, foldingCase: Bool
  ) -> UInt32 {
    if name.isEmpty { return 0 }
    let check = UInt32(truncatingIfNeeded: hash >> 32)
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: hash) & mask
    while slots[at].number != 0 {
      if slots[at].hash == check, Int(slots[at].bytes & 0xFF_FFFF) == name.count,
        foldingCase
          ? isFoldedEqual(Int(slots[at].bytes >> 24), name)
          : isEqual(Int(slots[at].bytes >> 24), name)
      {
        return slots[at].number
      }
      at = (at + 1) & mask
    }
    return enter(name, hash, at, foldingCase: foldingCase)
  }

  /// Begins to load the place of a name in the table, by its hash.
  @inlinable @inline(__always) package func prefetch(placeOf hash: UInt64) {
    slots.prefetch(Int(truncatingIfNeeded: hash) & (slots.count - 1))
  }

  /// Begins to load the bytes of a name whose place is loaded.
  @inlinable @inline(__always) package func prefetch(bytesOf hash: UInt64) {
    bytes.prefetch(Int(slots[Int(truncatingIfNeeded: hash) & (slots.count - 1)].bytes >> 24))
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

  /// Whether the bytes of a name come before those of another one.
  package func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    let startOfA = starts[Int(a)]
    let startOfB = starts[Int(b)]
    let countOfA = starts[Int(a) + 1] - startOfA
    let countOfB = starts[Int(b) + 1] - startOfB
    let order = unsafe memcmp(bytes.base + startOfA, bytes.base + startOfB, min(countOfA, countOfB))
    return order < 0 || (order == 0 && countOfA < countOfB)
  }

  private mutating func enter(
    _ name: Span<UInt8>, _ hash: UInt64, _ place: Int, foldingCase: Bool
  ) -> UInt32 {
    precondition(name.count <= Slot.longest, "no log has such a name")
    let start = bytes.count
    for index in name.indices {
      bytes.append(foldingCase ? Address.lower(name[index]) : name[index])
    }
    let number = UInt32(count)
    starts.append(bytes.count)
    slots[place] = Slot(
      hash: UInt32(truncatingIfNeeded: hash >> 32), number: number,
      bytes: UInt64(start) << 24 | UInt64(name.count))
    if count * 2 > slots.count { grow() }
    return number
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    var old = Slab(repeating: Slot.empty, count: slots.count * 2)
    swap(&old, &slots)
    for index in 0..<old.count where old[index].number != 0 {
      // The low half of a hash is not kept.
      var at = Int(truncatingIfNeeded: hash(of: old[index])) & mask
      while slots[at].number != 0 { at = (at + 1) & mask }
      slots[at] = old[index]
    }
  }

  private func hash(of slot: Slot) -> UInt64 {
    let start = Int(slot.bytes >> 24)
    let name = unsafe UnsafeBufferPointer(
      start: bytes.base + start, count: Int(slot.bytes & 0xFF_FFFF))
    return unsafe ByteHash.hash(Span(_unsafeElements: name), seed: ByteHash.seed)
  }

  @inline(__always) private func isEqual(_ start: Int, _ name: Span<UInt8>) -> Bool {
    unsafe name.withUnsafeBytes { raw in
      guard let address = raw.baseAddress else { return true }
      return unsafe ByteHash.areSame(address, bytes.base + start, count: raw.count)
    }
  }

  @inline(__always) private func isFoldedEqual(_ start: Int, _ name: Span<UInt8>) -> Bool {
    unsafe name.withUnsafeBytes { raw in
      let known = unsafe UnsafeRawPointer(bytes.base + start)
      var at = 0
      while at + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let other = unsafe known.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        guard ByteHash.folded(word) == other else { return false }
        at += 8
      }
      if at < raw.count, raw.count >= 8 {
        // The last eight bytes, of which some were compared already.
        at = raw.count - 8
        let word = unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let other = unsafe known.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        return ByteHash.folded(word) == other
      }
      while at < raw.count {
        guard
          unsafe known.load(fromByteOffset: at, as: UInt8.self) == Address.lower(raw[at])
        else { return false }
        at += 1
      }
      return true
    }
  }
}
