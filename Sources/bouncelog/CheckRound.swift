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
  }

  /// The questions, and whom to tell.
  let questions: [SiteConfig.Alert]
  /// The logs by their own names.
  let paths: [String]
  private let update: LogUpdate

  /// Makes ready for looks.
  ///
  /// - Throws: `Failure` for bad pattern files.
  init(
    questions: [SiteConfig.Alert], paths: [String], config: SiteConfig, reading: ReadingOptions,
    mta: MTA?
  ) throws {
    self.questions = questions
    self.paths = paths.map(Self.absolute)
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
  ///   - keeps: false to undo what was read and tell nobody.
  func run(in store: StateStore, until: Int64, keeps: Bool = true) throws -> Result {
    var update = update
    update.now = SystemClock.now
    update.goesOn = store.directory != nil
    for _ in 0..<10 {
      do {
        var result = try store.transaction(keeps: keeps) { state in
          try look(update, until, state)
        }
        if keeps { try tell(&result.output, store) }
        return result
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
    let logs = try paths.map { try update.update($0, in: state) }
    let newest = logs.compactMap(\.newest).max()
    var answers: [AlertAnswer] = []
    for question in questions {
      let answer = try AlertAnswer(
        question.rule, in: state, logs: logs.map(\.log), now: until, newest: newest)
      answers.append(answer)
      if !question.run.isEmpty, !answer.begun.isEmpty || !answer.ended.isEmpty {
        try state.add(noticeTo: question.run, AlertNotice.json(answer, now: until))
      }
    }
    try state.pruneDaily(now: update.now, keep: update.keep)
    return Result(output: Self.output(answers, logs), answers: answers, logs: logs)
  }

  /// How long a program that is told may take, in milliseconds.
  private static let patience: Int32 = 30_000

  /// Runs the programs that wait for news; one that was told is not told again.
  private func tell(_ output: inout PluginOutput, _ store: StateStore) throws {
    for notice in try store.transaction({ try $0.notices() }) {
      do throws(ChildProcess.Problem) {
        let child = try ChildProcess(notice.program, piping: .input)
        child.write(notice.text, milliseconds: Self.patience)
        child.closePipe()
        try child.wait(milliseconds: Int(Self.patience))
      } catch {
        output.add(remark: error.description)
      }
      try store.transaction { try $0.forget(notice: notice.id) }
    }
  }

  private static func output(_ answers: [AlertAnswer], _ logs: [LogUpdate.Outcome]) -> PluginOutput
  {
    var remarks: [String] = []
    var problems: [String] = []
    for log in logs {
      problems += log.errors.map(\.description) + log.problems
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
      if log.isStrange {
        problems.append("no line of \(log.path) looks like a mail log")
      }
    }
    // What is certain is told all the same; what is not known is no OK.
    let isCritical = answers.contains { $0.status == .critical }
    guard problems.isEmpty || isCritical else {
      return PluginOutput(unknown: problems.joined(separator: "; "), remarks: remarks)
    }
    return PluginOutput(answers, remarks: problems + remarks)
  }

  /// A log's own name, the same wherever the check is started.
  private static func absolute(_ path: String) -> String {
    if path.hasPrefix(JournalReader.prefix) { return path }
    // Behind a link of the same name, or a linked folder, lies what rotation made of the log as well.
    if let real = unsafe realpath(path, nil) {
      defer { unsafe free(real) }
      let resolved = unsafe String(cString: real)
      if resolved.split(separator: "/").last == path.split(separator: "/").last { return resolved }
    }
    guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(folder) }
    return unsafe String(cString: folder) + "/" + path
  }
}
