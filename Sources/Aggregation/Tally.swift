package import Correlation
package import MailTerms

/// What a report can be grouped by.
package enum Dimension: String, Sendable, CaseIterable {
  case remoteHost = "remote-host"
  case senderDomain = "sender-domain"
  case recipientDomain = "recipient-domain"
  case reason
  case code
  case sender
  case hour
  case edge
}

/// The counts of a run: totals, tries, and one `SectionTally` for each section.
///
/// Names are numbers of the name table of the correlator that made the outcomes.
package struct Tally: ~Copyable {
  /// What became of recipients.
  package private(set) var fates = FateCounts()
  /// Distinct (message, recipient) that were delivered or failed.
  package private(set) var tried = 0
  /// The sections, by `Section.rawValue`.
  package private(set) var sections = InlineArray<6, SectionTally> { _ in SectionTally() }
  /// Tries by the number of the host's name, and of the domain's.
  private var triedAtHostCounts = Slab<UInt32>()
  private var triedByDomain = Slab<UInt32>()
  private var triedByPair = CountTable()
  /// Pairs that failed before the period, if the correlator gives such outcomes.
  private var earlierPairs = CountTable()
  private let dimensions: [Dimension]

  /// Makes an empty tally that also groups by some dimensions together.
  package init(groupedBy dimensions: [Dimension]) {
    self.dimensions = dimensions
  }

  /// Adds outcomes.
  package mutating func add(_ outcomes: inout Slab<Outcome>) {
    // Counts are far apart in memory; they are loaded while others are counted.
    let distance = 16
    for index in 0..<min(distance, outcomes.count) { prefetch(&outcomes[index]) }
    for index in 0..<outcomes.count {
      if index + distance < outcomes.count { prefetch(&outcomes[index + distance]) }
      add(&outcomes[index])
    }
  }

  /// Begins to load the counts of an outcome.
  @inline(__always) private mutating func prefetch(_ outcome: inout Outcome) {
    guard outcome.isFirstTryAtHost else { return }
    triedByPair.prefetch(CountTable.key(outcome.remoteHost, outcome.senderDomain))
    triedAtHostCounts.prefetch(Int(outcome.remoteHost))
    triedByDomain.prefetch(Int(outcome.senderDomain))
  }

  /// Adds one outcome; inout, since it is too large to be copied.
  package mutating func add(_ outcome: inout Outcome) {
    guard outcome.isInScope else {
      if outcome.isSelected, outcome.section == .failures {
        earlierPairs.add(CountTable.key(outcome.remoteHost, outcome.senderDomain))
      }
      return
    }
    fates.add(&outcome)
    if outcome.isFirstTry {
      tried += 1
      Self.count(outcome.senderDomain, in: &triedByDomain)
    }
    if outcome.isFirstTryAtHost, outcome.remoteHost != 0 {
      Self.count(outcome.remoteHost, in: &triedAtHostCounts)
      triedByPair.add(CountTable.key(outcome.remoteHost, outcome.senderDomain))
    }
    if outcome.isSelected, let section = outcome.section {
      sections[section.rawValue].add(&outcome, groupedBy: dimensions)
    }
  }

  /// Adds recipients that were tried, as they were counted before.
  package mutating func add(
    tried count: Int, triedAtHost: Int, remoteHost: UInt32, senderDomain: UInt32
  ) {
    tried += count
    if count > 0 { Self.count(senderDomain, in: &triedByDomain, count) }
    if triedAtHost > 0, remoteHost != 0 {
      Self.count(remoteHost, in: &triedAtHostCounts, triedAtHost)
      triedByPair.add(CountTable.key(remoteHost, senderDomain), triedAtHost)
    }
  }

  /// Recipients delivered or failed at a remote host.
  package func tried(remoteHost: UInt32) -> Int {
    Self.count(of: remoteHost, in: triedAtHostCounts)
  }

  /// Recipients delivered or failed, at whatever place, for a sender domain.
  package func tried(senderDomain: UInt32) -> Int {
    Self.count(of: senderDomain, in: triedByDomain)
  }

  /// Recipients delivered or failed at a remote host for a sender domain.
  package func tried(remoteHost: UInt32, senderDomain: UInt32) -> Int {
    triedByPair[CountTable.key(remoteHost, senderDomain)]
  }

  /// Whether a pair failed before the period, as far as the log goes back.
  package func failedEarlier(remoteHost: UInt32, senderDomain: UInt32) -> Bool {
    earlierPairs[CountTable.key(remoteHost, senderDomain)] > 0
  }

  @inline(__always) private static func count(
    _ number: UInt32, in counts: inout Slab<UInt32>, _ count: Int = 1
  ) {
    while counts.count <= Int(number) { counts.append(0) }
    counts[Int(number)] = UInt32(clamping: Int(counts[Int(number)]) + count)
  }

  private static func count(of number: UInt32, in counts: borrowing Slab<UInt32>) -> Int {
    Int(number) < counts.count ? Int(counts[Int(number)]) : 0
  }
}

/// The counts of one section, for the outcomes that were asked for.
package struct SectionTally: ~Copyable {
  /// Distinct (message, recipient), and all lines.
  package private(set) var total = 0
  package private(set) var attempts = 0
  /// Counts by the number of the name.
  package private(set) var byRemoteHost = CountTable()
  package private(set) var byRemoteIP = CountTable()
  package private(set) var bySenderDomain = CountTable()
  package private(set) var byRecipientDomain = CountTable()
  package private(set) var byReply = CountTable()
  /// Counts by the number of the address that servers named in the recipient's place.
  package private(set) var byForwardPath = CountTable()
  /// Counts by `Reason.rawValue`.
  package private(set) var byReason = CountTable()
  /// Counts by the reply code, 0 for none.
  package private(set) var byCode = CountTable()
  package private(set) var byPair = PairTable()
  private var closedHours: [LogTime: Int] = [:]
  private var currentHour = LogTime.unknown
  private var currentHourCount = 0
  /// Counts by the dimensions that the user asked for, in their order.
  package private(set) var byGroup: [[GroupValue]: Int] = [:]

  /// A group's value in one dimension.
  package enum GroupValue: Hashable, Sendable {
    /// The number of a name, 0 for none.
    case name(UInt32)
    case code(UInt16)
    case hour(LogTime)
    case reason(Reason)
  }

  mutating func add(_ outcome: inout Outcome, groupedBy dimensions: [Dimension]) {
    let count = Int(outcome.distinct)
    attempts += Int(outcome.lines)
    byPair.note(
      outcome.remoteHost, outcome.senderDomain, at: outcome.time,
      count: outcome.isFirstAtHost ? count : 0, messageID: outcome.messageID)
    if outcome.isFirstAtHost, outcome.remoteHost != 0 {
      byRemoteHost.add(UInt64(outcome.remoteHost), count)
    }
    if outcome.isFirstAtIP, outcome.remoteIP != 0 {
      byRemoteIP.add(UInt64(outcome.remoteIP), count)
    }
    guard outcome.isFirst else { return }
    total += count
    bySenderDomain.add(UInt64(outcome.senderDomain), count)
    byReply.add(UInt64(outcome.reply), count)
    byCode.add(UInt64(outcome.code), count)
    byReason.add(UInt64(outcome.reason.rawValue), count)
    if outcome.forwardPath != 0 { byForwardPath.add(UInt64(outcome.forwardPath), count) }
    countHour(of: outcome.time, count)
    if outcome.recipientDomain != 0 {
      byRecipientDomain.add(UInt64(outcome.recipientDomain), count)
    }
    if !dimensions.isEmpty {
      let outcome = outcome
      byGroup[dimensions.map { value(of: outcome, $0) }, default: 0] += count
    }
  }

  /// Counts by hour; most outcomes fall into the hour of the one before, which needs no look-up.
  private mutating func countHour(of time: LogTime, _ count: Int) {
    let hour = time.hour
    if hour != currentHour {
      closeHour()
      currentHour = hour
    }
    currentHourCount += count
  }

  private mutating func closeHour() {
    if currentHourCount > 0 { closedHours[currentHour, default: 0] += currentHourCount }
    currentHourCount = 0
  }

  /// Counts by the hour on the log's clock.
  package var byHour: [LogTime: Int] {
    var hours = closedHours
    if currentHourCount > 0 { hours[currentHour, default: 0] += currentHourCount }
    return hours
  }

  private func value(of outcome: Outcome, _ dimension: Dimension) -> GroupValue {
    switch dimension {
    case .remoteHost: .name(outcome.remoteHost)
    case .senderDomain: .name(outcome.senderDomain)
    case .recipientDomain: .name(outcome.recipientDomain)
    case .reason: .reason(outcome.reason)
    case .code: .code(outcome.code)
    case .sender: .name(outcome.sender)
    case .hour: .hour(outcome.time.hour)
    case .edge: .name(outcome.edge)
    }
  }
}
