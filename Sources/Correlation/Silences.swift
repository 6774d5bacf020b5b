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

  /// The longest one that touches a period.
  package func longest(from: LogTime?, to: LogTime?) -> Silence? {
    all.filter { silence in
      (from.map { silence.to > $0 } ?? true) && (to.map { silence.from < $0 } ?? true)
    }.max { $0.seconds < $1.seconds }
  }
}
