package import Correlation
package import MailTerms

/// Counts of outcomes by the time of their lines, for whoever asks about any window later.
///
/// Names are numbers of the name table of the correlator that made the outcomes. It takes outcomes of a
/// correlator that counts each reply code on its own.
package struct TimedTally: Sendable {
  /// What failures and the like are counted by.
  package struct Key: Hashable, Sendable {
    /// Seconds since 1970.
    package var second: Int64
    package var section: Section
    package var code: UInt16
    /// As `Outcome.packed` makes it.
    package var enhanced: UInt32
    package var remoteHost: UInt32
    package var senderDomain: UInt32
    package var recipientDomain: UInt32
    package var reason: Reason
    /// The sender's address; 0 where the correlator gives none.
    package var sender: UInt32
    package var remoteIP: UInt32
    package var reply: UInt32
    package var forwardPath: UInt32
  }

  /// How often.
  package struct Counts: Sendable {
    /// Distinct (message, recipient), and those that are the first at their host.
    package var first = 0
    package var atHost = 0
    package var atIP = 0
    /// Lines.
    package var lines = 0
  }

  /// What totals are counted by.
  package struct TotalsKey: Hashable, Sendable {
    /// Minutes since 1970.
    package var minute: Int64
    package var remoteHost: UInt32
    package var senderDomain: UInt32
  }

  /// How many recipients had which fate, whatever the reply.
  package struct Totals: Sendable {
    /// Delivered or failed, and those that are the first at their host.
    package var tried = 0
    package var triedAtHost = 0
    package var fates = FateCounts()

    /// Makes totals of nothing.
    package init() {}
  }

  /// How many lines were read.
  package struct Lines: Sendable {
    /// All, and those that no pattern recognised.
    package var lines = 0
    package var unrecognised = 0
    /// Those that a syslog daemon says it dropped.
    package var lost = 0

    /// Makes counts of nothing.
    package init() {}
  }

  /// The counts.
  package private(set) var outcomes: [Key: Counts] = [:]
  /// The totals.
  package private(set) var totals: [TotalsKey: Totals] = [:]
  /// Messages by the minute since 1970 of their first line.
  package private(set) var messages: [Int64: Int] = [:]
  /// Lines by the minute since 1970.
  package private(set) var lines: [Int64: Lines] = [:]
  /// The time of an outcome whose line has none, in seconds since 1970.
  private let present: Int64
  /// What is older is not kept.
  private let oldest: Int64

  /// Makes an empty tally.
  ///
  /// - Parameters:
  ///   - present: the time of an outcome whose line has none, in seconds since 1970.
  ///   - oldest: outcomes before this second are left out.
  package init(present: Int64, oldest: Int64 = .min) {
    self.present = present
    self.oldest = oldest
  }

  /// How many counts there are.
  package var size: Int { outcomes.count + totals.count }

  /// Forgets all counts.
  package mutating func removeAll() {
    outcomes.removeAll(keepingCapacity: true)
    totals.removeAll(keepingCapacity: true)
    messages.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
  }

  /// Adds lines of a minute since 1970; nil where none of them nor one before has a time.
  package mutating func add(lines count: Int, unrecognised: Int = 0, lost: Int = 0, minute: Int64?)
  {
    let minute = minute ?? floorDivide(present, 60)
    guard minute * 60 >= oldest - 60 else { return }
    lines[minute, default: Lines()].lines += count
    lines[minute, default: Lines()].unrecognised += unrecognised
    lines[minute, default: Lines()].lost += lost
  }

  /// Adds one outcome.
  package mutating func add(_ outcome: inout Outcome) {
    let second = outcome.time.isKnown ? outcome.time.seconds : present
    guard second >= oldest else { return }
    if outcome.isFirstOfKind || outcome.isFirstTry || outcome.isFirstTryAtHost {
      let key = TotalsKey(
        minute: floorDivide(second, 60), remoteHost: outcome.remoteHost,
        senderDomain: outcome.senderDomain)
      totals[key, default: Totals()].add(&outcome)
    }
    guard outcome.isSelected, let section = outcome.section else { return }
    // A deferral without a code says nothing that could be asked about.
    guard outcome.code != 0 || outcome.enhanced != 0 || outcome.kind != .deferred else { return }
    let key = Key(
      second: second, section: section, code: outcome.code, enhanced: outcome.enhanced,
      remoteHost: outcome.remoteHost, senderDomain: outcome.senderDomain,
      recipientDomain: outcome.recipientDomain, reason: outcome.reason, sender: outcome.sender,
      remoteIP: outcome.remoteIP, reply: outcome.reply, forwardPath: outcome.forwardPath)
    let count = Int(outcome.distinct)
    outcomes[key, default: Counts()].first += outcome.isFirst ? count : 0
    outcomes[key, default: Counts()].atHost += outcome.isFirstAtHost ? count : 0
    outcomes[key, default: Counts()].atIP += outcome.isFirstAtIP ? count : 0
    outcomes[key, default: Counts()].lines += Int(outcome.lines)
  }

  /// Adds messages that began at some minutes since 1970.
  package mutating func add(messages begun: [Int64: Int]) {
    for (minute, count) in begun {
      let minute = minute == floorDivide(.min, 60) ? floorDivide(present, 60) : minute
      if minute * 60 >= oldest - 60 { messages[minute, default: 0] += count }
    }
  }
}

extension TimedTally.Totals {
  fileprivate mutating func add(_ outcome: inout Outcome) {
    tried += outcome.isFirstTry ? 1 : 0
    triedAtHost += outcome.isFirstTryAtHost ? 1 : 0
    fates.add(&outcome)
  }
}
