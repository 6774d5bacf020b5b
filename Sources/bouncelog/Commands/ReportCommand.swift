internal import ArgumentParser
internal import Correlation
internal import Glibc
internal import LogPatterns
internal import LogReading
internal import SiteConfig

/// `bouncelog report`: one report over some logs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    _superCommandName: Bouncelog.name,
    abstract: "Reports over log files, plain or compressed, given in any order.",
    discussion: """
      Reads every file once, in the order of the times inside, and writes one report. With no file, \
      or with -, it reads standard input.

        bouncelog report /var/log/exim4/mainlog*
        zcat old.gz | bouncelog report --code 5xx --by recipient-domain,code
        bouncelog report --day yesterday -o report.json -o report.txt /var/log/exim4/mainlog*
      """,
    version: Bouncelog.version)

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var report: ReportOptions
  @OptionGroup var config: ConfigOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many threads work (default: one for each processor, at most 4).", valueName: "n"))
  var threads = SystemClock.processors

  @Argument(help: "Log files; - is standard input.")
  var files: [String] = []

  mutating func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads must be 1 or more") }
  }

  func run() throws {
    let config = try config.load()
    var output = output
    if output.reading.edge == nil { output.reading.edge = config.host }
    let edge = output.reading.edge ?? SystemClock.hostName
    let shape = try report.shape(selection, edge: edge)
    let run = try Run(
      options: output, selectionOptions: selection, isStreaming: false, shape: shape)
    let logs = try logs(config, hasPeriod: run.selection.since != nil)
    var period: (since: Int64, until: Int64?)?
    if !report.noRotated, let since = shape.compared?.lowerBound ?? run.selection.since {
      period = (since, run.selection.until)
    }
    let order = InputOrder(logs, catalog: run.catalog, clock: run.clock, period: period)
    run.passedOver = order.passedOver
    try run.read(order.paths, threads: threads)
    try run.finish()
  }

  /// The logs to read.
  ///
  /// They are those that are named, what comes from standard input, or else, for a period, those of the
  /// configuration or of the places where they usually lie: a job of cron has an empty input.
  private func logs(_ config: SiteConfig, hasPeriod: Bool) throws -> [String] {
    if !files.isEmpty { return files }
    if hasPeriod, !Environment.hasInput {
      if !config.files.isEmpty { return config.files }
      let usual = SiteConfig.usualLogs.filter { unsafe access($0, R_OK) == 0 }
      if !usual.isEmpty { return usual }
    } else if !Environment.isInputTerminal {
      return [LogSource.standardInput]
    }
    throw ValidationError(
      "name a log file, or pipe a log in: bouncelog report /var/log/exim4/mainlog")
  }
}
