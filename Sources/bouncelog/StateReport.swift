internal import Aggregation
internal import Correlation
internal import MailTerms
internal import Reporting
internal import State

/// A report of what is kept between runs, without reading a log.
///
/// What is kept is counted again as outcomes that stand for many, so that it is the same report. A recipient
/// counts once for each reply code, in the hour in which it was first refused with it.
struct StateReport {
  let selection: Selection
  let dimensions: [Dimension]
  let edge: String

  /// The report of all logs, beside that of another period.
  ///
  /// - Parameter compared: the period before, in microseconds since 1970.
  func make(in state: StateTransaction, compared: Range<Int64>?) throws -> Report {
    let logs = try state.logs()
    var report = try report(in: state, logs, selection, knowsEarlier: compared != nil)
    let since = selection.since.map(LogTime.local)
    report.hasPeriod = since != nil || selection.until != nil
    if let since { report.from = since }
    if let until = selection.until { report.to = LogTime.local(until) }
    guard let compared, let first = report.input.first, first.microseconds < compared.upperBound
    else { return report }
    var before = selection
    before.since = compared.lowerBound
    before.until = compared.upperBound
    report.compare(
      with: try self.report(in: state, logs, before, knowsEarlier: false),
      from: LogTime.local(compared.lowerBound), to: LogTime.local(compared.upperBound))
    return report
  }

  private func report(
    in state: StateTransaction, _ logs: [StateTransaction.Log], _ selection: Selection,
    knowsEarlier: Bool
  ) throws -> Report {
    let numbers = logs.map(\.id)
    // A moment behind the last one is whole seconds, but for a span that ends now.
    let first = selection.since.map { floorDivide($0 + 999_999, 1_000_000) } ?? 0
    let last = selection.until.map { floorDivide($0 - 1, 1_000_000) } ?? .max / 2_000_000
    let seconds = first...max(first, last)
    var names = NameTable()
    var tally = Tally(groupedBy: dimensions)
    var input = try input(in: state, logs, seconds)
    if knowsEarlier, first > 0 {
      try state.forEachTallied(in: 0...(first - 1), logs: numbers) { row in
        guard row.section == .failures, var outcome = outcome(row, &names) else { return }
        outcome.isInScope = false
        tally.add(&outcome)
      }
    }
    try state.forEachTallied(in: seconds, logs: numbers) { row in
      guard let outcome = outcome(row, &names) else { return }
      count(row, outcome, &tally)
    }
    var totals = Report.Totals()
    try state.forEachTotal(in: seconds, logs: numbers) { host, domain, fates in
      guard includes(host, domain) else { return }
      tally.add(
        tried: fates[0], triedAtHost: fates[1],
        remoteHost: names.number(of: host, foldingCase: false),
        senderDomain: names.number(of: domain, foldingCase: false))
      totals.tried += fates[0]
      totals.delivered += fates[2]
      totals.deferred += fates[3]
      totals.failed += fates[4]
      totals.rejected += fates[5]
    }
    totals.messages = try state.messages(in: seconds, logs: numbers)
    totals.inProgress = try openMessages(in: state, logs, selection)
    input.files = logs.map(\.path)
    let isKnown = knowsEarlier && (input.first?.seconds ?? .max) < first
    var report = Report(
      of: tally, names: names, dimensions: dimensions, edge: edge, codes: selection.codes.words,
      input: input, totals: totals, generatedAt: SystemClock.logTime, knowsEarlier: isKnown)
    report.notices = nil
    return report
  }

  /// How many messages are open, of which only the number now is kept.
  private func openMessages(
    in state: StateTransaction, _ logs: [StateTransaction.Log], _ selection: Selection
  ) throws -> Int? {
    guard selection.since == nil, selection.until.map({ $0 > SystemClock.now * 1_000_000 }) ?? true,
      selection.remoteHost == nil, selection.senderDomain == nil
    else { return nil }
    return try logs.reduce(0) { try $0 + (state.openMessages(log: $1.id) ?? 0) }
  }

  private func input(
    in state: StateTransaction, _ logs: [StateTransaction.Log], _ seconds: ClosedRange<Int64>
  ) throws -> Report.Input {
    var input = Report.Input()
    let counts = try state.lines(in: seconds, logs: logs.map(\.id))
    input.lines = counts.lines
    input.unrecognised = counts.unrecognised
    input.lost = counts.lost
    input.first = try state.oldest(logs: logs.map(\.id)).map { LogTime.local($0 * 1_000_000) }
    input.last = logs.compactMap(\.newest).max().map(LogTime.local)
    return input
  }

  private func includes(_ host: String, _ domain: String) -> Bool {
    (selection.remoteHost?.matches(host) ?? true)
      && (selection.senderDomain?.matches(domain) ?? true)
  }

  /// What a row stands for; nil for what was not asked for.
  private func outcome(
    _ row: StateTransaction.Tallied, _ names: inout NameTable
  ) -> Outcome? {
    let (kind, origin) = row.section.decision
    guard includes(row.remoteHost, row.senderDomain), selection.origins?.contains(origin) ?? true,
      selection.codes.matches(
        code: row.code == 0 ? nil : Int(row.code), enhanced: Outcome.unpacked(row.enhanced))
    else { return nil }
    var outcome = Outcome(
      kind: kind, origin: origin, time: LogTime.local(row.second * 1_000_000))
    func number(_ name: String) -> UInt32 { names.number(of: name, foldingCase: false) }
    outcome.remoteHost = number(row.remoteHost)
    outcome.remoteIP = number(row.remoteIP)
    outcome.senderDomain = number(row.senderDomain)
    outcome.recipientDomain = number(row.recipientDomain)
    outcome.sender = number(row.sender)
    outcome.reply = number(row.reply)
    outcome.forwardPath = number(row.forwardPath)
    outcome.edge = number(edge)
    outcome.code = row.code
    outcome.enhanced = row.enhanced
    outcome.reason = row.reason
    outcome.isSelected = true
    outcome.lines = 0
    return outcome
  }

  /// Counts a row: each of its counts as an outcome of its own, since they differ.
  private func count(
    _ row: StateTransaction.Tallied, _ outcome: Outcome, _ tally: inout Tally
  ) {
    for (path, number) in [
      (\Outcome.isFirst, row.first), (\.isFirstAtHost, row.atHost), (\.isFirstAtIP, row.atIP),
    ] {
      var part = outcome
      part[keyPath: path] = number > 0
      part.distinct = UInt32(clamping: number)
      // The lines stand beside one of them.
      if path == \Outcome.isFirst { part.lines = UInt32(clamping: row.lines) }
      tally.add(&part)
    }
  }
}

extension Section {
  /// The kind and the origin of the outcomes of a section.
  fileprivate var decision: (EventKind, Origin) {
    switch self {
    case .failures: (.failed, .remote)
    case .deferrals: (.deferred, .remote)
    case .refusals: (.rejected, .rejected)
    case .callouts: (.callout, .callout)
    case .local: (.failed, .local)
    case .expired: (.failed, .expired)
    }
  }
}
