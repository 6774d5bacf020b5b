internal import MailTerms

/// A count for each key; it grows with the distinct keys alone.
///
/// Keys and counts stand in the hash table itself, so that a count is one place in memory.
package struct CountTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    // Three numbers of four bytes: there can be hundreds of thousands of pairs.
    private var high: UInt32
    private var low: UInt32
    /// 0 in an empty place.
    var count: UInt32

    init(key: UInt64, count: UInt32) {
      high = UInt32(truncatingIfNeeded: key >> 32)
      low = UInt32(truncatingIfNeeded: key)
      self.count = count
    }

    static let empty = Entry(key: 0, count: 0)

    var key: UInt64 { UInt64(high) << 32 | UInt64(low) }
  }

  private var entries: Slab<Entry>
  private var used = 0

  /// Makes an empty table.
  package init() { entries = Slab(repeating: .empty, count: 16) }

  /// The key of a pair of names.
  package static func key(_ a: UInt32, _ b: UInt32) -> UInt64 { UInt64(a) << 32 | UInt64(b) }

  /// Adds to the count of a key.
  package mutating func add(_ key: UInt64, _ count: Int = 1) {
    guard count > 0 else { return }
    let place = place(of: key)
    if entries[place].count == 0 {
      entries[place] = Entry(key: key, count: 0)
      used += 1
    }
    entries[place].count = UInt32(clamping: Int(entries[place].count) + count)
    // The fuller, the smaller, but a new key is looked for up to the next empty place.
    if used * 4 > entries.count * 3 { grow() }
  }

  /// Brings the place of a key nearer that will be asked for soon.
  package func prefetch(_ key: UInt64) { entries.prefetch(home(of: key)) }

  /// The count of a key.
  package subscript(_ key: UInt64) -> Int { Int(entries[place(of: key)].count) }

  /// Calls `body` with each key and its count, in no order.
  package func forEach(_ body: (UInt64, Int) -> Void) {
    for index in 0..<entries.count where entries[index].count > 0 {
      body(entries[index].key, Int(entries[index].count))
    }
  }

  private func home(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: mix(key, 0x9E37_79B9_7F4A_7C15)) & (entries.count - 1)
  }

  /// Where a key stands, or would stand.
  private func place(of key: UInt64) -> Int {
    var at = home(of: key)
    while entries[at].count != 0, entries[at].key != key { at = (at + 1) & (entries.count - 1) }
    return at
  }

  /// Doubles the table where it is: a second one beside it would be the largest thing in memory.
  private mutating func grow() {
    let half = entries.count
    entries.grow(repeating: .empty, to: half * 2)
    // Entries are taken out and entered again in the order of their places, from behind an empty one on. Then all
    // that stands between an entry's new home and its old place, or that place in the upper half, is entered
    // already, and one of the two is free: no entry is put behind one that will be taken out later.
    var at = 0
    while entries[at].count != 0 { at += 1 }
    for _ in 0..<half {
      at = (at + 1) & (half - 1)
      let entry = entries[at]
      if entry.count == 0 { continue }
      entries[at] = .empty
      entries[place(of: entry.key)] = entry
    }
  }
}
