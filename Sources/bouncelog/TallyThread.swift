internal import Aggregation
internal import Correlation
internal import LogPatterns
internal import MailTerms

/// Counts outcomes in a thread of its own, in the order in which they are handed over.
///
/// Counts stand far apart in memory, so that counting mostly waits for it; meanwhile the correlator goes on.
final class TallyThread: @unchecked Sendable {
  // @unchecked: what changes is behind the monitor, but for the tally, which is the thread's until it has ended.

  private let monitor = Monitor()
  private var tally: Tally
  private var thread: WorkerThread?
  /// What was handed over and is not begun.
  private var waiting = Slab<Outcome>()
  private var isFull = false
  private var isEnding = false

  /// Starts a thread that counts into a tally; where the system gives none, the counts are made at once.
  init(_ tally: consuming Tally) {
    self.tally = tally
    thread = WorkerThread { self.work() }
  }

  /// Takes outcomes over; waits while those before them are not begun.
  ///
  /// - Parameter outcomes: comes back empty.
  func add(_ outcomes: inout Slab<Outcome>) {
    guard thread != nil else { return count(&outcomes) }
    monitor.locked {
      while isFull { monitor.wait() }
      swap(&outcomes, &waiting)
      isFull = true
      monitor.wakeAll()
    }
  }

  /// Waits until all is counted; the thread has ended then.
  ///
  /// - Parameter tally: becomes the tally with all counts.
  func end(_ tally: inout Tally) {
    monitor.locked {
      isEnding = true
      monitor.wakeAll()
    }
    thread?.join()
    thread = nil
    swap(&tally, &self.tally)
  }

  private func work() {
    var outcomes = Slab<Outcome>()
    while take(&outcomes) { count(&outcomes) }
  }

  private func take(_ outcomes: inout Slab<Outcome>) -> Bool {
    monitor.locked {
      while !isFull, !isEnding { monitor.wait() }
      guard isFull else { return false }
      swap(&outcomes, &waiting)
      isFull = false
      monitor.wakeAll()
      return true
    }
  }

  private func count(_ outcomes: inout Slab<Outcome>) {
    tally.add(&outcomes)
    outcomes.removeAll()
  }
}
