internal import Aggregation
internal import Correlation
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import ReplyReasons
internal import State

/// Reads what is new in a log, joins it with what is kept, and keeps how far it came.
struct LogUpdate {
  /// What a run found out about a log.
  struct Outcome {
    /// The log's number in the state, and its own name.
    var log: Int64
    var path: String
    /// Whether it was looked at for the first time.
    var isFirst: Bool
    var lines = 0
    var unrecognised = 0
    /// Lines since the state began, and messages that have not ended; nil where nothing was looked at.
    var linesInAll = 0
    var openMessages: Int?
    /// The time of the newest line, in microseconds since 1970.
    var newest: Int64?
    /// When files that were passed over were written last, in microseconds since 1970; nil without any.
    var passedWrite: Int64?
    /// Whether what was read last is of no mail server.
    ///
    /// A log that was one before may have lines of other programs alone for a while, but no strange ones.
    var isStrange = false
    /// A file went before its last lines were read.
    var gap: Gap?
    /// Files that could not be read.
    var errors: [ReadError] = []
    /// What else went wrong.
    var problems: [String] = []
    /// The time of the first line that was read now.
    var first: LogTime?
    /// How many files were passed over at the first look.
    var passed = 0
  }

  /// Lines that can never be read, between two times in microseconds since 1970 where they are known.
  struct Gap {
    var after: Int64?
    var before: Int64?

    /// The sentence for a person.
    func words(_ path: String) -> String {
      var (start, end) = (after, before)
      // A log whose times go back lost what lies between them all the same.
      if let after, let before, before < after { (start, end) = (before, after) }
      let from = start.map { LogTime.local($0).display } ?? "its beginning"
      let to = end.map { LogTime.local($0).display } ?? "now"
      return
        "\(path) was emptied or deleted; lines between \(from) and \(to) may never have been read"
    }
  }

  /// The log changed under the reader: nothing of the run counts, and it begins anew.
  struct Changed: Error {}

  /// An outcome waits this long for the line that tells its sender, in seconds.
  static let patience: Int64 = 60

  /// How far ahead of this machine's clock a line's time may be, in seconds.
  static let clockSkew: Int64 = 300

  let catalog: PatternCatalog
  let replies: ReplyCatalog
  let clock: TimeReader
  let edge: String
  /// The present, in seconds since 1970.
  var now: Int64
  /// Whether a later run goes on where this one ends; nothing waits for its sender otherwise.
  var goesOn = true
  /// How long open messages are kept, in seconds.
  let retention: Int64
  /// How long counts are kept, in seconds.
  let keep: Int64
  /// What is kept of local parts.
  let addresses: StoredAddresses

  /// Reads what is new in a log.
  ///
  /// - Throws: `Changed`, `StateError`, and `Failure` where what is kept is damaged.
  func update(_ watched: WatchedLogs.Log, in state: StateTransaction) throws -> Outcome {
    let path = watched.path
    let scan = SystemClock.nanoseconds
    if try state.tighten(to: addresses) { try foldOpenMessages(in: state) }
    let log = try state.log(path: path, now: scan)
    var outcome = Outcome(
      log: log.id, path: path, isFirst: log.lastScan == nil, newest: log.newest,
      isStrange: log.isStrange)
    if path.hasPrefix(JournalReader.prefix) {
      try readJournal(log, &outcome, state)
      return outcome
    }
    let plan: LogPlan
    do throws(ReadError) {
      plan = try LogPlan(
        path: path, known: log.files,
        // A clock that was ahead must not make new files old.
        lastScan: log.lastScan.map { min($0, scan) }, named: watched.rotated)
    } catch {
      outcome.errors.append(error)
      return outcome
    }
    outcome.errors = plan.errors
    if log.files.isEmpty, plan.parts.isEmpty, plan.passed.isEmpty {
      if plan.errors.isEmpty {
        outcome.errors.append(.missing(path))
      }
      return outcome
    }
    var files = known(log, plan)
    outcome.passed = plan.passed.count
    // What was written last may still be joined with what comes, unless nothing comes.
    let written = files.map(\.status.modified).max() ?? 0
    let isQuiet =
      !goesOn || plan.parts.isEmpty && written / 1_000_000_000 < now - Self.patience
    if isQuiet || !plan.parts.isEmpty {
      try read(plan, log, &files, &outcome, isQuiet: isQuiet, state)
    }
    let forgotten = forgotten(log, plan)
    files = plan.passed + files.indices.filter { !forgotten.contains($0) }.map { files[$0] }
    let unread = files.filter { !$0.isCurrent && $0.lastTime == nil && $0.status.size > 0 }
    outcome.passedWrite = unread.map { $0.status.modified / 1000 }.max()
    if plan.hasGap, plan.errors.isEmpty, let lost = log.files.last(where: \.isCurrent) {
      outcome.gap = Gap(after: lost.lastTime, before: outcome.first?.microseconds)
      try state.noteGap(
        log: log.id, after: outcome.gap?.after, before: outcome.gap?.before, now: now)
    }
    if try hasVanished(log, plan, state) { outcome.errors.append(.missing(path)) }
    outcome.linesInAll = log.lines + outcome.lines
    outcome.openMessages = try state.openMessages(log: log.id)
    try state.note(
      log: log.id, files: files, newest: outcome.newest, lines: outcome.lines,
      isStrange: outcome.isStrange, now: scan)
    return outcome
  }

  /// How long a log that was deleted may take to come back, in seconds.
  private static let absence: Int64 = 300

  /// Whether nothing is left of a log, and not just since a moment ago.
  ///
  /// One that was rotated comes back with its next line, which a quiet server may take days for: it is still
  /// known by the name that rotation gave it.
  private func hasVanished(
    _ log: StateTransaction.Log, _ plan: LogPlan, _ state: StateTransaction
  ) throws -> Bool {
    guard plan.isMissing, plan.errors.isEmpty, let last = log.files.indices.last,
      plan.found[last] == nil
    else { return false }
    return try state.gaps(noticedIn: now - Self.absence...now, logs: [log.id]).isEmpty
  }

  /// Reads the files of a plan and keeps what they came to.
  private func read(
    _ plan: LogPlan, _ log: StateTransaction.Log, _ files: inout [KnownFile],
    _ outcome: inout Outcome, isQuiet: Bool, _ state: StateTransaction
  ) throws {
    var pipeline = try pipeline(for: log.id, in: state)
    let last = log.files.lastIndex(where: \.isCurrent)
    if pipeline.awaitsParts, let last, !plan.parts.contains(where: { $0.known == last }),
      let reader = reader(of: plan.found[last], at: log.files[last])
    {
      pipeline.setReference(reader.modificationTime.map(Int64.init) ?? now)
      pipeline.prime(reader.context)
    }
    for part in plan.parts {
      let known = part.known.map { log.files[$0] }
      let (file, error) = try read(part, known, &pipeline) { pipeline in
        try pipeline.handOver { try state.add($0, names: $1, log: log.id) }
      }
      if let error { outcome.errors.append(error) }
      guard let file else { continue }
      if let place = part.known { files[place] = file } else { files.append(file) }
    }
    var context: [UInt8] = []
    if pipeline.hasOpenParts, let last = files.last(where: \.isCurrent) {
      let parts = plan.parts + plan.found.values
      context = reader(of: parts.first(where: \.isCurrent), at: last)?.context ?? []
    }
    pipeline.pause(patience: isQuiet ? nil : Self.patience, context: context)
    try keep(&pipeline, log, &outcome, state)
  }

  /// A reader that begins behind what was read of a file, and knows the lines before; nil where there is none.
  private func reader(of part: LogPlan.Part?, at known: KnownFile) -> PartReader? {
    guard let part else { return nil }
    return try? PartReader(part.at(known.offset), known: known)
  }

  /// Keeps what a pipeline came to.
  private func keep(
    _ pipeline: inout Pipeline, _ log: StateTransaction.Log, _ outcome: inout Outcome,
    _ state: StateTransaction
  ) throws {
    try pipeline.handOver {
      try state.add($0, names: $1, log: log.id)
    }
    let counts = pipeline.lineCounts
    outcome.lines = counts.lines
    outcome.unrecognised = counts.unrecognised
    outcome.first = counts.first
    // A time ahead of the clock, which was set back or misread, is no longer one when a right one comes.
    let kept = log.newest.map { $0 > (now + Self.clockSkew) * 1_000_000 } ?? true ? nil : log.newest
    let times = [kept, counts.last?.microseconds].compactMap { $0 }
    outcome.newest = times.max() ?? log.newest
    if counts.lines > 0 {
      outcome.isStrange =
        !pipeline.showsMail
        && (outcome.newest == nil || 2 * counts.unrecognised > counts.lines)
    }
    try state.keep(
      snapshot: pipeline.snapshot(), openMessages: pipeline.openMessages, log: log.id)
  }

  /// Reads what is new in the journal; what went wrong on the way undoes all of it.
  private func readJournal(
    _ log: StateTransaction.Log, _ outcome: inout Outcome, _ state: StateTransaction
  ) throws {
    var pipeline = try pipeline(for: log.id, in: state)
    pipeline.setReference(now)
    let cursor: String?
    do {
      let unit = String(log.path.dropFirst(JournalReader.prefix.count))
      cursor = try JournalReader.read(unit: unit, after: log.cursor) { pipeline.receive($0) }
    } catch let problem as ChildProcess.Problem {
      outcome.problems.append(problem.description)
      return
    }
    // Nothing of the journal is read again.
    pipeline.pause(patience: goesOn ? Self.patience : nil, context: [])
    try keep(&pipeline, log, &outcome, state)
    outcome.linesInAll = log.lines + outcome.lines
    outcome.openMessages = try state.openMessages(log: log.id)
    try state.note(cursor: cursor ?? log.cursor, log: log.id)
    try state.note(
      log: log.id, files: [], newest: outcome.newest, lines: outcome.lines,
      isStrange: outcome.isStrange, now: SystemClock.nanoseconds)
  }

  /// How many counts are held before they go into the state, so that memory does not grow with the log.
  private static let mostHeld = 100_000

  /// How many files are remembered that are not there any more: one may come back under another name.
  private static let goneKept = 64

  /// The known files that are gone for so long that nobody will bring them back, and those for which new ones
  /// stand.
  private func forgotten(_ log: StateTransaction.Log, _ plan: LogPlan) -> Set<Int> {
    guard plan.errors.isEmpty else { return plan.replaced }
    let gone = log.files.indices.filter { plan.found[$0] == nil }.dropLast(Self.goneKept)
    return plan.replaced.union(gone)
  }

  /// Takes out of what is known of all open messages what may not be kept any more.
  private func foldOpenMessages(in state: StateTransaction) throws {
    for log in try state.logs() {
      guard let kept = try state.snapshot(log: log.id) else { continue }
      var pipeline = try emptyPipeline(in: state)
      let bytes = try pipeline.kept(again: kept.bytes, version: kept.version)
      try state.keep(snapshot: bytes, openMessages: pipeline.openMessages, log: log.id)
    }
  }

  private func pipeline(for log: Int64, in state: StateTransaction) throws -> Pipeline {
    var pipeline = try emptyPipeline(in: state)
    if let kept = try state.snapshot(log: log) {
      try pipeline.restore(kept.bytes, version: kept.version)
    }
    return pipeline
  }

  private func emptyPipeline(in state: StateTransaction) throws -> Pipeline {
    var configuration = Correlator.Configuration(
      selection: Selection(codes: .everything), edge: edge)
    configuration.countsEachCode = true
    configuration.retention = retention
    configuration.replies = replies
    configuration.needsSender = addresses != .domain
    configuration.localParts = addresses.localParts(secret: try state.secret())
    return Pipeline(
      catalog: catalog, clock: clock, configuration: configuration,
      timed: TimedTally(present: now, oldest: now - keep))
  }

  /// The known files with what was seen of them now.
  private func known(_ log: StateTransaction.Log, _ plan: LogPlan) -> [KnownFile] {
    var files = log.files
    for place in files.indices {
      if let found = plan.found[place] {
        files[place].isCurrent = found.isCurrent
        // Of a file that is going to be read the reader knows more.
        if !plan.parts.contains(where: { $0.known == place }) { files[place].status = found.status }
      } else if plan.errors.isEmpty {
        files[place].isCurrent = false
      }
    }
    return files
  }

  /// Reads one file as far as it can be read; what was counted of it is not read again.
  private func read(
    _ part: LogPlan.Part, _ known: KnownFile?, _ pipeline: inout Pipeline,
    handOver: (inout Pipeline) throws -> Void
  ) throws -> (KnownFile?, ReadError?) {
    let opened: PartReader?
    do throws(ReadError) {
      opened = try PartReader(part, known: known)
    } catch {
      return (nil, error)
    }
    guard let reader = opened else { throw Changed() }
    pipeline.setReference(reader.modificationTime.map(Int64.init) ?? now)
    pipeline.prime(reader.context)
    var failure: ReadError?
    while true {
      do throws(ReadError) {
        guard let block = unsafe try reader.next() else { break }
        unsafe pipeline.receive(Span(_unsafeElements: block.bindMemory(to: UInt8.self)))
      } catch {
        failure = error
        break
      }
      if pipeline.timedSize > Self.mostHeld { try handOver(&pipeline) }
    }
    guard let file = try reader.finish(lastTime: pipeline.lastTime ?? known?.lastTime) else {
      throw Changed()
    }
    return (file, failure)
  }
}
