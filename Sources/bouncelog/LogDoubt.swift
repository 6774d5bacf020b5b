internal import Alerting
internal import LogReading
internal import MailTerms
internal import SiteConfig

/// Why what was counted of a log proves nothing.
struct LogDoubt {
  /// The sentence for a person.
  var text: String
  /// What stays the same while the doubt lasts.
  var key: String

  private init(_ text: String, key: String? = nil) {
    self.text = text
    self.key = key ?? text
  }

  /// All that is doubtful about a log after a look at it.
  ///
  /// - Parameters:
  ///   - rules: what is asked. How old the newest line is and what was lost are questions about the log
  ///     itself, and its silence is their answer.
  ///   - until: the end of the windows, in seconds since 1970.
  ///   - now: the present.
  static func all(
    about log: LogUpdate.Outcome, limit: StaleLimit?, rules: [AlertRule], until: Int64, now: Int64
  ) -> [LogDoubt] {
    var doubts = (log.errors.map(\.description) + log.problems).map { LogDoubt($0) }
    if log.isStrange { doubts.append(LogDoubt("no line of \(log.path) looks like a mail log")) }
    guard doubts.isEmpty else { return doubts }
    let present = max(until, now)
    if let newest = log.newest, rules.contains(where: { $0.measure != .gap }),
      newest / 1_000_000 > present + LogUpdate.clockSkew
    {
      let ahead = ThresholdRange.words(span: newest / 1_000_000 - present)
      doubts.append(
        LogDoubt(
          "\(log.path): its times are \(ahead) ahead of the clock; see timezone",
          key: "\(log.path) is ahead"))
    }
    // The shortest window is the first to hold nothing.
    let windows = rules.filter { $0.measure != .gap && $0.measure != .age }.map(\.per)
    guard let window = windows.min(),
      case .after(let longest) = limit ?? .standard(window: window)
    else { return doubts }
    if let last = log.newest ?? log.passedWrite {
      if until - last / 1_000_000 > longest {
        doubts.append(
          LogDoubt(
            "\(log.path) is stale: its newest line is of \(LogTime.local(last).display), more than "
              + "\(ThresholdRange.words(span: longest)) ago; see --stale"))
      }
    } else {
      doubts.append(LogDoubt("no line with a time was ever seen in \(log.path); see --stale"))
    }
    return doubts
  }
}
