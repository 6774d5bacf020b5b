internal import MailTerms

/// A count for each key; it grows with the distinct keys alone.
package struct CountTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: UInt64
    var count: Int
  }

  private var entries = Slab<Entry>()
  private var index = SlotIndex()

  /// Makes an empty table.
  package init() {}

  /// The key of a pair of names.
  package static func key(_ a: UInt32, _ b: UInt32) -> UInt64 { UInt64(a) << 32 | UInt64(b) }

  /// Adds to the count of a key.
  package mutating func add(_ key: UInt64, _ count: Int = 1) {
    let hash = mix(key, 0x9E37_79B9_7F4A_7C15)
    if let known = index.find(hash, where: { entries[Int($0)].key == key }) {
      entries[Int(known)].count += count
      return
    }
    index.insert(hash, number: Int32(entries.count))
    entries.append(Entry(key: key, count: count))
  }

  /// The count of a key.
  package subscript(_ key: UInt64) -> Int {
    let hash = mix(key, 0x9E37_79B9_7F4A_7C15)
    return index.find(hash) { entries[Int($0)].key == key }.map { entries[Int($0)].count } ?? 0
  }

  /// Calls `body` with each key and its count, in the order in which the keys came.
  package func forEach(_ body: (UInt64, Int) -> Void) {
    for index in 0..<entries.count { body(entries[index].key, entries[index].count) }
  }
}
