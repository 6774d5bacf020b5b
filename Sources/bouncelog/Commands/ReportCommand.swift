internal import ArgumentParser
internal import LogPatterns
internal import LogReading

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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many threads work (default: one for each processor, at most 4).", valueName: "n"))
  var threads = SystemClock.processors

  @Argument(help: "Log files; - is standard input.")
  var files: [String] = []

  mutating func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads must be 1 or more") }
    if files.isEmpty {
      guard !Environment.isInputTerminal else {
        throw ValidationError(
          "name a log file, or pipe a log in: bouncelog report /var/log/exim4/mainlog")
      }
      files = [LogSource.standardInput]
    }
  }

  func run() throws {
    let run = try Run(options: output, selectionOptions: selection, isStreaming: false)
    let paths = InputOrder.sorted(files, catalog: run.catalog, clock: run.clock)
    try run.read(paths, threads: threads)
    try run.finish()
  }
}
