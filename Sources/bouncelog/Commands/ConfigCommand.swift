internal import Alerting
internal import ArgumentParser
internal import State
internal import Correlation
internal import Glibc
internal import MailTerms
internal import SiteConfig

/// `bouncelog config`: whether the configuration is right, and what it comes to.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    _superCommandName: Bouncelog.name,
    abstract: "Checks and shows the configuration.",
    version: Bouncelog.version,
    subcommands: [Check.self, Show.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: """
        Tells the first mistake with its place, and which names of the sources are one log; exits 78 or 0.
        """)

    @OptionGroup var config: ConfigOptions

    func run() throws {
      guard config.path != nil else {
        throw Failure(
          status: .badConfig, message: "\(SiteConfig.standardPath): No such file or directory")
      }
      let remarks = WatchedLogs(try config.load()).remarks
      for remark in remarks { StandardError.write("bouncelog: \(remark)\n") }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what applies: file, environment and defaults together.")

    @OptionGroup var config: ConfigOptions
    @OptionGroup var state: StateOptions

    func run() throws {
      let site = try config.load()
      var lines = ["# \(site.path ?? "no configuration file")"]
      for source in site.sources {
        lines.append("source \(source.name): \(source.mta?.word ?? "any mta")")
        lines += source.files.map { "  \($0)" } + source.journal.map { "  the journal of \($0)" }
        if let stale = source.stale ?? site.stale { lines.append("  stale: \(stale)") }
      }
      lines.append("host: \(site.host ?? SystemClock.hostName)")
      lines.append("timezone: \(site.timezone ?? "the machine's")")
      lines.append("state: \(try state.directory(site) ?? "none")")
      lines.append(
        "keep: \(ThresholdRange.words(span: site.keep)), open messages \(ThresholdRange.words(span: site.openKeep))"
      )
      lines.append("addresses: \(site.addresses.rawValue)")
      for alert in site.alerts {
        let rule = alert.rule
        var words = ["alert \(rule.name): \(rule.measure.rawValue)"]
        words.append("of \(rule.codes.words.joined(separator: ","))")
        if !rule.by.isEmpty { words.append("by \(rule.by.map(\.rawValue).joined(separator: ","))") }
        if let reasons = rule.reasons {
          words.append("for \(reasons.map(\.word).sorted().joined(separator: ","))")
        }
        words.append("in \(rule.per) s")
        if let warning = rule.warning { words.append("warning \(warning)") }
        if let critical = rule.critical { words.append("critical \(critical)") }
        if !alert.run.isEmpty { words.append("run \(alert.run.joined(separator: " "))") }
        lines.append(words.joined(separator: " "))
      }
      var output = Output.standard
      try output.append((lines.joined(separator: "\n") + "\n").utf8)
      try output.flush()
    }
  }
}
