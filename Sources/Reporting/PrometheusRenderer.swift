internal import Aggregation
internal import Correlation
internal import MailTerms

/// A report as metrics, for a textfile collector; hosts and domains never together, which would be too many.
package enum PrometheusRenderer {
  /// The metrics.
  ///
  /// - Parameter top: the most values of a label; the others stand together.
  package static func render(_ report: Report, top: Int) -> String {
    var writer = PrometheusWriter()
    let totals = report.totals
    writer.metric(
      "report_recipients", .gauge, "Recipients in the report's period, by what became of them",
      [
        ("delivered", totals.delivered), ("deferred", totals.deferred), ("failed", totals.failed),
        ("rejected", totals.rejected),
      ].map { ([("outcome", $0.0)], Double($0.1)) })
    writer.metric(
      "report_tried_recipients", .gauge, "Recipients delivered or failed in the report's period",
      Double(totals.tried))
    let codes = report.codes.joined(separator: ",")
    writer.metric(
      "report_section_recipients", .gauge, "Recipients with the reply code asked for, by section",
      report.sections.map { section in
        ([("section", section.section.word.string), ("code", codes)], Double(section.total))
      })
    let failures = report.failures
    for (name, help, rows, label) in [
      ("remote_host", "remote host", failures.byRemoteHost, "remote_host"),
      ("sender_domain", "sender domain", failures.bySenderDomain, "sender_domain"),
      ("reply_code", "reply code", failures.byCode, "code"),
    ] {
      writer.metric(
        "report_failures_by_\(name)", .gauge,
        "Recipients refused with the reply code asked for, by \(help)",
        PrometheusWriter.samples(
          rows.map { ($0.names[0] ?? "(none)", $0.count) }, label: label, top: top))
    }
    let input = report.input
    writer.metric(
      "report_lines", .gauge, "Lines that were read, by whether a pattern recognised them",
      [
        ([("result", "recognised")], Double(input.lines - input.unrecognised)),
        ([("result", "unrecognised")], Double(input.unrecognised)),
      ])
    writer.metric(
      "report_lost_lines", .gauge, "Lines that a syslog daemon says it dropped", Double(input.lost))
    writer.metric(
      "report_open_messages", .gauge, "Messages of the period that had not ended",
      totals.inProgress.map { Double($0) })
    writer.metric(
      "report_last_line_timestamp_seconds", .gauge, "When the newest line was logged",
      input.last.map { Double($0.seconds) })
    writer.metric(
      "report_timestamp_seconds", .gauge, "When the report was made",
      Double(report.generatedAt.seconds))
    return writer.text
  }
}
