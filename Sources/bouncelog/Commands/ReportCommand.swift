internal import Aggregation
internal import ArgumentParser
internal import Correlation
internal import LogPatterns
internal import LogReading
internal import Reporting
internal import SiteConfig
internal import State

/// `bouncelog report`: one report over some logs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    _superCommandName: Bouncelog.name,
    abstract: "Reports over log files, plain or compressed, given in any order.",
    discussion: """
      Reads every file once, in the order of the times inside, and writes one report. With no file \
      it reads what is piped in, or else the logs of the configuration or those that lie where logs usually \
      do; with - it reads standard input. Exim's rejectlog repeats lines of its main log: do not give both.

        bouncelog report /var/log/exim4/mainlog*
        zcat old.gz | bouncelog report --code 5xx --by recipient-domain,code
        bouncelog report --day yesterday -o report.json -o report.txt /var/log/exim4/mainlog*
      """,
    version: Bouncelog.version)

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var report: ReportOptions
  @OptionGroup var config: ConfigOptions

  @OptionGroup var logs: LogOptions

  func run() throws {
    let config = try config.load(under: output.reading)
    var output = output
    output.reading.edge = config.host
    if output.by.isEmpty { output.by = config.report.by }
    output.top = output.top ?? config.report.top
    var shape = try report.shape(selection, edge: config.host ?? SystemClock.hostName)
    if shape.envelope.to.isEmpty { shape.envelope.to = config.report.to }
    let run = try Run(
      options: output, selectionOptions: selection, isStreaming: false, shape: shape)
    if report.from == .state {
      try run.deliver(stateReport(config, run.selection, shape))
      return
    }
    // What is compared with lies before the period that is asked for.
    let since = shape.compared?.lowerBound ?? run.selection.since
    let order = try logs.order(
      config, catalog: run.catalog, clock: run.clock,
      period: since.map { ($0, run.selection.until) })
    try Output.refuse(
      output.outputs, among: logs.files + order.paths + order.copies.map(\.path))
    run.passedOver = order.passedOver
    run.note(copies: order.copies)
    try run.read(order.paths, threads: logs.threads)
    try run.finish()
  }

  private func stateReport(
    _ config: SiteConfig, _ selection: Selection, _ shape: ReportShape
  ) throws -> Report {
    guard logs.files.isEmpty else {
      throw ValidationError("--from state reads no files")
    }
    guard self.selection.wantedMTA == nil else {
      throw ValidationError("--from state has the counts of all MTAs together: leave out --mta")
    }
    let forms = output.outputs.map(output.format(of:)) + [output.format ?? .text]
    guard !forms.contains(.jsonl) else {
      throw ValidationError("--from state has counts, and no events for jsonl")
    }
    if try output.dimensions.contains(.sender), config.addresses == .domain {
      throw Failure(
        status: .badConfig,
        message:
          "--by sender needs addresses = \"hash\" or \"full\" in [state] of the configuration")
    }
    do {
      let store = try StateStore.reading(
        report.state ?? StateOptions.standardDirectory(config))
      let maker = StateReport(
        selection: selection, dimensions: try output.dimensions,
        edge: config.host ?? SystemClock.hostName)
      return try store.read { try maker.make(in: $0, compared: shape.compared) }
    } catch let error as StateError {
      throw Failure(error)
    }
  }
}
