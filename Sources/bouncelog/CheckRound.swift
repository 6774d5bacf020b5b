internal import Alerting
internal import Glibc
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import ReplyReasons
internal import SiteConfig
internal import State

/// One look at some logs: reads what is new, keeps it, and answers the questions.
struct CheckRound {
  /// What a look came to.
  struct Result {
    var output: PluginOutput
    var answers: [AlertAnswer]
    var logs: [LogUpdate.Outcome]
    /// Why some of it may not be so.
    var doubts: [LogDoubt]
  }

  /// The questions, and whom to tell.
  let questions: [SiteConfig.Alert]
  /// What is looked at.
  let watched: WatchedLogs
  /// The programs that are told of alerts, by the alerts' names.
  var programs: [String: [String]] {
    Dictionary(
      questions.filter { !$0.run.isEmpty }.map { ($0.rule.name, $0.run) },
      uniquingKeysWith: { first, _ in first })
  }
  private let update: LogUpdate

  /// Makes ready for looks.
  ///
  /// - Throws: `Failure` for bad pattern files.
  init(
    questions: [SiteConfig.Alert], watched: WatchedLogs, config: SiteConfig,
    reading: ReadingOptions, mta: MTA?
  ) throws {
    self.questions = questions
    self.watched = watched
    update = LogUpdate(
      catalog: try PatternCatalog.of(reading.patterns, mta: mta ?? config.commonMTA),
      replies: try ReplyCatalog.of(reading.patterns),
      clock: TimeReader(reference: SystemClock.now, fixedYear: reading.year),
      edge: config.host ?? SystemClock.hostName, now: SystemClock.now,
      retention: config.openKeep, keep: config.keep, addresses: config.addresses)
  }

  /// Looks once.
  ///
  /// - Parameters:
  ///   - until: the end of the windows, in seconds since 1970.
  ///   - keeps: false to undo what was read, with what there is to tell.
  func run(in store: StateStore, until: Int64, keeps: Bool = true) throws -> Result {
    var update = update
    update.now = SystemClock.now
    update.goesOn = store.directory != nil
    for _ in 0..<10 {
      do {
        return try store.transaction(keeps: keeps) { state in try look(update, until, state) }
      } catch is LogUpdate.Changed {
        // It was rotated under the reader: nothing of this look counts.
        usleep(5000)
      }
    }
    throw Failure(status: .unknown, message: "the log changes faster than it can be read")
  }

  private func look(
    _ update: LogUpdate, _ until: Int64, _ state: StateTransaction
  ) throws -> Result {
    let logs = try watched.logs.map { try update.update($0, in: state) }
    var answers: [AlertAnswer] = []
    for question in questions {
      let answer = try AlertAnswer(
        question.rule, in: state,
        logs: logs.map {
          AlertAnswer.Log(id: $0.log, path: $0.path, newest: $0.newest ?? $0.passedWrite)
        }, now: until)
      answers.append(answer)
      if !question.run.isEmpty, answer.isNews {
        try state.add(
          noticeTo: question.run, of: question.rule.name, AlertNotice.json(answer, now: until))
      }
    }
    try state.pruneDaily(now: update.now, keep: update.keep)
    let doubts = zip(watched.logs, logs).map { watched, log in
      LogDoubt.all(
        about: log, limit: watched.stale, rules: questions.map(\.rule), until: until,
        now: update.now)
    }
    return Result(
      output: output(answers, logs, doubts), answers: answers, logs: logs,
      doubts: doubts.flatMap { $0 })
  }

  private func output(
    _ answers: [AlertAnswer], _ logs: [LogUpdate.Outcome], _ doubts: [[LogDoubt]]
  ) -> PluginOutput {
    var remarks = watched.remarks
    for log in logs {
      if log.isFirst, log.errors.isEmpty, log.problems.isEmpty {
        var remark = "first look at \(log.path): \(log.lines) lines"
        if let first = log.first, let last = log.newest {
          remark += " from \(first.display) to \(LogTime.local(last).display)"
        }
        if log.passed > 0 { remark += ", \(log.passed) rotated files passed over" }
        remarks.append(remark)
      }
      if let gap = log.gap {
        remarks.append("gap: " + gap.words(log.path))
      }
    }
    return PluginOutput(
      answers, doubts: doubts.flatMap { $0 }.map(\.text),
      isMeasured: doubts.contains(where: \.isEmpty), remarks: remarks)
  }
}
