internal import Aggregation
internal import MailTerms

/// The order of the names of a section's hosts and domains: names are compared once, and rows by small numbers.
struct NameRanks: ~Copyable {
  /// By the number of a name: its place in the order, counted from 1; 0 for one that is not in the section.
  private var places: Slab<UInt32>
  /// The names in their order.
  let texts: [String]

  /// Ranks the names of a section.
  init(of section: borrowing SectionTally, _ names: borrowing NameTable) {
    var places = Slab<UInt32>(repeating: 0, count: names.count)
    var numbers: [UInt32] = []
    func add(_ number: UInt32, _ places: inout Slab<UInt32>) {
      if places[Int(number)] != 0 { return }
      places[Int(number)] = 1
      numbers.append(number)
    }
    for index in 0..<section.byPair.count {
      add(section.byPair[index].remoteHost, &places)
      add(section.byPair[index].senderDomain, &places)
    }
    section.byRemoteHost.forEach { key, _ in add(UInt32(truncatingIfNeeded: key), &places) }
    section.bySenderDomain.forEach { key, _ in add(UInt32(truncatingIfNeeded: key), &places) }
    numbers.sort { names.precedes($0, $1) }
    var texts: [String] = []
    texts.reserveCapacity(numbers.count)
    for (rank, number) in numbers.enumerated() {
      places[Int(number)] = UInt32(rank + 1)
      texts.append(names.name(number))
    }
    self.texts = texts
    self.places = places
  }

  /// The place of a name of the section in the order, from 0.
  subscript(_ number: UInt32) -> Int { Int(places[Int(number)]) - 1 }

  /// The names of a table by count, the greatest first, then by name: the ranks and the counts.
  func sorted(_ table: borrowing CountTable) -> [(number: UInt32, rank: Int, count: Int)] {
    var rows: [(number: UInt32, rank: Int, count: Int)] = []
    table.forEach { key, count in
      let number = UInt32(truncatingIfNeeded: key)
      rows.append((number, self[number], count))
    }
    rows.sort { a, b in a.count != b.count ? a.count > b.count : a.rank < b.rank }
    return rows
  }

  /// The places of pairs by count, the greatest first, then by name; a missing host comes last.
  func order(of pairs: borrowing PairTable) -> [UInt32] {
    // Numbers are sorted in place of rows, which are large.
    struct Place {
      /// The count, turned round so that the greatest comes first, and the rank of the host.
      var first: UInt64
      var domain: UInt32
      var index: UInt32
    }
    var places: [Place] = []
    places.reserveCapacity(pairs.count)
    for index in 0..<pairs.count {
      let pair = pairs[index]
      let host = pair.remoteHost == 0 ? .max : UInt64(self[pair.remoteHost])
      let count = UInt32.max - UInt32(clamping: pair.count)
      places.append(
        Place(
          first: UInt64(count) << 32 | host & 0xFFFF_FFFF,
          domain: UInt32(self[pair.senderDomain]), index: UInt32(index)))
    }
    places.sort { a, b in a.first != b.first ? a.first < b.first : a.domain < b.domain }
    return places.map(\.index)
  }
}

/// The earliest and the latest line about each name, by its rank.
struct RankTimes {
  private var times: [(first: LogTime, last: LogTime)?]

  init(_ count: Int) { times = Array(repeating: nil, count: count) }

  /// The times of a name; unknown where no pair has it.
  subscript(_ rank: Int) -> (first: LogTime, last: LogTime) { times[rank] ?? (.unknown, .unknown) }

  mutating func extend(_ rank: Int, _ pair: PairCount) {
    let known = times[rank] ?? (pair.first, pair.last)
    times[rank] = (min(known.first, pair.first), max(known.last, pair.last))
  }
}
