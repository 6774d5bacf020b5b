package import Alerting
package import MailTerms
package import State

/// What a site has written into its configuration file.
package struct SiteConfig: Sendable {
  /// Where the file lies unless another one is named.
  package static let standardPath = "/etc/bouncelog/bouncelog.toml"

  /// Where Exim and Postfix usually log: Debian, Exim's own default and cPanel, and syslog on Debian and
  /// on Red Hat.
  package static let usualLogs = [
    "/var/log/exim4/mainlog", "/var/log/exim/mainlog", "/var/log/exim/main.log",
    "/var/log/exim_mainlog", "/var/log/mail.log", "/var/log/maillog",
  ]

  /// A log to read.
  package struct Source: Sendable {
    /// Its name in messages.
    package var name: String
    /// Whose log it is; nil for either.
    package var mta: MTA?
    /// Files by their own names; what rotation made of them is found.
    package var files: [String] = []
    /// Units of the systemd journal, as `journalctl --unit` takes them.
    package var journal: [String] = []
    /// When their silence is no answer any more; nil where the site's limit applies.
    package var stale: StaleLimit?
  }

  /// A question to ask at each check, and what to run when its answer changes.
  package struct Alert: Sendable {
    /// The question.
    package var rule: AlertRule
    /// A program and its words; empty for none.
    package var run: [String] = []

    /// Makes an alert of which nobody is told but who asks.
    package init(rule: AlertRule, run: [String] = []) {
      self.rule = rule
      self.run = run
    }
  }

  /// The shape of reports where the command line does not say.
  package struct Report: Sendable {
    /// The dimensions of one table together, by their words.
    package var by: [String] = []
    /// The most rows of a table.
    package var top: Int?
    /// Who gets a mail.
    package var to: [String] = []
  }

  /// The file; nil where there is none.
  package var path: String?
  package var sources: [Source] = []
  /// The machine's name, for logs that do not say.
  package var host: String?
  /// The zone of stamps without one.
  package var timezone: String?
  /// When the silence of a log is no answer any more, where its source does not say; nil for the default.
  package var stale: StaleLimit?
  /// The folder of what is kept between runs.
  package var stateDirectory: String?
  /// How long counts and open messages are kept, in seconds.
  package var keep: Int64 = 90 * 86_400
  package var openKeep: Int64 = 15 * 86_400
  /// What is kept of local parts.
  package var addresses = StoredAddresses.domain
  package var alerts: [Alert] = []
  package var report = Report()

  /// Makes a configuration that says nothing.
  package init() {}

  /// Why what is kept does not reach back as far as a question asks; nil where it does.
  package func shortfall(of rule: AlertRule) -> String? {
    let looksBack = rule.measure == .compare || rule.measure == .new
    let wanted = rule.per + (looksBack ? Int64(rule.days) * 86_400 : 0)
    guard rule.measure != .age, wanted > keep else { return nil }
    return
      "counts are kept for \(ThresholdRange.words(span: keep)) alone; keep in [state] can be longer"
  }

  /// Whose logs all sources are; nil where they differ or do not say.
  package var commonMTA: MTA? {
    let all = Set(sources.map(\.mta))
    return all.count == 1 ? all.first ?? nil : nil
  }

  /// All files of all sources.
  package var files: [String] { sources.flatMap(\.files) }
  /// All units of all sources.
  package var journal: [String] { sources.flatMap(\.journal) }
}
