internal import Alerting
internal import ArgumentParser
internal import Correlation
internal import Glibc
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import Reporting
internal import SiteConfig
internal import State

/// `bouncelog check`: thresholds over what is new, as a monitoring plugin.
struct CheckCommand: ParsableCommand {
  static let name = "check"

  static let configuration = CommandConfiguration(
    commandName: name,
    _superCommandName: Bouncelog.name,
    abstract: "Alerts on thresholds, for cron and as a monitoring plugin.",
    discussion: """
      Reads what is new in the logs since the last check, over every kind of rotation, and keeps how far it came: \
      no line is counted twice and none is skipped. Counts are distinct recipients in a window of the log's \
      time that ends now.

        */5 * * * * /usr/local/bin/bouncelog check --quiet-ok
        bouncelog check --by remote-host -w 20 -c 50 /var/log/exim4/mainlog
        bouncelog check --code 5xx --of rate --by remote-host --per 24h --min-tried 200 -w 5 -c 15 mainlog
        bouncelog check --of age -w 15m -c 1h /var/log/mail.log

      Without a threshold it asks the [[alert]]s of the configuration, of its [[source]]s or of the files given.

      Thresholds are ranges of the Monitoring Plugins: 20 alerts above 20, 10: below 10, ~:10 above 10, 10:20 \
      outside, @10:20 inside. Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, whatever went wrong: also a log \
      that cannot be read, has no line with a time, is silent for longer than --stale, or is ahead of the clock.
      """,
    version: Bouncelog.version)

  @OptionGroup var outcomes: OutcomeOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Measure each group on its own: remote-host, sender-domain, recipient-domain, code, reason, sender (if the state keeps senders).",
      valueName: "dimension,..."))
  var by: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("The window: 15m, 1h, 7d (default: 1h).", valueName: "span"))
  var per: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is measured: count (the default), rate (percent of what was tried), compare (percent of the mean of the same hours on the days before), new (groups not seen in the days before), unrecognised (percent of the lines), age (of the newest line), gap (lines that can never be read).",
      valueName: "measure"))
  var of: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Warn outside this range.", valueName: "range"))
  var warning: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Critical outside this range.", valueName: "range"))
  var critical: String?

  @Option(
    name: .long, help: ArgumentHelp("Groups with fewer tried do not alert.", valueName: "n"))
  var minTried: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("How many days compare and new look back (default: 7).", valueName: "n"))
  var days: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only refusals for these reasons, such as blocklisted or user-unknown. Repeatable.",
      valueName: "reason"))
  var reason: [String] = []

  @Option(name: .long, help: ArgumentHelp("The window's end (default: now).", valueName: "time"))
  var until: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Give up after this many seconds.", valueName: "s"))
  var timeout = 60

  @Flag(
    name: .customLong("quiet-ok"),
    help: "Print nothing when all is OK, so that cron mails only news.")
  var quietOK = false

  @Flag(name: .long, help: "Read and answer, but keep nothing of this run.")
  var dryRun = false

  @Option(name: .long, help: ArgumentHelp("Whose log: auto, exim, postfix.", valueName: "mta"))
  var mta = "auto"

  @Option(
    name: .long,
    help: ArgumentHelp("Only this alert of the configuration. Repeatable.", valueName: "name"))
  var alert: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read this unit's entries in the systemd journal, by journalctl. Repeatable.",
      valueName: "unit"))
  var journal: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A log whose newest line is older than this is UNKNOWN (default: that of its source, or the longer of 24h and --per); never: may be silent or empty.",
      valueName: "span"))
  var stale: String?

  @OptionGroup var config: ConfigOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var reading: ReadingOptions

  @Argument(
    help: "Log files by their own names; what rotation made of them is found.",
    completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    guard !files.contains(LogSource.standardInput) else {
      throw ValidationError("a check needs files, which it can read on the next time")
    }
    if isAdHoc, !alert.isEmpty {
      throw ValidationError(
        "--alert asks the configuration; --warning and --critical ask themselves")
    }
    if !isAdHoc, let option = shape.first {
      throw ValidationError(
        "\(option) needs --warning or --critical; the configuration's alerts have words of their own"
      )
    }
    guard minTried ?? 0 >= 0, timeout > 0 else {
      throw ValidationError("--min-tried and --timeout must be positive")
    }
    guard (1...AlertRule.mostDays).contains(days ?? 1) else {
      throw ValidationError("--days must be from 1 to \(AlertRule.mostDays)")
    }
    guard mta == "auto" || MTA.allCases.contains(where: { $0.word == mta }) else {
      throw ValidationError("--mta \(mta): use auto, exim or postfix")
    }
    if let stale, StaleLimit(stale) == nil {
      throw ValidationError("--stale \(stale): use 26h, 7d or never")
    }
    _ = try rule
    _ = try present
  }

  /// Whether the question is on the command line, not in the configuration.
  private var isAdHoc: Bool { warning != nil || critical != nil }

  /// The options that are there and shape a question of the command line.
  private var shape: [String] {
    outcomes.given
      + Self.given([
        ("--by", !by.isEmpty), ("--per", per != nil), ("--of", of != nil),
        ("--min-tried", minTried != nil), ("--days", days != nil), ("--reason", !reason.isEmpty),
      ])
  }

  /// The question of the command line.
  var rule: AlertRule {
    get throws {
      let codes = outcomes.codes("551")
      let selection = try outcomes.selection(code: "551")
      let of = of ?? AlertRule.Measure.count.rawValue
      guard let measure = AlertRule.Measure(rawValue: of) else {
        throw ValidationError(
          "--of \(of): use " + AlertRule.Measure.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let groups = try by.flatMap { $0.split(separator: ",") }.map { word in
        guard let group = AlertRule.Group(rawValue: String(word)) else {
          throw ValidationError(
            "--by \(word): use " + AlertRule.Group.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return group
      }
      let per = per ?? "1h"
      guard let span = ThresholdRange.span(Substring(per)), span >= 1, span < 1e9 else {
        throw ValidationError("--per \(per): use 15m, 1h or 7d")
      }
      guard outcomes.origin.count <= 1,
        let section = Section(origin: outcomes.origin.first ?? "remote")
      else { throw ValidationError("--origin: a check asks about one") }
      let name = groups.isEmpty || measure == .age || measure == .gap || measure == .unrecognised
      var rule = AlertRule(
        name: (measure == .count ? "" : "\(of) ") + codes.joined(separator: ",")
          + (reason.isEmpty ? "" : " for \(reason.joined(separator: ","))")
          + (name ? "" : " by \(groups.map(\.rawValue).joined(separator: ","))"),
        codes: selection.codes)
      if [.age, .gap, .unrecognised].contains(measure) { rule.name = of }
      rule.measure = measure
      rule.section = section
      rule.by = groups
      rule.per = Int64(span)
      rule.minimumTried = minTried ?? 0
      rule.days = days ?? rule.days
      rule.remoteHost = selection.remoteHost
      rule.senderDomain = selection.senderDomain
      rule.reasons = try Reason.set(of: reason)
      if let problem = rule.problem { throw ValidationError(problem) }
      rule.warning = try threshold(warning, "--warning", measure)
      rule.critical = try threshold(critical, "--critical", measure)
      return rule
    }
  }

  private func threshold(
    _ word: String?, _ option: String, _ measure: AlertRule.Measure
  ) throws -> ThresholdRange? {
    guard let word else { return nil }
    guard let range = AlertRule.threshold(word, of: measure) else {
      throw ValidationError("\(option) \(word): use a range such as 20, 10:, ~:10, 10:20 or @10:20")
    }
    return range
  }

  /// The end of the window, in seconds since 1970.
  private var present: Int64 {
    get throws {
      guard let until else { return SystemClock.now }
      guard let moment = TimeWords(now: SystemClock.now).moment(until) else {
        throw ValidationError(
          "--until \(until): use 2026-11-22, \"2026-11-22 14:00\" or 2h ago as 2h")
      }
      return LogTime(microseconds: moment, utcOffset: 0).seconds
    }
  }

  /// Runs the check and ends the process, by the exit codes of a plugin.
  static func main(words: [String]) -> Never {
    let output: PluginOutput
    var isQuiet = false
    do {
      let command = try parse(words)
      Watchdog.start(seconds: command.timeout)
      output = try command.answer()
      isQuiet = command.isQuiet(output)
    } catch let error as Failure {
      output = PluginOutput(unknown: error.message)
    } catch let error as StateError {
      output = PluginOutput(unknown: error.description)
    } catch {
      let text = Self.fullMessage(for: error)
      // Help and version are asked for by people, who read more than one line.
      if Self.exitCode(for: error).isSuccess {
        print(text)
        Glibc.exit(ExitStatus.unknown.rawValue)
      }
      let first = text.split(separator: "\n").first.map(String.init) ?? text
      output = PluginOutput(
        unknown: first.hasPrefix("Error: ") ? String(first.dropFirst(7)) : first)
    }
    if !isQuiet {
      print(text(of: output), terminator: "")
      // What nobody has seen is no answer; who has closed the pipe has seen enough.
      if fflush(nil) != 0, errno != EPIPE {
        StandardError.write("standard output: \(unsafe String(cString: strerror(errno)))\n")
        _exit(ExitStatus.unknown.rawValue)
      }
    }
    Glibc.exit(Int32(output.status.rawValue))
  }

  private static func text(of output: PluginOutput) -> String {
    output.lines.map { TerminalText.clean($0) + "\n" }.joined()
  }

  /// Whether an output is no news.
  private func isQuiet(_ output: PluginOutput) -> Bool {
    quietOK && output.status == .ok && !output.hasProblems
  }

  /// What the standing of the command line's question is kept under: over other logs, of another window or with
  /// other filters it is another one.
  private func standing(_ rule: AlertRule, _ watched: WatchedLogs) -> String {
    var words = [rule.name]
    if let host = outcomes.remoteHost { words.append("at \(host)") }
    if let domain = outcomes.senderDomain { words.append("from \(domain)") }
    words += outcomes.origin
    words.append("in \(ThresholdRange.words(span: rule.per)) of")
    return (words + watched.paths.sorted()).joined(separator: " ")
  }

  /// The questions, and whom to tell.
  private func questions(_ config: SiteConfig, _ watched: WatchedLogs) throws -> [SiteConfig.Alert]
  {
    if isAdHoc {
      var rule = try rule
      rule.standing = standing(rule, watched)
      if rule.by.contains(.sender), config.addresses == .domain {
        throw Failure(
          status: .badConfig,
          message:
            "--by sender needs addresses = \"hash\" or \"full\" in [state] of the configuration")
      }
      if let problem = config.shortfall(of: rule) {
        throw Failure(status: .badConfig, message: problem)
      }
      return [SiteConfig.Alert(rule: rule)]
    }
    let chosen = config.alerts.filter { alert.isEmpty || alert.contains($0.rule.name) }
    if let stranger = alert.first(where: { name in !chosen.contains { $0.rule.name == name } }) {
      throw Failure(
        status: .badConfig, message: "the configuration has no alert called \(stranger)")
    }
    guard !chosen.isEmpty else {
      throw Failure(
        status: .usage,
        message: "give --warning or --critical, or [[alert]]s in \(SiteConfig.standardPath)")
    }
    return chosen
  }

  /// Reads what is new, keeps it, answers the questions, and tells whom they concern.
  private func answer() throws -> PluginOutput {
    let config = try config.load(under: reading)
    let watched = WatchedLogs(
      config, files: files, journal: journal, stale: stale.flatMap(StaleLimit.init))
    let questions = try questions(config, watched)
    guard !watched.logs.isEmpty else {
      throw Failure(
        status: .usage, message: "name a log file, or [[source]]s in \(SiteConfig.standardPath)")
    }
    let round = try CheckRound(
      questions: questions, watched: watched, config: config, reading: reading,
      mta: MTA.allCases.first { $0.word == mta })
    let store = try StateStore(directory: state.directory(config))
    var output = try round.run(in: store, until: present, keeps: !dryRun).output
    guard !dryRun else { return output }
    // Whatever becomes of those who are told: the answer is known.
    Watchdog.set(
      answer: isQuiet(output) ? "" : Self.text(of: output), status: Int32(output.status.rawValue))
    let patience = min(AlertTeller.patience, Watchdog.left / 2)
    do {
      let teller = AlertTeller(store)
      let deadline = monotonicMilliseconds() + patience
      for problem in try teller.tell(round.programs, until: deadline) {
        output.add(problem: problem)
      }
    } catch let error as StateError {
      output.add(problem: error.description)
    }
    return output
  }
}
