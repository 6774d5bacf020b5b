internal import Aggregation
internal import Correlation
internal import LogPatterns
internal import MailTerms
internal import Reporting

/// What one selection makes of the records: correlation and tallies.
struct Branch: ~Copyable {
  var assembler: RecordAssembler
  var correlator: Correlator
  private var tally: Tally
  let dimensions: [Dimension]

  init(
    catalog: PatternCatalog, clock: TimeReader, configuration: Correlator.Configuration,
    dimensions: [Dimension]
  ) {
    assembler = RecordAssembler(catalog: catalog, clock: clock)
    correlator = Correlator(configuration: configuration, catalog: catalog)
    tally = Tally(groupedBy: dimensions)
    self.dimensions = dimensions
  }

  mutating func receive(_ batch: inout RecordBatch, of block: Span<UInt8>) {
    correlator.receive(&batch, of: block, through: &assembler)
  }

  /// Ends the log: what is still incomplete is counted as it is.
  mutating func finish() { correlator.finish(&assembler) }

  /// Counts the outcomes that have come together.
  mutating func count() {
    tally.add(&correlator.outcomes)
    correlator.outcomes.removeAll()
  }

  private var totals: Report.Totals {
    var totals = Report.Totals()
    totals.messages = correlator.messages
    totals.tried = tally.tried
    totals.delivered = tally.fates.delivered
    totals.deferred = tally.fates.deferred
    totals.failed = tally.fates.failed
    totals.rejected = tally.fates.rejected
    totals.inProgress = correlator.openMessages
    return totals
  }

  /// The report of all that was received so far.
  func report(_ input: Report.Input, _ codes: [String]) -> Report {
    // Where nothing was read from before the period, everything would be new.
    let knowsEarlier =
      correlator.configuration.notesEarlier
      && (input.first?.microseconds ?? .max) < (correlator.configuration.selection.since ?? .min)
    var report = Report(
      of: tally, names: correlator.names, dimensions: dimensions,
      edge: correlator.configuration.edge, codes: codes, input: input, totals: totals,
      generatedAt: SystemClock.logTime, knowsEarlier: knowsEarlier)
    report.notices = correlator.notices
    return report
  }
}
