internal import Aggregation
internal import Correlation
internal import LogPatterns
internal import MailTerms
internal import PatternFiles
internal import Reporting

/// One run from bytes to a report: lines, records, outcomes, tallies.
struct Pipeline: ~Copyable {
  private let catalog: PatternCatalog
  /// Parses what no other thread does.
  private var parser: RecordParser
  /// What was counted in the lines that are done.
  private var counts: RecordParser.Counts
  private var assembler: RecordAssembler
  private var batch = RecordBatch()
  private var correlator: Correlator
  private var tally: Tally
  /// Counts by time in place of the tally, for what is kept between runs.
  private var timed: TimedTally?

  init(
    catalog: PatternCatalog, clock: TimeReader, configuration: Correlator.Configuration,
    dimensions: [Dimension]
  ) {
    self.catalog = catalog
    parser = RecordParser(catalog: catalog, clock: clock)
    counts = parser.takeCounts()
    assembler = RecordAssembler(catalog: catalog, clock: clock)
    correlator = Correlator(configuration: configuration, catalog: catalog)
    tally = Tally(groupedBy: dimensions)
    timed = nil
  }

  /// Makes a pipeline that counts by time, as what is kept between runs needs it.
  ///
  /// - Parameter timed: takes the counts.
  init(
    catalog: PatternCatalog, clock: TimeReader, configuration: Correlator.Configuration,
    timed: TimedTally
  ) {
    self.init(catalog: catalog, clock: clock, configuration: configuration, dimensions: [])
    self.timed = timed
  }

  /// The moment from which missing years are worked out; it changes with each file.
  mutating func setReference(_ seconds: Int64) {
    parser.setReference(seconds)
    assembler.setReference(seconds)
  }

  /// Takes a block of whole lines.
  mutating func receive(_ block: Span<UInt8>) {
    var next = 0
    while next < block.count {
      batch.removeAll()
      parser.parse(block, from: &next, into: &batch)
      correlator.receive(batch, of: block, through: &assembler)
      drain()
    }
  }

  /// Ends the log: lines and messages that are still incomplete are counted as they are.
  mutating func finish() {
    batch.removeAll()
    parser.parseRest(into: &batch)
    let nothing: [UInt8] = []
    correlator.receive(batch, of: nothing.span, through: &assembler)
    correlator.finish(&assembler)
    counts.add(parser.takeCounts())
    drain()
  }

  /// Takes a block that a crew has parsed; they come in the log's order.
  mutating func receive(_ parsed: ParsedBlock) {
    assembler.setReference(parsed.reference)
    if parsed.hasParts || parser.isInsideEntry {
      // An entry of several lines can begin in one block and end in another.
      parser.setReference(parsed.reference)
      receive(parsed.lines)
      counts.add(parser.takeCounts())
    } else {
      correlator.receive(parsed.batch, of: parsed.lines, through: &assembler)
      counts.add(parsed.counts)
      drain()
    }
  }

  private mutating func drain() {
    if timed != nil {
      for index in 0..<correlator.outcomes.count {
        let outcome = correlator.outcomes[index]
        timed?.add(outcome)
      }
    } else {
      for index in 0..<correlator.outcomes.count { tally.add(correlator.outcomes[index]) }
    }
    correlator.outcomes.removeAll()
  }

  /// Whether there are events to take.
  var hasEvents: Bool { !correlator.events.isEmpty }

  /// The events since they were last taken.
  mutating func takeEvents() -> [MailEvent] {
    if correlator.events.isEmpty { return [] }
    defer { correlator.events.removeAll(keepingCapacity: true) }
    return correlator.events
  }

  /// How many lines are done.
  var linesSoFar: Int { counts.lines + parser.linesSoFar }

  /// What was read, as far as the pipeline knows it.
  var input: Report.Input {
    var input = Report.Input()
    input.lines = counts.lines
    input.unrecognised = counts.unrecognised
    input.cut = counts.cut
    input.lost = assembler.lost
    input.examples = counts.examples.map { String(decoding: $0, as: UTF8.self) }
    input.evicted = correlator.evicted
    for (number, entry) in catalog.entries.enumerated() {
      let count = counts.limits[number] + assembler.limits[number]
      if count > 0 { input.limits.append((pattern: entry.step.name, count: count)) }
    }
    input.first = counts.first
    input.last = counts.last
    return input
  }

  /// The report of all that was read so far.
  func report(
    input: Report.Input, codes: [String], dimensions: [Dimension], edge: String,
    selection: Selection
  ) -> Report {
    var totals = Report.Totals()
    totals.messages = correlator.messages
    totals.tried = tally.tried
    totals.delivered = tally.delivered
    totals.deferred = tally.deferred
    totals.failed = tally.failed
    totals.rejected = tally.rejected
    totals.inProgress = correlator.openMessages
    var report = Report(
      of: tally, names: correlator.names, dimensions: dimensions, edge: edge, codes: codes,
      input: input, totals: totals, generatedAt: SystemClock.logTime)
    if let since = selection.since { report.from = LogTime.local(since) }
    if let until = selection.until { report.to = LogTime.local(until) }
    if let from = report.from, let to = report.to, to < from { report.from = to }
    return report
  }
}

/// What a run needs that goes on where another one ended.
extension Pipeline {
  /// Takes in what is known of open messages.
  mutating func restore(_ snapshot: [UInt8]) throws(SnapshotReader.Damaged) {
    try correlator.restore(snapshot)
  }

  /// Reads lines again that an earlier run counted: those to come may go on from them or repeat them.
  mutating func prime(_ lines: [UInt8]) {
    counts.add(parser.takeCounts())
    var next = 0
    while next < lines.count {
      batch.removeAll()
      parser.parse(lines.span, from: &next, into: &batch)
      assembler.prime(with: batch, lines.span)
    }
    _ = parser.takeCounts()
  }

  /// Ends a run of which another one will go on: what has waited for its sender for long is counted.
  ///
  /// - Parameter patience: how many seconds of log time are long; nil for a log to which nothing comes.
  mutating func pause(patience: Int64?) {
    counts.add(parser.takeCounts())
    correlator.settleOverdue(patience: patience)
    drain()
  }

  /// The time of the newest line, in microseconds since 1970; nil while none had a time.
  var lastTime: Int64? { [counts.last, parser.counts.last].compactMap { $0?.microseconds }.max() }

  /// How many messages have begun and not ended.
  var openMessages: Int { correlator.openMessages }

  /// What is known of open messages now.
  mutating func snapshot() -> [UInt8] { correlator.snapshot() }

  /// How many counts by time have come together.
  var timedSize: Int { timed?.size ?? 0 }

  /// Gives what was counted by time to someone who keeps it, with the names behind its numbers.
  mutating func handOver(_ body: (TimedTally, borrowing NameTable) throws -> Void) rethrows {
    guard let timed else { return }
    try body(timed, correlator.names)
    self.timed?.removeAll()
  }

  /// What was counted in the lines that are done.
  var lineCounts: RecordParser.Counts { counts }
}

extension LogTime {
  /// A moment on the process's own clock.
  static func local(_ microseconds: Int64) -> LogTime {
    let seconds = LogTime(microseconds: microseconds, utcOffset: 0).seconds
    return LogTime(microseconds: microseconds, utcOffset: SystemClock.utcOffset(at: seconds))
  }
}
