internal import Aggregation
internal import Correlation
internal import LogPatterns
internal import MailTerms
internal import PatternFiles
internal import Reporting

/// One run from bytes to a report: lines, records, outcomes, tallies.
struct Pipeline: ~Copyable {
  let catalog: PatternCatalog
  /// Parses what no other thread does.
  private var parser: RecordParser
  /// What was counted in the lines that are done.
  private var counts: RecordParser.Counts
  private var batch = RecordBatch()
  private var main: Branch
  /// The period before, if this one is compared with it.
  private var previous: Branch?
  /// Counts by time in place of the tally, for what is kept between runs.
  private var timed: TimedTally?
  /// The minute since 1970 of the last line that has a time, and how many lines were counted by the minute.
  private var minute: Int64?
  private var minuteStart = Int64.max
  private var linesByMinute = 0
  private var lostByMinute = 0
  /// Whether a line came to an outcome, and how many messages an earlier run had seen.
  private var hasOutcomes = false
  private var messagesBefore = 0

  /// Makes a pipeline.
  ///
  /// - Parameter compared: the period to compare with, in microseconds since 1970.
  init(
    catalog: PatternCatalog, clock: TimeReader, configuration: Correlator.Configuration,
    dimensions: [Dimension], compared: Range<Int64>? = nil
  ) {
    self.catalog = catalog
    parser = RecordParser(catalog: catalog, clock: clock)
    counts = parser.takeCounts()
    var configuration = configuration
    configuration.notesEarlier = compared != nil
    main = Branch(
      catalog: catalog, clock: clock, configuration: configuration, dimensions: dimensions)
    if let compared {
      var before = configuration
      before.selection.since = compared.lowerBound
      before.selection.until = compared.upperBound
      before.events = []
      before.notesEarlier = false
      previous = Branch(
        catalog: catalog, clock: clock, configuration: before, dimensions: dimensions)
    }
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
    setAssemblers(seconds)
  }

  private mutating func setAssemblers(_ reference: Int64) {
    main.assembler.setReference(reference)
    previous?.assembler.setReference(reference)
  }

  /// Takes a block of whole lines.
  mutating func receive(_ block: Span<UInt8>) {
    var next = 0
    while next < block.count {
      batch.removeAll()
      parser.parse(block, from: &next, into: &batch)
      if timed != nil { countLines() }
      main.receive(&batch, of: block)
      previous?.receive(&batch, of: block)
      drain()
    }
  }

  /// Counts the lines of a batch by their minutes; one without a time, or without a record since it says
  /// nothing, is of the minute of another one near it.
  private mutating func countLines() {
    var lines = 0
    var unrecognised = 0
    for index in 0..<batch.records.count {
      let time = batch.records[index].time
      // Most lines are of the minute of the one before, which a difference tells sooner than a division.
      let elapsed = UInt64(bitPattern: time.microseconds &- minuteStart)
      if elapsed >= 60_000_000, time.isKnown {
        if let minute, lines > 0 {
          timed?.add(lines: lines, unrecognised: unrecognised, minute: minute)
          linesByMinute += lines
          (lines, unrecognised) = (0, 0)
        }
        let next = floorDivide(time.seconds, 60)
        minute = next
        minuteStart = next * 60_000_000
      }
      lines += 1
      if case .unrecognised = batch.records[index].kind { unrecognised += 1 }
    }
    lines = linesSoFar - linesByMinute
    if minute == nil { minute = lastTime.map { floorDivide($0, 60_000_000) } }
    timed?.add(lines: lines, unrecognised: unrecognised, minute: minute)
    linesByMinute += lines
  }

  /// Ends the log: lines and messages that are still incomplete are counted as they are.
  mutating func finish() {
    batch.removeAll()
    parser.parseRest(into: &batch)
    let nothing: [UInt8] = []
    main.receive(&batch, of: nothing.span)
    previous?.receive(&batch, of: nothing.span)
    main.finish()
    previous?.finish()
    counts.add(parser.takeCounts())
    drain()
  }

  /// Takes a block that a crew has parsed; they come in the log's order.
  mutating func receive(_ parsed: ParsedBlock) {
    setAssemblers(parsed.reference)
    if parsed.hasParts || parser.isInsideEntry {
      // An entry of several lines can begin in one block and end in another.
      parser.setReference(parsed.reference)
      receive(parsed.lines)
      counts.add(parser.takeCounts())
    } else {
      main.receive(&parsed.batch, of: parsed.lines)
      previous?.receive(&parsed.batch, of: parsed.lines)
      counts.add(parsed.counts)
      drain()
    }
  }

  private mutating func drain() {
    if main.correlator.outcomes.count > 0 { hasOutcomes = true }
    if timed != nil {
      for index in 0..<main.correlator.outcomes.count {
        timed?.add(&main.correlator.outcomes[index])
      }
      main.correlator.outcomes.removeAll()
      let lost = main.assembler.lost - lostByMinute
      if lost > 0 { timed?.add(lines: 0, lost: lost, minute: minute) }
      lostByMinute += lost
    } else {
      main.count()
      previous?.count()
    }
  }

  /// Whether there are events to take.
  var hasEvents: Bool { !main.correlator.events.isEmpty }

  /// The events since they were last taken.
  mutating func takeEvents() -> [MailEvent] {
    if main.correlator.events.isEmpty { return [] }
    defer { main.correlator.events.removeAll(keepingCapacity: true) }
    return main.correlator.events
  }

  /// How many lines are done.
  var linesSoFar: Int { counts.lines + parser.linesSoFar }

  /// Whether anything of what was read shows a mail server's log.
  ///
  /// A blank line, one that goes on from another and one of another program are recognised, but prove
  /// nothing. A container's log may have no times.
  var showsMail: Bool {
    lastTime != nil || main.correlator.messages > messagesBefore || hasOutcomes
  }

  /// What was read, as far as the pipeline knows it.
  var input: Report.Input {
    var input = Report.Input()
    input.lines = counts.lines
    input.unrecognised = counts.unrecognised
    input.cut = counts.cut
    input.lost = main.assembler.lost
    input.examples = counts.examples.map { String(decoding: $0, as: UTF8.self) }
    input.evicted = main.correlator.evicted
    for (number, entry) in catalog.entries.enumerated() {
      let count = counts.limits[number] + main.assembler.limits[number]
      if count > 0 { input.limits.append((pattern: entry.step.name, count: count)) }
    }
    input.limits += main.correlator.replyLimits
    input.first = counts.first
    input.last = counts.last
    return input
  }

  /// The report of all that was read so far.
  // Mutating, although it changes nothing: an optional that cannot be copied opens in no other method.
  mutating func report(input: Report.Input, selection: Selection) -> Report {
    var input = input
    let since = selection.since.map(LogTime.local)
    let until = selection.until.map(LogTime.local)
    input.silence = main.correlator.silences.longest(
      from: since, to: until, last: input.last, now: SystemClock.logTime)
    var report = main.report(input, selection.codes.words)
    if let since { report.from = since }
    if let until { report.to = until }
    report.hasPeriod = since != nil || until != nil
    // The period is what was asked for, whatever the lines' times are.
    if let from = report.from, let to = report.to, to < from {
      if since == nil { report.from = nil } else { report.to = max(from, SystemClock.logTime) }
    }
    if previous != nil { compare(&report) }
    return report
  }

  private mutating func compare(_ report: inout Report) {
    guard let before = previous?.report(Report.Input(), report.codes),
      let selection = previous?.correlator.configuration.selection,
      let from = selection.since, let to = selection.until
    else { return }
    // Where nothing was read of the period before, nothing is known of it.
    guard let first = report.input.first, first.microseconds < to else { return }
    report.compare(with: before, from: LogTime.local(from), to: LogTime.local(to))
  }
}

/// What a run needs that goes on where another one ended.
extension Pipeline {
  /// Takes in what is known of open messages, and of lines that others may refer to.
  mutating func restore(_ snapshot: [UInt8], version: Int) throws(SnapshotReader.Damaged) {
    let (lines, messages) = try Self.parts(of: snapshot, version)
    if let lines { try main.assembler.restore(lines, version: version) }
    try main.correlator.restore(messages, version: version)
    messagesBefore = main.correlator.messages
  }

  /// What is known of lines and of messages; earlier versions knew nothing of lines.
  private static func parts(
    of snapshot: [UInt8], _ version: Int
  ) throws(SnapshotReader.Damaged) -> (lines: [UInt8]?, messages: [UInt8]) {
    guard version >= 3 else { return (nil, snapshot) }
    var reader = SnapshotReader(snapshot, version: version)
    let parts: (lines: [UInt8], messages: [UInt8]) = (try reader.get(), try reader.get())
    guard reader.isAtEnd else { throw SnapshotReader.Damaged() }
    return parts
  }

  /// What an earlier run knew as this one would keep it, with nothing read between them.
  mutating func kept(again snapshot: [UInt8], version: Int) throws(SnapshotReader.Damaged)
    -> [UInt8]
  {
    let (lines, messages) = try Self.parts(of: snapshot, version)
    try main.correlator.restore(messages, version: version)
    var known = main.assembler.snapshot()
    if let lines { known = try RecordAssembler.rewritten(lines, version: version) }
    var writer = SnapshotWriter()
    writer.put(known)
    writer.put(main.correlator.snapshot())
    return writer.bytes
  }

  /// Reads lines again that an earlier run counted: those to come may go on from them or repeat them.
  mutating func prime(_ lines: [UInt8]) {
    let parts = openParts(behind: lines)
    main.assembler.goOn(with: parts)
  }

  /// Reads lines that are counted; what of them waits for parts to come.
  private mutating func openParts(behind lines: [UInt8]) -> FragmentJoiner {
    counts.add(parser.takeCounts())
    var parts = FragmentJoiner()
    var next = 0
    while next < lines.count {
      batch.removeAll()
      parser.parse(lines.span, from: &next, into: &batch)
      parts.add(batch, lines.span)
      main.assembler.keepLast(of: batch, lines.span)
    }
    _ = parser.takeCounts()
    return parts
  }

  /// Whether lines wait for their last parts.
  var hasOpenParts: Bool { main.assembler.hasOpenParts }
  /// Whether lines did when the run before ended.
  var awaitsParts: Bool { main.assembler.awaitsParts }

  /// Ends a run of which another one will go on: what has waited for its sender or the rest of its line for
  /// long is counted.
  ///
  /// - Parameters:
  ///   - patience: how many seconds of log time are long; nil for a log to which nothing comes.
  ///   - context: the lines that the next run reads again: it can go on with no others.
  mutating func pause(patience: Int64?, context: [UInt8]) {
    counts.add(parser.takeCounts())
    if hasOpenParts {
      let quiet = patience.map { patience in lastTime.map { $0 - patience * 1_000_000 } ?? .min }
      let next = openParts(behind: context)
      main.correlator.receive(main.assembler.giveUp(before: quiet, unlessIn: next))
    }
    main.correlator.settleOverdue(patience: patience, last: lastTime)
    drain()
  }

  /// The time of the newest line, in microseconds since 1970; nil while none had a time.
  var lastTime: Int64? { [counts.last, parser.counts.last].compactMap { $0?.microseconds }.max() }

  /// How many messages have begun and not ended.
  var openMessages: Int { main.correlator.openMessages }

  /// What is known of open messages and of lines that others may refer to now.
  mutating func snapshot() -> [UInt8] {
    var writer = SnapshotWriter()
    writer.put(main.assembler.snapshot())
    writer.put(main.correlator.snapshot())
    return writer.bytes
  }

  /// How many counts by time have come together.
  var timedSize: Int { timed?.size ?? 0 }

  /// Gives what was counted by time to someone who keeps it, with the names behind its numbers.
  mutating func handOver(_ body: (TimedTally, borrowing NameTable) throws -> Void) rethrows {
    guard var timed else { return }
    timed.add(messages: main.correlator.messagesByMinute)
    main.correlator.messagesByMinute.removeAll(keepingCapacity: true)
    try body(timed, main.correlator.names)
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
