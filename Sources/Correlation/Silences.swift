package import MailTerms

/// The longest times in which a log has no line.
package struct Silences: Sendable {
  /// A time without a line.
  package struct Silence: Sendable, Equatable {
    /// The lines before and behind it.
    package var from: LogTime
    package var to: LogTime

    /// How long it was, in seconds.
    package var seconds: Int64 { to.seconds - from.seconds }
  }

  /// What is shorter, in seconds, is not kept.
  package static let shortest: Int64 = 300
  private static let capacity = 256

  /// The longest ones, in the order of the log.
  package private(set) var all: [Silence] = []
  private var last = LogTime.unknown

  /// Makes a record of none.
  package init() {}

  /// Takes the time of the next line.
  @inline(__always)
  mutating func note(_ time: LogTime) {
    guard time.microseconds > last.microseconds else { return }
    if last.isKnown, time.microseconds &- last.microseconds >= Self.shortest * 1_000_000 {
      add(Silence(from: last, to: time))
    }
    last = time
  }

  private mutating func add(_ silence: Silence) {
    if all.count == Self.capacity,
      let least = all.indices.min(by: { all[$0].seconds < all[$1].seconds })
    {
      if all[least].seconds >= silence.seconds { return }
      all.remove(at: least)
    }
    all.append(silence)
  }

  /// The longest one in a period, as far as it lies in it; nil where none is long.
  ///
  /// - Parameters:
  ///   - from: the begin of the period; nil for that of the log.
  ///   - to: the end of the period; nil for that of the log.
  ///   - last: the time of the log's last line: behind it there is silence up to the end of the period.
  ///   - now: the present, up to which there can be silence at all.
  package func longest(from: LogTime?, to: LogTime?, last: LogTime?, now: LogTime) -> Silence? {
    var all = all
    if let to, let last, last < to, last < now { all.append(Silence(from: last, to: min(to, now))) }
    return all.map { silence in
      Silence(
        from: from.map { max($0, silence.from) } ?? silence.from,
        to: to.map { min($0, silence.to) } ?? silence.to)
    }.filter { $0.seconds >= Self.shortest }.max { $0.seconds < $1.seconds }
  }
}
