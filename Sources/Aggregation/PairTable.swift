package import MailTerms

/// How often a pair of remote host and sender domain was seen, and when for the first and last time.
package struct PairCount: BitwiseCopyable, Sendable {
  /// The numbers of the two names.
  package var remoteHost: UInt32
  package var senderDomain: UInt32
  /// Distinct (message, recipient).
  package var count: Int
  /// The earliest and the latest line.
  package var first: LogTime
  package var last: LogTime
}

/// The counts of all pairs of one section.
package struct PairTable: ~Copyable {
  /// How many pairs remember messages to look up: those that came first, among them all that are frequent.
  private static let lookupCapacity = 4096

  private var pairs = Slab<PairCount>()
  /// The messages of the first and the last line, of the first pairs.
  private var lookups = Slab<(first: MessageID, last: MessageID)>()
  private var index = SlotIndex()

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
      pairs.append(
        PairCount(
          remoteHost: remoteHost, senderDomain: senderDomain, count: count, first: time, last: time)
      )
      if lookups.count < Self.lookupCapacity { lookups.append((messageID, messageID)) }
      return
    }
    let number = Int(known)
    pairs[number].count += count
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
