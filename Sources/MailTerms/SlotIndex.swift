/// An open-addressing hash table of numbers, by which the project's pools find their entries.
///
/// It keeps 32 bits of each hash beside the number and knows nothing of the entries themselves: the
/// caller hashes a key, and says whether a number is the entry that was meant. Entries that are removed
/// leave no marks, so that a table which lives for months stays as fast as a new one.
@usableFromInline package struct SlotIndex: ~Copyable {
  @usableFromInline struct Slot: BitwiseCopyable, Sendable {
    @usableFromInline var hash: UInt32
    @usableFromInline var number: Int32

    @inlinable init(hash: UInt32, number: Int32) {
      self.hash = hash
      self.number = number
    }

    static let empty = Slot(hash: 0, number: -1)
  }

  @usableFromInline var slots: Slab<Slot>

  /// How many numbers are in the table.
  package private(set) var count = 0
  private let isDense: Bool

  /// Makes an empty table.
  ///
  /// - Parameter isDense: whether it rather is small than fast to tell that there is no such entry.
  package init(isDense: Bool = false) {
    slots = Slab(repeating: .empty, count: 1024)
    self.isDense = isDense
  }

  /// The number with this hash that the caller recognises; nil if there is none.
  // The search is inlined, so that the caller's comparison is no call through a closure.
  @inlinable @inline(__always) package func find(_ hash: UInt64, where isMatch: (Int32) -> Bool)
    -> Int32?
  {
    let hash = UInt32(truncatingIfNeeded: hash)
    let mask = slots.count - 1
    var at = Int(hash) & mask
    while slots[at].number >= 0 {
      if slots[at].hash == hash, isMatch(slots[at].number) { return slots[at].number }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Begins to load the place of a hash that will be asked for soon.
  @inlinable @inline(__always) package func prefetch(_ hash: UInt64) {
    slots.prefetch(Int(UInt32(truncatingIfNeeded: hash)) & (slots.count - 1))
  }

  /// The number in the first place where one with this hash can be, which mostly is the one; negative where
  /// there is none.
  @inlinable @inline(__always) package func first(_ hash: UInt64) -> Int32 {
    slots[Int(UInt32(truncatingIfNeeded: hash)) & (slots.count - 1)].number
  }

  /// Enters a number that `find` did not find.
  package mutating func insert(_ hash: UInt64, number: Int32) {
    if (count + 1) * 4 > slots.count * (isDense ? 3 : 2) { grow() }
    place(Slot(hash: UInt32(truncatingIfNeeded: hash), number: number))
    count += 1
  }

  /// Takes a number out that is in the table under this hash.
  package mutating func remove(_ hash: UInt64, number: Int32) {
    let mask = slots.count - 1
    var hole = Int(UInt32(truncatingIfNeeded: hash)) & mask
    while slots[hole].number != number {
      guard slots[hole].number >= 0 else { return }
      hole = (hole + 1) & mask
    }
    // Entries behind the hole move up, so that no search stops too early.
    var at = hole
    while true {
      at = (at + 1) & mask
      guard slots[at].number >= 0 else { break }
      let home = Int(slots[at].hash) & mask
      if (at - home) & mask >= (at - hole) & mask {
        slots[hole] = slots[at]
        hole = at
      }
    }
    slots[hole] = .empty
    count -= 1
  }

  private mutating func place(_ slot: Slot) {
    let mask = slots.count - 1
    var at = Int(slot.hash) & mask
    while slots[at].number >= 0 { at = (at + 1) & mask }
    slots[at] = slot
  }

  private mutating func grow() {
    let used = slots.count
    var old = Slab<Slot>(repeating: .empty, count: used * 2)
    swap(&old, &slots)
    for at in 0..<used where old[at].number >= 0 { place(old[at]) }
  }
}
