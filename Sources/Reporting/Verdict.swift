internal import Correlation
internal import MailTerms

/// The sentence with which a report begins: whether there is a problem, and how large it is.
package struct Verdict {
  /// The sentence, without a full stop.
  package let sentence: String
  /// What it means.
  package let meaning: TextStyle.Meaning

  /// Finds the verdict of a report.
  package init(_ report: Report) {
    let code = report.codes == ["all"] ? "any code" : "SMTP " + report.codes.joined(separator: ", ")
    let failures = report.failures
    func count(_ number: Int, _ noun: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
    guard report.input.lines > 0 else {
      sentence = "Nothing to read: no line, so nothing is known of \(code)"
      meaning = .warning
      return
    }
    // Silence is not health: without a single line of the period nothing is known either.
    if let from = report.from, let last = report.input.last, last < from {
      sentence =
        "No line of this period: the last one is of \(last.display), so nothing is known of \(code)"
      meaning = .warning
      return
    }
    if let to = report.to, let first = report.input.first, to <= first, report.from != nil,
      report.from != first
    {
      sentence =
        "No line of this period: the first one is of \(first.display), so nothing is known of \(code)"
      meaning = .warning
      return
    }
    if let silence = report.input.silence, let from = report.from, let to = report.to,
      silence.from < from, silence.to >= to
    {
      sentence = "No line of this period, so nothing is known of \(code)"
      meaning = .warning
      return
    }
    let change =
      report.change.map { $0 == 0 ? " (as before)" : " (\($0 > 0 ? "+" : "")\($0))" } ?? ""
    guard failures.total > 0 else {
      sentence = "No failures with \(code)\(change)"
      meaning = .good
      return
    }
    sentence =
      count(failures.total, "failure") + " with \(code)\(change) at "
      + count(failures.byRemoteHost.count, "remote host") + " for "
      + count(failures.bySenderDomain.count, "sender domain")
    meaning = .failure
  }
}
