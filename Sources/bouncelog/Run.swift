internal import Aggregation
internal import ArgumentParser
internal import Correlation
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import PatternFiles
internal import ReplyReasons
internal import Reporting

/// What `report` and `follow` share: the pipeline, the inputs that failed, and the writing at the end.
final class Run {
  let options: OutputOptions
  let selection: Selection
  private let shape: ReportShape
  let format: OutputFormat
  let catalog: PatternCatalog
  let clock: TimeReader
  var pipeline: Pipeline
  private var output = Output.standard
  /// Where events go: to standard output as they come, or together into files at the end.
  private let streamsEvents: Bool
  private let keepsEvents: Bool
  private var eventLines: [UInt8] = []
  private(set) var files: [String] = []
  /// Whether some of their lines come twice, which has been told.
  private var hasCopies = false
  /// Logs that are not there yet.
  private(set) var missing: [String] = []
  /// Files that were there and cannot matter.
  var passedOver = 0
  var bytes = 0
  private(set) var status = ExitStatus.done
  private let eventText: EventTextRenderer
  /// The templates of the page and the mail, read before the logs; nil where neither is asked for.
  private let templates: PageTemplates?

  /// - Parameter isStreaming: events go out as their lines are read, on standard output.
  init(
    options: OutputOptions, selectionOptions: SelectionOptions, isStreaming: Bool,
    shape: ReportShape = ReportShape()
  ) throws {
    // Everything that can fail comes first: a value without copies is made whole or not at all.
    let selection = try selectionOptions.selection(now: SystemClock.now)
    let catalog = try PatternCatalog.of(options.reading.patterns, mta: selectionOptions.wantedMTA)
    let dimensions = try options.dimensions
    let eventKinds = try options.eventKinds
    do {
      templates = try options.pageTemplates
    } catch {
      throw Failure(status: .badData, message: "\(error)")
    }
    self.options = options
    self.selection = selection
    self.catalog = catalog
    self.shape = shape
    format = options.format ?? .text
    clock = TimeReader(reference: SystemClock.now, fixedYear: options.reading.year)
    streamsEvents = isStreaming || (format == .jsonl && options.outputs.isEmpty)
    keepsEvents = options.outputs.contains { options.format(of: $0) == .jsonl }
    var configuration = Correlator.Configuration(
      selection: selection, edge: options.reading.edge ?? SystemClock.hostName)
    if streamsEvents || keepsEvents {
      configuration.events = eventKinds
      configuration.showsEveryCode = options.showsEveryCode
      configuration.showsEveryDelivery = options.showsEveryDelivery(selectionOptions.outcomes)
    }
    configuration.isStreaming = isStreaming
    configuration.replies = try ReplyCatalog.of(options.reading.patterns)
    configuration.needsSender = dimensions.contains(.sender)
    eventText = EventTextRenderer(style: Self.style(options, output))
    pipeline = Pipeline(
      catalog: catalog, clock: clock, configuration: configuration, dimensions: dimensions,
      compared: shape.compared)
  }

  static func style(_ options: OutputOptions, _ output: Output) -> TextStyle {
    // Cron mails what is printed, and 78 columns are what a mail can be relied on to show (RFC 5322 2.1.1).
    let columns = min(120, max(40, output.terminalColumns ?? 78))
    return TextStyle(
      columns: columns, hasColour: options.color.applies(to: output), top: options.rows,
      isQuiet: options.quiet)
  }

  /// Notes that an input is read from here on.
  func begin(_ path: String) {
    files.append(path)
    missing.removeAll { $0 == path }
    if options.verbose { StandardError.write("bouncelog: reading \(path)\n") }
    warnOfCopies()
  }

  /// Says when Exim's rejectlog is read beside another log: what Exim refuses stands in both, and nothing in a
  /// line tells a copy from a refusal of the same second.
  private func warnOfCopies() {
    guard !hasCopies, !options.quiet, let rejectLog = files.first(where: Self.isRejectLog),
      files.contains(where: { !Self.isRejectLog($0) })
    else { return }
    hasCopies = true
    StandardError.write(
      "bouncelog: \(rejectLog) repeats lines of the main log: refusals and callouts count twice\n")
  }

  private static func isRejectLog(_ path: String) -> Bool {
    path.split(separator: "/").last?.hasPrefix("rejectlog") ?? false
  }

  /// Notes files that are not read since others have the same lines.
  func note(copies: [InputOrder.Copy]) {
    guard options.verbose else { return }
    for copy in copies {
      StandardError.write("bouncelog: leaving out \(copy.path), a copy of \(copy.original)\n")
    }
  }

  /// Says on standard error what is wrong with one input; the run goes on and ends with 66.
  func noteUnreadable(_ error: ReadError) {
    StandardError.write("bouncelog: \(error)\n")
    status = .noInput
  }

  /// Says on standard error that a log is not there yet; the run ends with 66 if it does not come.
  func noteMissing(_ path: String) {
    StandardError.write("bouncelog: \(ReadError.missing(path))\n")
    missing.append(path)
  }

  /// Reads logs to their end.
  func read(_ paths: [String], threads: Int) throws {
    let feed = LogFeed(paths, threads: threads)
    var progress = Progress(paths)
    try pipeline.read(feed, threads: threads, clock: clock, progress: &progress) {
      (pipeline, news) throws(Failure) in
      for news in news {
        switch news {
        case .begun(let path): begin(path)
        case .unreadable(let error): noteUnreadable(error)
        case .warning(let text): StandardError.write("bouncelog: \(text)\n")
        }
      }
      if pipeline.hasEvents { try write(pipeline.takeEvents()) }
    }
    bytes = feed.bytes
  }

  /// Writes the events that are ready; `now` sends them out at once.
  func writeEvents(now: Bool) throws(Failure) {
    try write(pipeline.takeEvents())
    if now { try output.flush() }
  }

  private func write(_ events: [MailEvent]) throws(Failure) {
    for event in events {
      if keepsEvents { eventLines += JSONRenderer.render(event) }
      guard streamsEvents else { continue }
      try output.append(
        format == .jsonl ? JSONRenderer.render(event) : Array(eventText.render(event).utf8))
    }
  }

  /// Ends the log, writes the report to standard output or to the files that were asked for.
  func finish() throws {
    if !missing.isEmpty { status = .noInput }
    if files.isEmpty, status != .done { throw ExitCode(status.rawValue) }
    pipeline.finish()
    try writeEvents(now: false)
    var input = pipeline.input
    input.files = files
    input.bytes = bytes
    input.passedOver = passedOver
    let report = pipeline.report(input: input, selection: selection)
    try deliver(report)
    try warnOfUselessInput(input)
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Writes a report to standard output or to the files that were asked for, if it is wanted.
  func deliver(_ report: Report) throws {
    var report = report
    // The tables are large, and a change would copy them.
    let isWanted = shape.condition?.holds(for: report) ?? true
    if shape.minimumTried > 0 { report.leaveOut(triedBelow: shape.minimumTried) }
    if isWanted { try write(report) }
    try output.flush()
  }

  private func write(_ report: Report) throws {
    // One that cannot be written keeps none of the others from being.
    var failure: Failure?
    for path in options.outputs {
      do throws(Failure) {
        let wanted = options.format(of: path)
        try Output.replace(path) { (output) throws(Failure) in
          if wanted == .jsonl {
            try output.append(eventLines)
          } else {
            try write(report, as: wanted, nil, to: &output)
          }
        }
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    if options.outputs.isEmpty, format != .jsonl {
      try write(report, as: format, Self.style(options, output), to: &output)
    }
    warnOfDoubts(report.input)
  }

  /// Says what makes the figures less than sure, where nothing that is written has room for it.
  private func warnOfDoubts(_ input: Report.Input) {
    let formats = options.outputs.isEmpty ? [format] : options.outputs.map(options.format(of:))
    guard !options.quiet, formats.allSatisfy({ $0 == .csv || $0 == .jsonl }) else { return }
    var doubts = input.warnings
    if input.unrecognised > 0 {
      doubts.insert("\(input.unrecognised) of \(input.lines) lines not recognised", at: 0)
    }
    if !doubts.isEmpty { StandardError.write("bouncelog: \(doubts.joined(separator: "; "))\n") }
  }

  private func write(
    _ report: Report, as format: OutputFormat, _ style: TextStyle?, to output: inout Output
  ) throws(Failure) {
    switch format {
    case .json, .jsonl:
      try write(to: &output) { take in JSONRenderer.render(report) { take($0) } }
    case .csv:
      try write(to: &output) { take in CSVRenderer.render(report) { take(Array($0.utf8)) } }
    case .html, .mail: try output.append(page(report, as: format).utf8)
    case .markdown:
      var renderer = MarkdownRenderer(top: options.rows)
      try output.append(renderer.render(report).utf8)
    case .prometheus:
      try output.append(PrometheusRenderer.render(report, top: options.rows).utf8)
    case .text:
      let plain = TextStyle(
        columns: 78, hasColour: options.color == .always, top: options.rows, isQuiet: options.quiet)
      var renderer = TextRenderer(style: style ?? plain)
      try output.append(renderer.render(report).utf8)
    }
  }

  private func page(_ report: Report, as format: OutputFormat) throws(Failure) -> String {
    guard let templates else { return "" }
    let page = PageRenderer(
      templates: templates, top: options.rows, utcOffset: SystemClock.utcOffset)
    do throws(PatternFileError) {
      if format == .html { return try page.render(report) }
      let mail = MailRenderer(page: page, envelope: shape.envelope, isQuiet: options.quiet)
      return try mail.render(report)
    } catch {
      throw Failure(status: .badData, message: "\(error)")
    }
  }

  /// Writes what comes in pieces, up to the first that cannot be written.
  private func write(
    to output: inout Output, _ render: ((([UInt8]) -> Void)) -> Void
  ) throws(Failure) {
    var outcome = Result<Void, Failure>.success(())
    render { piece in
      guard case .success = outcome else { return }
      outcome = Result { () throws(Failure) in try output.append(piece) }
    }
    try outcome.get()
  }

  /// A log in which nothing was recognised is most likely no log of ours.
  private func warnOfUselessInput(_ input: Report.Input) throws {
    guard input.lines > 0, !pipeline.showsMail else { return }
    let example = input.examples.first.map { ": \"\(TerminalText.clean($0).prefix(100))\"" } ?? ""
    throw Failure(
      status: .badData,
      message: "no line of \(files.joined(separator: ", ")) looks like a mail log\(example)")
  }
}

extension PatternCatalog {
  /// The built-in patterns with the site's and the user's on top.
  static func of(
    _ folders: [String], mta: MTA? = nil, withProofs: Bool = false
  ) throws -> PatternCatalog {
    do {
      let site = PatternFolders.exists(PatternFolders.site) ? [PatternFolders.site] : []
      let catalog = try PatternCatalog(
        files: PatternFolders.files(
          overlaidBy: site + folders, mta: mta, withProofs: withProofs))
      // A rule that nothing reaches is a mistake; better told at once than found in a wrong report.
      var check = SampleCheck(catalog: catalog, clock: TimeReader(reference: SystemClock.now))
      check.run(onlyUsers: true)
      if let first = check.unreached.first, !withProofs { throw first }
      return catalog
    } catch {
      throw Failure(status: .badData, message: "\(error)")
    }
  }
}
