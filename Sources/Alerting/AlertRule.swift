package import Correlation
package import MailTerms

/// A question about the counts, and which answers alert.
package struct AlertRule: Sendable {
  /// What is measured.
  package enum Measure: String, Sendable, CaseIterable {
    /// Failures.
    case count
    /// Failures in percent of what was tried.
    case rate
    /// Failures in percent of the mean of the same hours of the days before.
    case compare
    /// Groups that were not seen in the days before.
    case new
    /// Lines that were not recognised, in percent.
    case unrecognised
    /// Seconds since the newest line.
    case age
    /// Stretches of a log that can never be read.
    case gap
  }

  /// What outcomes are grouped by; each group is measured on its own.
  package enum Group: String, Sendable, CaseIterable {
    case remoteHost = "remote-host"
    case senderDomain = "sender-domain"
    case recipientDomain = "recipient-domain"
    case code
    case reason
    /// The sender's address, where the state keeps it or its hash.
    case sender
  }

  /// Its name in output.
  package var name: String
  /// What its standing is kept under; nil for its name, where no other question has it.
  package var standing: String?
  package var measure = Measure.count
  /// The section whose outcomes count, and their codes, hosts and domains.
  package var section = Section.failures
  package var codes: CodeFilter
  package var remoteHost: Glob?
  package var senderDomain: Glob?
  /// The reasons that count; nil for all.
  package var reasons: Set<Reason>?
  package var by: [Group] = []
  /// The window in seconds, which ends with the present.
  package var per: Int64 = 3600
  package var warning: ThresholdRange?
  package var critical: ThresholdRange?
  /// Groups with less than this tried do not alert.
  package var minimumTried = 0
  /// For `compare` and `new`, how many days are looked back.
  package var days = 7

  /// The most days that can be looked back: a century.
  package static let mostDays = 36_500

  /// Makes a rule that counts failures.
  package init(name: String, codes: CodeFilter) {
    self.name = name
    self.codes = codes
  }

  /// An alert's name, and which of its groups is meant; all of them are one where that has no name.
  package static func title(_ name: String, _ subject: String) -> String {
    subject.isEmpty ? name : "\(name): \(subject)"
  }

  /// Why the rule cannot be asked; nil where it can.
  package var problem: String? {
    // Of what was tried only host and sender domain are kept.
    let isTried = by.allSatisfy { $0 == .remoteHost || $0 == .senderDomain }
    if measure == .rate, !isTried { return "a rate is by remote-host and sender-domain alone" }
    return nil
  }

  /// Reads a threshold in the unit of what is measured; nil for words that are none.
  package static func threshold(_ word: String, of measure: Measure) -> ThresholdRange? {
    switch measure {
    case .count, .new, .gap: ThresholdRange(word)
    case .rate, .compare, .unrecognised: ThresholdRange(word, number: ThresholdRange.percent)
    case .age: ThresholdRange(word, number: ThresholdRange.span)
    }
  }

  /// What a value means: the worse of the two thresholds that alert.
  func status(_ value: Double) -> AlertStatus {
    if critical?.alerts(value) ?? false { return .critical }
    return warning?.alerts(value) ?? false ? .warning : .ok
  }
}

/// How things stand, with the exit code of the Monitoring Plugins guidelines ("Plugin Return Codes").
package enum AlertStatus: Int, Comparable, Sendable {
  case ok, warning, critical, unknown

  /// The word in the first line.
  package var word: String {
    switch self {
    case .ok: "OK"
    case .warning: "WARNING"
    case .critical: "CRITICAL"
    case .unknown: "UNKNOWN"
    }
  }

  // A certain alarm is worse than something that is not known.
  private var badness: Int { self == .critical ? 3 : self == .unknown ? 2 : rawValue }

  package static func < (a: Self, b: Self) -> Bool { a.badness < b.badness }
}
