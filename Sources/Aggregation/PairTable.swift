package import MailTerms

/// How often a pair of remote host and sender domain was seen, and when for the first and last time.
// There may be hundreds of thousands: the numbers stand where times leave room.
package struct PairCount: BitwiseCopyable, Sendable {
  /// The earliest line.
  package var first: LogTime
  /// The number of the host's name.
  package let remoteHost: UInt32
  /// The latest line.
  package var last: LogTime
  /// The number of the domain's name.
  package let senderDomain: UInt32
  private var counted: UInt32

  init(_ remoteHost: UInt32, _ senderDomain: UInt32, at time: LogTime, count: Int) {
    first = time
    last = time
    self.remoteHost = remoteHost
    self.senderDomain = senderDomain
    counted = UInt32(clamping: count)
  }

  /// Distinct (message, recipient).
  package var count: Int { Int(counted) }

  mutating func add(_ count: Int) { counted = UInt32(clamping: Int(counted) + count) }
}

/// The counts of all pairs of one section.
package struct PairTable: ~Copyable {
  /// How many pairs remember messages to look up: those that came first, among them all that are frequent.
  private static let lookupCapacity = 4096

  private var pairs = Slab<PairCount>()
  /// The messages of the first and the last line, of the first pairs.
  private var lookups = Slab<(first: MessageID, last: MessageID)>()
  private var index = SlotIndex(isDense: true)

  /// Makes an empty table.
  package init() {}

  /// Notes one line about a pair.
  ///
  /// - Parameters:
  ///   - messageID: the message that the line is about; `none` without one.
  ///   - count: how many (message, recipient) the line is the first about at this host; with none, it
  ///     only moves the times, of a pair that is known.
  package mutating func note(
    _ remoteHost: UInt32, _ senderDomain: UInt32, at time: LogTime, count: Int,
    messageID: MessageID
  ) {
    let hash = mix(CountTable.key(remoteHost, senderDomain), 0x9E37_79B9_7F4A_7C15)
    let known = index.find(hash) { number in
      pairs[Int(number)].remoteHost == remoteHost && pairs[Int(number)].senderDomain == senderDomain
    }
    guard let known else {
      guard count > 0 else { return }
      index.insert(hash, number: Int32(pairs.count))
      pairs.append(PairCount(remoteHost, senderDomain, at: time, count: count))
      if lookups.count < Self.lookupCapacity { lookups.append((messageID, messageID)) }
      return
    }
    let number = Int(known)
    pairs[number].add(count)
    if time < pairs[number].first {
      pairs[number].first = time
      if number < lookups.count { lookups[number].first = messageID }
    }
    if pairs[number].last < time {
      pairs[number].last = time
      if number < lookups.count { lookups[number].last = messageID }
    }
  }

  /// The messages of a pair's first and last line; nil for a pair that came late, and without ids.
  package func lookup(_ index: Int) -> (first: MessageID, last: MessageID)? {
    guard index < lookups.count, lookups[index].first != .none else { return nil }
    return lookups[index]
  }

  /// How many pairs there are.
  package var count: Int { pairs.count }

  /// A pair, by the order in which they came.
  package subscript(_ index: Int) -> PairCount { pairs[index] }
}
