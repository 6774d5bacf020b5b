internal import ArgumentParser
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import Reporting
internal import SiteConfig
internal import Tracing

/// `bouncelog trace`: the whole story of one message.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    _superCommandName: Bouncelog.name,
    abstract: "Tells one message's whole story, with its bounce and its hops.",
    discussion: """
      Finds a message by its id, the id of its bounce, a sender or recipient, a client or remote host, its \
      Message-ID header, or the id that another server gave it. Only the fields of the log's lines count: the \
      same words in a subject, a HELO name or a reply are no hit. Of several messages it gives a list to choose \
      from, the newest last.

        bouncelog trace 1TRS1q-0002fq-S4 /var/log/exim4/mainlog*
        bouncelog trace bob@recipient.example --day yesterday /var/log/mail.log*
        bouncelog trace --raw 4cnPbh0Gz5zB3Q8 /var/log/mail.log* | less

      Files may be compressed, and come in any order. Without one it reads those of the configuration's \
      sources, the rotated ones too; - is standard input. --raw gives the lines as exigrep does. Exit code 1: nothing was found.
      """,
    version: Bouncelog.version)

  /// The forms of a trace.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var outcomes: OutcomeOptions
  @OptionGroup var period: PeriodOptions

  @Option(name: [.customShort("f"), .long], help: "text or json.")
  var format: Format = .text

  @Flag(
    name: .long,
    help: "The lines as logged, each message's together, with a blank line behind each message.")
  var raw = false

  @Flag(
    name: .customLong("all-hops"),
    help: "Follow the message also by the ids that other servers gave it, into their logs.")
  var allHops = false

  @Option(
    name: .long, help: ArgumentHelp("The most messages that are listed.", valueName: "n"))
  var top = 20

  @Option(name: .long, help: "auto, always or never; NO_COLOR is honoured.")
  var color: ColourChoice = .auto

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var config: ConfigOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many threads work, up to \(LogOptions.mostThreads) (default: one for each processor, at most 4).",
      valueName: "n"))
  var threads = SystemClock.processors

  @Flag(name: .shortAndLong, help: "Show the lines as logged below each message.")
  var verbose = false

  @Argument(
    help: ArgumentHelp(
      "A message's id, an address, a host, or a Message-ID header.",
      valueName: "id|address|host|message-id"))
  var query: String

  @Argument(help: "Log files; - is standard input.", completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    guard TraceQuery(query) != nil else {
      throw ValidationError("\"\(query.prefix(80))\" is no id, address, host or Message-ID")
    }
    guard top > 0 else { throw ValidationError("--top must be 1 or more") }
    try LogOptions.check(threads: threads)
    if raw, !outcomes.isEmpty {
      throw ValidationError("--raw gives all lines: it goes with no choice of outcomes")
    }
    if raw, format == .json { throw ValidationError("--raw and --format json exclude each other") }
  }

  func run() throws {
    guard let query = TraceQuery(query) else { throw ExitCode(ExitStatus.usage.rawValue) }
    let (logs, site) = try logs()
    let catalog = try PatternCatalog.of(
      reading.patterns, mta: period.wantedMTA ?? site?.commonMTA)
    let clock = TimeReader(reference: SystemClock.now, fixedYear: reading.year)
    var status = ExitStatus.done
    func note(_ error: ReadError) {
      StandardError.write("bouncelog: \(error)\n")
      status = .noInput
    }
    var paths: [String] = []
    for log in logs {
      guard Spool.isNeeded(for: log) else {
        paths.append(log)
        continue
      }
      let spool = try Spool(of: log)
      paths.append(spool.path)
      if let error = spool.failure { note(error) }
    }
    paths = InputOrder(paths, catalog: catalog, clock: clock).paths
    let options = try options
    let findings = TraceSearch(
      query, in: paths, catalog: catalog, clock: clock, options: options
    ).run()
    for error in findings.errors { note(error) }
    guard !findings.lines.isEmpty else {
      tellNothingFound(findings)
      if status == .done { status = isNoMailLog(findings) ? .badData : .no }
      throw ExitCode(status.rawValue)
    }
    let isChosen = try write(query, findings, options, site, catalog, clock)
    if !isChosen, status == .done { status = .no }
    if findings.droppedLines > 0 {
      StandardError.write(
        "bouncelog: \(findings.droppedLines) lines more were found than are kept; --since and --until choose a period\n"
      )
    }
    if findings.droppedLinks > 0 {
      StandardError.write("bouncelog: more messages belong to these than are followed\n")
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// The logs to search, and the configuration if they are its sources.
  private func logs() throws -> ([String], SiteConfig?) {
    if !files.isEmpty { return (files, nil) }
    let site = try config.load(under: reading)
    let logs = site.files.flatMap { log in
      let files = RotatedLogs.files(of: log).map(\.path)
      return files.isEmpty ? [log] : files
    }
    guard !logs.isEmpty else {
      throw ValidationError(
        "name a log file, or a [[source]] in the configuration: bouncelog trace \(query) /var/log/exim4/mainlog*"
      )
    }
    return (logs, site)
  }

  /// Of how many messages those are chosen that have some outcome.
  private static let mostChosenFrom = 10_000

  private var options: TraceSearch.Options {
    get throws {
      var options = TraceSearch.Options()
      (options.since, options.until) = try period.period(now: SystemClock.now)
      // Which messages have a chosen outcome is known only when they are put together.
      options.top = raw ? nil : outcomes.isEmpty ? top : Self.mostChosenFrom
      // What exigrep selects is what holds the words itself.
      options.followsLinks = !raw || allHops
      options.followsHops = allHops
      options.keepsCommands = raw
      options.threads = threads
      return options
    }
  }

  /// Writes what was found; false if none of it has an outcome that is chosen.
  private func write(
    _ query: TraceQuery, _ findings: TraceSearch.Findings, _ options: TraceSearch.Options,
    _ site: SiteConfig?, _ catalog: PatternCatalog, _ clock: TimeReader
  ) throws -> Bool {
    var output = Output.standard
    if raw {
      var transcript = Transcript(catalog: catalog, clock: clock)
      for part in transcript.parts(findings) {
        if !part.isComplete {
          try output.append("+++ \(part.id ?? "") has not completed +++\n".utf8)
        }
        for line in part.lines { try output.append(safe(line, output) + [10]) }
        try output.append([10])
      }
      try output.flush()
      return true
    }
    var builder = StoryBuilder(
      query, findings, options: options, edge: reading.edge ?? site?.host ?? SystemClock.hostName,
      catalog: catalog, clock: clock)
    var stories = builder.stories()
    var total = findings.hitCount ?? stories.count
    if !outcomes.isEmpty {
      let selection = try outcomes.selection(code: "all")
      stories = stories.filter { $0.hasOutcome(in: selection) }
      total = stories.count
      guard total > 0 else {
        StandardError.write(
          "bouncelog: something about \(self.query), but no outcome that is asked for\n")
        return false
      }
    }
    switch format {
    case .json:
      try output.append(
        JSONRenderer.render(
          stories.suffix(top), of: total, query: query, findings, withLines: verbose))
    case .text:
      let style = TextStyle(
        columns: output.terminalColumns ?? 100, hasColour: color.applies(to: output), top: top)
      let renderer = TraceRenderer(style: style, showsLines: verbose)
      if stories.count == 1, let story = stories.first {
        try output.append(renderer.render(story, lines: findings.lines).utf8)
      } else {
        try output.append(
          renderer.render(
            list: stories, total: total, isRough: findings.isHitCountRough
          ).utf8)
      }
    }
    try output.flush()
    return true
  }

  /// A line as logged; on a terminal without what could command it.
  private func safe(_ line: [UInt8], _ output: Output) -> [UInt8] {
    guard output.isTerminal else { return line }
    return Array(TerminalText.clean(String(decoding: line, as: UTF8.self)).utf8)
  }

  /// Whether lines were searched, and none has the time that each line of a mail log has.
  private func isNoMailLog(_ findings: TraceSearch.Findings) -> Bool {
    findings.searchedLines > 0 && !findings.hasTimes
  }

  private func tellNothingFound(_ findings: TraceSearch.Findings) {
    var text = "bouncelog: nothing about \(query) in \(findings.files) "
    text += findings.files == 1 ? "file" : "files"
    text += ", \(findings.searchedLines) lines"
    if let first = findings.first, let last = findings.last {
      text += ", \(first.display) to \(last.display)"
    } else if isNoMailLog(findings) {
      text += ", none of which looks like a mail log's"
    }
    StandardError.write(text + "\n")
  }
}
