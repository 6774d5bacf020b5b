internal import Alerting
internal import CShims
internal import Glibc
internal import LogReading
internal import MailTerms
internal import Reporting
internal import State

/// `follow --daemon`: looks at the logs whenever something happens to them, for months.
///
/// Each look is that of `check`, in one transaction: however the process ends, the next one goes on
/// where the last look ended.
final class Daemon {
  /// The longest time between two looks in milliseconds: windows move on without a line too.
  private static let longestWait = 5000
  /// How often the metrics are written, in seconds.
  private static let metricsInterval: Int64 = 15

  private let makeRound: () throws -> CheckRound
  private let store: StateStore
  private let textfile: String?
  private let wake: Int32
  private var round: CheckRound
  private var watch: FolderWatch
  private var output = Output.standard
  private var metricsAt: Int64 = 0
  private var lastProblem = ""

  /// - Parameters:
  ///   - makeRound: reads configuration and patterns; it is asked again at SIGHUP.
  ///   - textfile: where the metrics go; nil for nowhere.
  init(store: StateStore, textfile: String?, makeRound: @escaping () throws -> CheckRound) throws {
    self.store = store
    self.textfile = textfile
    self.makeRound = makeRound
    wake = bl_catch_stop_signals()
    bl_catch_hangup()
    round = try makeRound()
    watch = FolderWatch(foldersOf: round.paths)
  }

  /// Runs until SIGTERM or SIGINT.
  func run() throws {
    try look()
    notify("READY=1")
    while bl_stop_signal() == 0 {
      let start = milliseconds
      if bl_take_hangup() != 0 { reload() }
      try look()
      notify("WATCHDOG=1")
      // One core at most a tenth, however many lines come.
      let spent = max(1, milliseconds - start)
      if bl_stop_signal() == 0 { usleep(UInt32(clamping: min(2000, spent * 9) * 1000)) }
      watch.wait(milliseconds: Self.longestWait, wakeDescriptor: wake)
    }
    notify("STOPPING=1")
    try look()
  }

  private func look() throws {
    let now = SystemClock.now
    do {
      let result = try round.run(in: store, until: now)
      for answer in result.answers { try tell(answer, now) }
      for log in result.logs { if let gap = log.gap { try write(gap.words(log.path)) } }
      let problems = result.logs.flatMap { $0.errors.map(\.description) + $0.problems }
      note(problem: problems.joined(separator: "; "))
      if let textfile, now >= metricsAt + Self.metricsInterval || bl_stop_signal() != 0 {
        metricsAt = now
        try Output.replace(textfile) { (output) throws(Failure) in
          try output.append(StateMetrics.render(result, now: now).utf8)
        }
      }
    } catch let error as StateError {
      // A full disk may be emptied: nothing is lost, the log is read again.
      note(problem: error.description)
    } catch let failure as Failure where failure.status == .unknown {
      // What nobody can tell now a later look may.
      note(problem: failure.message)
    }
  }

  private func tell(_ answer: AlertAnswer, _ now: Int64) throws {
    let stamp = LogTime.local(now * 1_000_000).display
    for figure in answer.begun {
      var line = "\(stamp) \(figure.status.word) \(answer.rule.name)"
      if !figure.subject.isEmpty { line += ": \(figure.subject)" }
      try write(line + ": \(PluginOutput.text(figure.value, answer.rule.measure))")
    }
    for subject in answer.ended {
      try write("\(stamp) OK \(answer.rule.name)" + (subject.isEmpty ? "" : ": \(subject)"))
    }
  }

  private func write(_ line: String) throws {
    try output.append((TerminalText.clean(line) + "\n").utf8)
    try output.flush()
  }

  /// Says a problem once, however long it lasts.
  private func note(problem: String) {
    if !problem.isEmpty, problem != lastProblem { StandardError.write("bouncelog: \(problem)\n") }
    lastProblem = problem
  }

  /// Reads configuration and patterns anew; with a mistake in them the old ones stay.
  private func reload() {
    notify("RELOADING=1")
    do {
      round = try makeRound()
      watch = FolderWatch(foldersOf: round.paths)
    } catch let failure as Failure {
      StandardError.write("bouncelog: not reloaded: \(failure.message)\n")
    } catch {
      StandardError.write("bouncelog: not reloaded: \(error)\n")
    }
    notify("READY=1")
  }

  /// Tells systemd, if it wants to know (sd_notify(3)).
  private func notify(_ state: String) {
    guard let socket = Environment.value("NOTIFY_SOCKET") else { return }
    _ = unsafe bl_notify(socket, state)
  }

  private var milliseconds: Int { Int(SystemClock.nanoseconds / 1_000_000) }
}
