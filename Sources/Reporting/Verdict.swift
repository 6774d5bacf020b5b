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
    let isCounted = report.totals.messages > 0 || report.totals.tried > 0 || failures.total > 0
    if !isCounted, let reason = Self.whyUnknown(report) {
      sentence = "\(reason), so nothing is known of \(code)"
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
    meaning = .failure
    sentence =
      count(failures.total, "failure") + " with \(code)\(change) at "
      + count(failures.remoteHosts, "remote host") + " for "
      + count(failures.senderDomains, "sender domain")
  }

  /// Why a report without a message says nothing: silence is not health.
  private static func whyUnknown(_ report: Report) -> String? {
    let input = report.input
    if report.hasPeriod {
      if let from = report.from, let last = input.last, last < from {
        return "No line of this period: the last one is of \(last.display)"
      }
      if let to = report.to, let first = input.first, to <= first {
        return "No line of this period: the first one is of \(first.display)"
      }
      if let silence = input.silence, let from = report.from, let to = report.to,
        silence.from <= from, silence.to >= to
      {
        return "No line of this period"
      }
    }
    if input.lines == 0, input.passedOver > 0 { return "No line of this period" }
    if input.first == nil, report.totals.rejected == 0 {
      return input.lines == 0 ? "Nothing to read: no line" : "No line looks like a mail log's"
    }
    return nil
  }
}
