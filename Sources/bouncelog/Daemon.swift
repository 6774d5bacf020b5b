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
  /// The same while programs are told something: one that has ended makes room for what comes next.
  private static let busyWait = 200
  /// How long programs that are told something may take when the service ends.
  private static let lastWait = 300
  /// How often the metrics are written, in seconds.
  private static let metricsInterval: Int64 = 15

  private let makeRound: () throws -> CheckRound
  private let store: StateStore
  private let textfile: String?
  private let teller: AlertTeller
  private let wake: Int32
  private var round: CheckRound
  private var watch: FolderWatch
  private var output = Output.standard
  private var metricsAt: Int64 = 0
  private var lastProblems: [String] = []

  /// - Parameters:
  ///   - makeRound: reads configuration and patterns; it is asked again at SIGHUP.
  ///   - textfile: where the metrics go; nil for nowhere.
  init(store: StateStore, textfile: String?, makeRound: @escaping () throws -> CheckRound) throws {
    self.store = store
    teller = AlertTeller(store)
    self.textfile = textfile
    self.makeRound = makeRound
    wake = bl_catch_stop_signals()
    bl_catch_hangup()
    round = try makeRound()
    watch = FolderWatch(foldersOf: round.watched.paths)
    remark()
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
      watch.wait(
        milliseconds: teller.isBusy ? Self.busyWait : Self.longestWait, wakeDescriptor: wake)
    }
    notify("STOPPING=1")
    try look()
    say(try teller.stop(within: Self.lastWait))
  }

  private func look() throws {
    let now = SystemClock.now
    do {
      let result = try round.run(in: store, until: now)
      for answer in result.answers { try tell(answer, now) }
      for log in result.logs { if let gap = log.gap { try write(gap.words(log.path)) } }
      note(result.doubts.map(\.text), key: result.doubts.map(\.key))
      say(try teller.collect())
      // What there is to tell at the end is told by the next one.
      if bl_stop_signal() == 0 {
        let deadline = monotonicMilliseconds() + AlertTeller.patience
        say(try teller.start(round.programs, until: deadline))
      }
      if let textfile, now >= metricsAt + Self.metricsInterval || bl_stop_signal() != 0 {
        metricsAt = now
        try Output.replace(textfile) { (output) throws(Failure) in
          try output.append(StateMetrics.render(result, now: now).utf8)
        }
      }
    } catch let error as StateError {
      // A full disk may be emptied: nothing is lost, the log is read again.
      note([error.description])
    } catch let failure as Failure where failure.status == .unknown {
      // What nobody can tell now a later look may.
      note([failure.message])
    }
  }

  private func tell(_ answer: AlertAnswer, _ now: Int64) throws {
    let stamp = LogTime.local(now * 1_000_000).display
    for figure in answer.begun + answer.changed {
      let title = AlertRule.title(answer.rule.name, figure.subject)
      let value = PluginOutput.text(figure.value, answer.rule.measure)
      try write("\(stamp) \(figure.status.word) \(title): \(value)")
    }
    for subject in answer.ended {
      try write("\(stamp) OK \(AlertRule.title(answer.rule.name, subject))")
    }
  }

  private func write(_ line: String) throws {
    try output.append((TerminalText.clean(line) + "\n").utf8)
    try output.flush()
  }

  private func say(_ problems: [String]) {
    for problem in problems { StandardError.write("bouncelog: \(problem)\n") }
  }

  /// Says which names were not taken for logs of their own.
  private func remark() {
    say(round.watched.remarks)
  }

  /// Says a problem once, however long it lasts.
  ///
  /// - Parameter key: what of it stays the same while it lasts; nil for all.
  private func note(_ problems: [String], key: [String]? = nil) {
    let key = key ?? problems
    if !problems.isEmpty, key != lastProblems {
      StandardError.write("bouncelog: \(problems.joined(separator: "; "))\n")
    }
    lastProblems = key
  }

  /// Reads configuration and patterns anew; with a mistake in them the old ones stay.
  private func reload() {
    notify("RELOADING=1")
    do {
      round = try makeRound()
      watch = FolderWatch(foldersOf: round.watched.paths)
      remark()
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
