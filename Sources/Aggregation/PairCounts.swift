internal import MailTerms

/// A count for each pair of two numbers; it grows with the distinct pairs.
package struct PairCounts: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: UInt64
    var count: Int
  }

  private var entries = Slab<Entry>()
  private var index = SlotIndex()

  /// Makes an empty table.
  package init() {}

  /// Adds to the count of a pair.
  package mutating func add(_ a: UInt32, _ b: UInt32, _ count: Int = 1) {
    let key = UInt64(a) << 32 | UInt64(b)
    let hash = mix(key, 0x9E37_79B9_7F4A_7C15)
    if let known = index.find(hash, where: { entries[Int($0)].key == key }) {
      entries[Int(known)].count += count
      return
    }
    index.insert(hash, number: Int32(entries.count))
    entries.append(Entry(key: key, count: count))
  }

  /// The count of a pair.
  package func count(_ a: UInt32, _ b: UInt32) -> Int {
    let key = UInt64(a) << 32 | UInt64(b)
    let hash = mix(key, 0x9E37_79B9_7F4A_7C15)
    return index.find(hash) { entries[Int($0)].key == key }.map { entries[Int($0)].count } ?? 0
  }

  /// Calls `body` with each pair and its count.
  package func forEach(_ body: (UInt32, UInt32, Int) -> Void) {
    for index in 0..<entries.count {
      let entry = entries[index]
      body(UInt32(entry.key >> 32), UInt32(truncatingIfNeeded: entry.key), entry.count)
    }
  }
}
