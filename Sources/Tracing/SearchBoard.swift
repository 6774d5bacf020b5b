internal import MailTerms
internal import Synchronization

/// One line of a message, out of the log.
package struct TracedLine: Sendable {
  /// The number of its log among those that were searched, and its offset there.
  var file: Int
  var offset: Int
  /// The line without its end; one that was wrapped as JSON is taken out of it.
  package var bytes: [UInt8]
  /// The message; nil for a line of a client that had none.
  var id: MessageID?
  /// The seconds since 1970 of the log's last change: years are worked out from it.
  var reference: Int64
}

/// What is known of a message whose lines are searched for; times in microseconds since 1970.
struct Watch: Sendable {
  /// It can have no line before this.
  var from = Int64.min
  /// It has none behind this.
  var until = Int64.max
  /// When a line named it first.
  var seen: Int64?
  /// Whether nothing but a stranger's word says that there is such a message here: then it is searched for
  /// near that word alone.
  var isGuess = false

  /// How far the times of a log's lines may be out of order: several processes write it.
  static let slack: Int64 = 120 * 1_000_000

  /// Whether a line between two times may be about the message.
  func includes(_ first: LogTime, _ last: LogTime) -> Bool {
    if last.isKnown, last.microseconds < from.subtractingSaturated(Self.slack) { return false }
    if first.isKnown, first.microseconds.subtractingSaturated(Self.slack) > until { return false }
    return true
  }
}

/// What the threads of a search have found so far.
final class SearchBoard: Sendable {
  struct State {
    /// The messages whose lines are collected, and their ids in the order in which they were found.
    var watched: [MessageID: Watch] = [:]
    var order: [MessageID] = []
    /// The messages that are answers to the query, each with the time of its newest such line.
    var hits: [MessageID: LogTime] = [:]
    var lines: [TracedLine] = []
    var lineBytes = 0
    /// Lines and messages that were left out because there were too many.
    var droppedLines = 0
    var droppedHits = 0
    var droppedLinks = 0
    /// Whether so many messages are hits that their lines are not collected along the way.
    var isMany = false
  }

  /// The most that is kept.
  struct Limits: Sendable {
    var lines = 400_000
    var bytes = 64 << 20
    /// Hits whose lines are collected while the logs are searched for the first time.
    var eagerHits = 64
    var hits = 100_000
    var links = 2000
  }

  let limits: Limits
  private let state = Mutex(State())

  init(limits: Limits) { self.limits = limits }

  func with<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    state.withLock { body(&$0) }
  }

  /// Notes an answer to the query.
  func note(hit id: MessageID, at time: LogTime) {
    state.withLock { state in
      if let known = state.hits[id] {
        if known < time { state.hits[id] = time }
        return
      }
      if state.hits.count >= limits.hits { Self.forgetOldest(&state) }
      state.hits[id] = time
      guard !state.isMany else { return }
      if state.hits.count > limits.eagerHits {
        state.isMany = true
        state.watched = [:]
        state.order = []
        state.lines.removeAll { $0.id != nil }
        state.lineBytes = state.lines.reduce(0) { $0 + $1.bytes.count }
      } else {
        Self.add(id, Watch(seen: time.isKnown ? time.microseconds : nil), &state)
      }
    }
  }

  /// Watches a message that another one names; not where it is one of too many.
  func watch(link id: MessageID, _ watch: Watch) {
    state.withLock { state in
      guard !state.isMany else { return }
      guard state.watched[id] != nil || state.order.count < limits.links else {
        state.droppedLinks += 1
        return
      }
      Self.add(id, watch, &state)
    }
  }

  private static func add(_ id: MessageID, _ watch: Watch, _ state: inout State) {
    if let known = state.watched[id] {
      // Somebody else's word can make more of a guess.
      if known.isGuess, !watch.isGuess {
        state.watched[id]?.isGuess = false
        state.watched[id]?.from = min(known.from, watch.from)
      }
      return
    }
    state.watched[id] = watch
    state.order.append(id)
  }

  /// The older half of the hits goes.
  private static func forgetOldest(_ state: inout State) {
    let times = state.hits.values.map(\.microseconds).sorted()
    let middle = times[times.count / 2]
    let before = state.hits.count
    state.hits = state.hits.filter { $0.value.microseconds > middle }
    if state.hits.count == before { state.hits = [:] }
    state.droppedHits += before - state.hits.count
  }

  /// Keeps a line, unless there are too many already.
  func keep(_ line: TracedLine) {
    state.withLock { state in
      guard state.lines.count < limits.lines, state.lineBytes + line.bytes.count <= limits.bytes
      else {
        state.droppedLines += 1
        return
      }
      state.lines.append(line)
      state.lineBytes += line.bytes.count
    }
  }
}

extension Int64 {
  func subtractingSaturated(_ other: Int64) -> Int64 {
    let (result, isBeyond) = subtractingReportingOverflow(other)
    return isBeyond ? (other > 0 ? .min : .max) : result
  }

  func addingSaturated(_ other: Int64) -> Int64 {
    let (result, isBeyond) = addingReportingOverflow(other)
    return isBeyond ? (other > 0 ? .max : .min) : result
  }
}
