internal import Alerting

/// How old the newest line of a log may be before nobody knows what its mail server does.
package enum StaleLimit: Hashable, Sendable, CustomStringConvertible {
  /// The log may be silent, or empty, for ever.
  case never
  /// So many seconds.
  case after(Int64)

  /// The word that turns it off.
  package static let neverWord = "never"

  /// The limit where nobody says one: a day, or the window that is asked about where that is longer.
  package static func standard(window: Int64) -> StaleLimit { .after(max(86_400, window)) }

  /// Reads `26h`, `7d` or `never`; nil for other words.
  package init?(_ word: String) {
    if word == Self.neverWord {
      self = .never
    } else if word.last?.isNumber == false, let span = ThresholdRange.span(Substring(word)),
      span >= 1, span < 1e10
    {
      self = .after(Int64(span))
    } else {
      return nil
    }
  }

  /// As it is written.
  package var description: String {
    switch self {
    case .never: Self.neverWord
    case .after(let seconds): ThresholdRange.words(span: seconds)
    }
  }
}
