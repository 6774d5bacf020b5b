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
  }

  /// How often.
  package struct Counts: Sendable {
    /// Distinct (message, recipient), and those that are the first at their host.
    package var first = 0
    package var atHost = 0
    /// Lines.
    package var lines = 0
  }

  /// What tries are counted by: recipients delivered or failed.
  package struct TriedKey: Hashable, Sendable {
    /// Minutes since 1970.
    package var minute: Int64
    package var remoteHost: UInt32
    package var senderDomain: UInt32
  }

  /// The counts.
  package private(set) var outcomes: [Key: Counts] = [:]
  /// The tries.
  package private(set) var tried: [TriedKey: Counts] = [:]
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
  package var size: Int { outcomes.count + tried.count }

  /// Forgets all counts.
  package mutating func removeAll() {
    outcomes.removeAll(keepingCapacity: true)
    tried.removeAll(keepingCapacity: true)
  }

  /// Adds one outcome.
  package mutating func add(_ outcome: Outcome) {
    let second = outcome.time.isKnown ? outcome.time.seconds : present
    guard second >= oldest else { return }
    if outcome.isFirstTry || outcome.isFirstTryAtHost {
      let key = TriedKey(
        minute: floorDivide(second, 60), remoteHost: outcome.remoteHost,
        senderDomain: outcome.senderDomain)
      tried[key, default: Counts()].first += outcome.isFirstTry ? 1 : 0
      tried[key, default: Counts()].atHost += outcome.isFirstTryAtHost ? 1 : 0
    }
    guard outcome.isSelected, let section = outcome.section else { return }
    // A local outcome or a deferral without a code says nothing that could be asked about.
    guard outcome.code != 0 || outcome.enhanced != 0 || outcome.kind == .failed else { return }
    let key = Key(
      second: second, section: section, code: outcome.code, enhanced: outcome.enhanced,
      remoteHost: outcome.remoteHost, senderDomain: outcome.senderDomain,
      recipientDomain: outcome.recipientDomain, reason: outcome.reason, sender: outcome.sender)
    let count = Int(outcome.distinct)
    outcomes[key, default: Counts()].first += outcome.isFirst ? count : 0
    outcomes[key, default: Counts()].atHost += outcome.isFirstAtHost ? count : 0
    outcomes[key, default: Counts()].lines += Int(outcome.lines)
  }
}
