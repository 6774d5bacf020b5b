internal import Glibc
internal import LogReading
internal import State

/// Runs the programs that are to be told of alerts: side by side, and without anybody waiting for them.
///
/// News is kept until its program has taken it, and tried again when it has not. What there is to tell of one
/// alert is told in its order.
final class AlertTeller {
  /// How long a program may take, in milliseconds.
  static let patience = 30_000
  /// How often it is tried to tell a program something.
  static let mostTries = 10
  /// How long a program that failed is left alone, in milliseconds.
  private static let pause = 60_000
  /// The most programs that run at a time.
  private static let mostAtOnce = 16

  private struct Telling {
    var notice: StateTransaction.Notice
    var child: ChildProcess
    var started: Int
    var deadline: Int
  }

  private let store: StateStore
  private var running: [Telling] = []
  /// The alerts whose program failed, and when it is tried again.
  private var resting: [String: Int] = [:]

  init(_ store: StateStore) { self.store = store }

  /// Whether a program runs.
  var isBusy: Bool { !running.isEmpty }

  /// Starts the programs that have something to be told, as far as they do not run and did not just fail.
  ///
  /// - Parameters:
  ///   - programs: those of the alerts now, by their names: one that failed may have been mended there.
  ///   - deadline: when they are ended, by the clock that is never set.
  /// - Returns: what went wrong, in words.
  func start(_ programs: [String: [String]], until deadline: Int) throws -> [String] {
    let now = monotonicMilliseconds()
    guard now < deadline else { return [] }
    resting = resting.filter { $0.value > now }
    var waiting = Set(running.map(\.notice.alert)).union(resting.keys)
    var problems: [String] = []
    for notice in try store.transaction({ try $0.notices() }) where running.count < Self.mostAtOnce
    {
      guard waiting.insert(notice.alert).inserted else { continue }
      do throws(ChildProcess.Problem) {
        let child = try ChildProcess(
          programs[notice.alert] ?? notice.program, piping: .input, text: notice.text)
        running.append(Telling(notice: notice, child: child, started: now, deadline: deadline))
      } catch {
        problems.append(try fail(notice, error.description))
      }
    }
    return problems
  }

  /// Sees which programs have ended, and ends those that took too long.
  ///
  /// - Returns: what went wrong, in words.
  func collect() throws -> [String] {
    let now = monotonicMilliseconds()
    var told: [StateTransaction.Notice] = []
    var failed: [(notice: StateTransaction.Notice, problem: String)] = []
    let all = running
    running = []
    for telling in all {
      do throws(ChildProcess.Problem) {
        if try telling.child.hasEnded() {
          told.append(telling.notice)
        } else if now < telling.deadline {
          running.append(telling)
        } else {
          telling.child.end()
          let seconds = (telling.deadline - telling.started + 500) / 1000
          throw ChildProcess.Problem(
            description:
              "\(telling.child.program) took longer than \(seconds) s and was ended")
        }
      } catch {
        failed.append((telling.notice, error.description))
      }
    }
    for notice in told { try forget(notice) }
    return try failed.map { try fail($0.notice, $0.problem) }
  }

  /// Tells all that can be told until a moment.
  ///
  /// - Returns: what went wrong, in words.
  func tell(_ programs: [String: [String]], until deadline: Int) throws -> [String] {
    var problems: [String] = []
    repeat {
      problems += try collect() + start(programs, until: deadline)
      if isBusy { usleep(10_000) }
    } while isBusy
    return problems
  }

  /// Ends the programs that run, after a short time for those that are about to end; what they were to be told
  /// is still kept.
  func stop(within milliseconds: Int) throws -> [String] {
    let end = monotonicMilliseconds() + milliseconds
    var problems: [String] = []
    while isBusy, monotonicMilliseconds() < end {
      usleep(10_000)
      problems += try collect()
    }
    for telling in running { telling.child.end() }
    running = []
    return problems
  }

  private func forget(_ notice: StateTransaction.Notice) throws {
    // Where nothing can be noted it is told again, but not at once.
    resting[notice.alert] = monotonicMilliseconds() + Self.pause
    try store.transaction { try $0.forget(notice: notice.id) }
    resting[notice.alert] = nil
  }

  /// Notes that a program could not be told something, and gives up behind the last try.
  private func fail(_ notice: StateTransaction.Notice, _ problem: String) throws -> String {
    resting[notice.alert] = monotonicMilliseconds() + Self.pause
    let tries = notice.tries + 1
    try store.transaction { state in
      if tries < Self.mostTries {
        try state.note(tries: tries, ofNotice: notice.id)
      } else {
        try state.forget(notice: notice.id)
      }
    }
    let end =
      tries < Self.mostTries
      ? "not told yet, try \(tries) of \(Self.mostTries)" : "given up after \(tries) tries"
    return "\(notice.alert): \(problem); \(end)"
  }
}
