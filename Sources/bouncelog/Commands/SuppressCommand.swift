internal import Aggregation
internal import ArgumentParser
internal import Correlation
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import Reporting
internal import ReplyReasons
internal import SiteConfig

/// `bouncelog suppress`: the recipients to whom nothing should be sent any more.
struct SuppressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suppress",
    _superCommandName: Bouncelog.name,
    abstract: "Lists recipients that fail hard, for list owners and mailing platforms.",
    discussion: """
      A recipient is on the list when its mail failed for a reason that no other try mends, and none was \
      delivered to it later. Of an alias it is enough that the mail reached one of its addresses. Deferred \
      mail, failures for who sends or what is sent, whatever a server refused before a recipient was named (at MAIL \
      FROM or earlier), and mail without a sender do not count. Addresses are the same in any case. An address that a \
      server names in its place is that server's claim.

        bouncelog suppress --since 30d --min 2 /var/log/exim4/mainlog
        bouncelog suppress --reason user-unknown,user-moved -f addresses /var/log/mail.log*
      """,
    version: Bouncelog.version)

  /// The forms of the list.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, csv, jsonl, addresses
  }

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The reasons that count (default: all whose failures are hard). Repeatable.",
      valueName: "reason,..."))
  var reason: [String] = []

  @Option(
    name: .customLong("min"),
    help: ArgumentHelp("Only recipients with at least so many failed messages.", valueName: "n"))
  var minimum = 1

  @Option(
    name: .long, help: ArgumentHelp("Only mail of sender domains that match.", valueName: "glob"))
  var senderDomain: String?

  @Option(name: [.customShort("f"), .long], help: "text, csv, jsonl, or addresses alone.")
  var format: Format = .text

  @OptionGroup var period: PeriodOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var config: ConfigOptions
  @OptionGroup var logs: LogOptions

  mutating func validate() throws {
    guard minimum > 0 else { throw ValidationError("--min must be 1 or more") }
    _ = try Reason.set(of: reason)
  }

  func run() throws {
    let site = try config.load(under: reading)
    let (since, until) = try period.period(now: SystemClock.now)
    let catalog = try PatternCatalog.of(reading.patterns, mta: period.wantedMTA)
    let clock = TimeReader(reference: SystemClock.now, fixedYear: reading.year)
    let order = try logs.order(
      site, catalog: catalog, clock: clock, period: since.map { ($0, until) })
    var configuration = Correlator.Configuration(
      selection: Selection(codes: .everything, since: since, until: until),
      edge: site.host ?? SystemClock.hostName)
    configuration.events = [.failed, .delivered]
    configuration.replies = try ReplyCatalog.of(reading.patterns)
    var pipeline = Pipeline(
      catalog: catalog, clock: clock, configuration: configuration, dimensions: [])
    var list = SuppressionList(
      reasons: try Reason.set(of: reason), senderDomain: senderDomain.map(Glob.init))
    var status = ExitStatus.done
    var isRead = false
    var progress = Progress(order.paths)
    try pipeline.read(
      LogFeed(order.paths, threads: logs.threads), threads: logs.threads, clock: clock,
      progress: &progress
    ) { pipeline, news in
      for news in news {
        switch news {
        case .begun: isRead = true
        case .warning(let text): StandardError.write("bouncelog: \(text)\n")
        case .unreadable(let error):
          StandardError.write("bouncelog: \(error)\n")
          status = .noInput
        }
      }
      for event in pipeline.takeEvents() { list.add(event) }
    }
    pipeline.finish()
    for event in pipeline.takeEvents() { list.add(event) }
    let input = pipeline.input
    if input.lines > 0, input.first == nil, list.isEmpty {
      throw Failure(status: .badData, message: "no line looks like a mail log's")
    }
    if isRead { try write(list.entries(failedAtLeast: minimum)) }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  private func write(_ entries: [SuppressionList.Entry]) throws {
    var output = Output.standard
    switch format {
    case .text:
      let style = TextStyle(
        columns: output.terminalColumns ?? 200,
        hasColour: output.isTerminal && Environment.allowsColour)
      try output.append(SuppressionRenderer.text(entries, style: style).utf8)
    case .csv: try output.append(SuppressionRenderer.csv(entries).utf8)
    case .jsonl: try output.append(SuppressionRenderer.jsonLines(entries))
    case .addresses: try output.append(SuppressionRenderer.addresses(entries).utf8)
    }
    try output.flush()
  }
}
