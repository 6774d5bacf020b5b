internal import Alerting
internal import ArgumentParser
internal import State
internal import Correlation
internal import Glibc
internal import MailTerms
internal import Reporting
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
      lines.append("report: \(words(site.report))")
      for alert in site.alerts { lines.append("alert \(words(alert))") }
      var output = Output.standard
      for line in lines { try output.append("\(TerminalText.clean(line))\n".utf8) }
      try output.flush()
    }

    private func words(_ report: SiteConfig.Report) -> String {
      var words = [report.by.isEmpty ? "a table of each" : "by \(report.by.joined(separator: ","))"]
      words.append("top \(report.top ?? OutputOptions.standardTop)")
      if !report.to.isEmpty { words.append("to \(report.to.joined(separator: ","))") }
      return words.joined(separator: ", ")
    }

    private func words(_ alert: SiteConfig.Alert) -> String {
      let rule = alert.rule
      var words = ["\(rule.name): \(rule.measure.rawValue)"]
      switch rule.measure {
      case .age, .gap, .unrecognised: break
      case .count, .rate, .compare, .new:
        words.append("of \(rule.codes.words.joined(separator: ","))")
      }
      let origin = Origin.allCases.map(\.word.description).first {
        Section(origin: $0) == rule.section
      }
      if rule.section != .failures, let origin { words.append("origin \(origin)") }
      if let glob = rule.remoteHost { words.append("at \(glob.text)") }
      if let glob = rule.senderDomain { words.append("from \(glob.text)") }
      if !rule.by.isEmpty { words.append("by \(rule.by.map(\.rawValue).joined(separator: ","))") }
      if let reasons = rule.reasons {
        words.append("for \(reasons.map(\.word).sorted().joined(separator: ","))")
      }
      words.append("in \(ThresholdRange.words(span: rule.per))")
      if rule.measure == .compare || rule.measure == .new { words.append("days \(rule.days)") }
      if rule.minimumTried > 0 { words.append("min_tried \(rule.minimumTried)") }
      if let warning = rule.warning { words.append("warning \(warning)") }
      if let critical = rule.critical { words.append("critical \(critical)") }
      if !alert.run.isEmpty { words.append("run \(alert.run.joined(separator: " "))") }
      return words.joined(separator: " ")
    }
  }
}
