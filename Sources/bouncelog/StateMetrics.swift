internal import Alerting
internal import MailTerms
internal import Reporting

/// A round's answers and what bouncelog knows of itself as metrics, for a textfile collector.
enum StateMetrics {
  /// The most groups of an alert that have a value of their own.
  private static let top = 20

  /// The metrics.
  static func render(_ result: CheckRound.Result, now: Int64) -> String {
    var writer = PrometheusWriter()
    writer.metric(
      "alert_status", .gauge, "How an alert stands: 0 OK, 1 warning, 2 critical",
      result.answers.map { ([("alert", $0.rule.name)], Double($0.status.rawValue)) })
    writer.metric(
      "alert_groups", .gauge, "Groups of an alert that are raised",
      result.answers.map { ([("alert", $0.rule.name)], Double($0.alarms.count)) })
    for group in AlertRule.Group.allCases {
      let label = String(group.rawValue.map { $0 == "-" ? "_" : $0 })
      // Hosts and domains together would be too many values.
      let answers = result.answers.filter { $0.rule.by == [group] && $0.rule.measure == .count }
      writer.metric(
        "window_failures_by_\(label)", .gauge,
        "Recipients that an alert counts in its window, by \(group.rawValue)",
        answers.flatMap { answer in
          let rows = answer.figures.sorted { $0.value > $1.value }
            .map { (name: $0.subject, count: Int($0.value)) }
          return PrometheusWriter.samples(rows, label: label, top: top)
            .map { ([("alert", answer.rule.name)] + $0.labels, $0.value) }
        })
    }
    writer.metric(
      "read_lines_total", .counter, "Lines of a log that were read since the state began",
      result.logs.map { ([("log", $0.path)], Double($0.linesInAll)) })
    writer.metric(
      "open_messages", .gauge, "Messages of a log that have not ended",
      result.logs.compactMap { log in
        log.openMessages.map { ([("log", log.path)], Double($0)) }
      })
    writer.metric(
      "last_line_timestamp_seconds", .gauge, "When the newest line of a log was logged",
      result.logs.compactMap { log in
        log.newest.map { ([("log", log.path)], Double($0) / 1_000_000) }
      })
    writer.metric(
      "unreadable_files", .gauge, "Files of a log that could not be read",
      result.logs.map { ([("log", $0.path)], Double($0.errors.count)) })
    writer.metric(
      "state_timestamp_seconds", .gauge, "When the state was brought up to date", Double(now))
    return writer.text
  }
}
