internal import ArgumentParser
internal import Glibc
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import SiteConfig

/// Which logs a command reads once.
struct LogOptions: ParsableArguments {
  /// More are of no use on any machine.
  static let mostThreads = 64

  @Flag(
    name: .customLong("no-rotated"),
    help: "Read only the files that are named, not what rotation made of them before.")
  var noRotated = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      How many threads parse and count, up to \(mostThreads); with more than one, reading has one besides (default: \
      one for each processor, at most 4).
      """,
      valueName: "n"))
  var threads = SystemClock.processors

  @Argument(help: "Log files; - is standard input.", completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    try Self.check(threads: threads)
  }

  /// Makes sure that a number of threads can be had.
  static func check(threads: Int) throws {
    guard (1...mostThreads).contains(threads) else {
      throw ValidationError("--threads must be from 1 to \(mostThreads)")
    }
  }

  /// The files to read, in their order.
  ///
  /// - Parameter period: what is asked for, in microseconds since 1970; nil for all that is there.
  func order(
    _ config: SiteConfig, catalog: PatternCatalog, clock: TimeReader,
    period: (since: Int64, until: Int64?)?
  ) throws -> InputOrder {
    let named = try named(config, hasPeriod: period != nil)
    return InputOrder(
      named, catalog: catalog, clock: clock, period: noRotated ? nil : period)
  }

  /// The logs to read, by their own names.
  ///
  /// They are those that are named, what comes from standard input, or else those of the configuration or
  /// of the places where they usually lie. For a period that is so with an empty input too, which a job of
  /// cron has; otherwise an empty input is one in which nothing was found.
  private func named(_ config: SiteConfig, hasPeriod: Bool) throws -> [String] {
    if !files.isEmpty { return files }
    if hasPeriod ? !Environment.hasInput : Environment.isInputDevice {
      if !config.files.isEmpty { return config.files }
      // One that may not be read is told, not passed over.
      let usual = SiteConfig.usualLogs.filter { unsafe access($0, F_OK) == 0 }
      if !usual.isEmpty { return usual }
    }
    if !Environment.isInputTerminal { return [LogSource.standardInput] }
    throw ValidationError(
      "name a log file, or pipe a log in, as in: bouncelog report /var/log/exim4/mainlog")
  }
}
