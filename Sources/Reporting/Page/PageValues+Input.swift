internal import Correlation
internal import MailTerms

/// What was read.
extension PageValues {
  /// The files that stand in the list; the others are only counted.
  private static let mostFiles = 30

  var input: [String: Any] {
    let input = report.input
    let share = input.unrecognisedShare.map { PageText.share($0) }
    return [
      "files": input.files.prefix(Self.mostFiles).map { PageName($0) },
      "moreFiles": input.files.count > Self.mostFiles
        ? PageText.number(input.files.count - Self.mostFiles) : false,
      "facts": facts(input), "warnings": input.warnings.map(PageText.clean),
      "examples": input.examples.prefix(10).map { example in
        TerminalText.shortened(PageText.clean(example), to: 400)
      },
      "hasExamples": !input.examples.isEmpty,
      "lines": PageText.number(input.lines), "unrecognised": PageText.number(input.unrecognised),
      "share": share ?? false,
    ]
  }

  private func facts(_ input: Report.Input) -> [[String: Any]] {
    var facts: [(String, String)] = []
    if let first = input.first, let last = input.last {
      facts.append(("first and last line", "\(first.display) to \(last.display)"))
    }
    facts.append(
      ("lines", "\(PageText.number(input.lines)) (\(PageText.number(input.bytes)) bytes)"))
    let share = input.unrecognisedShare.map { ", \(PageText.share($0))" } ?? ""
    facts.append(("not recognised", PageText.number(input.unrecognised) + share))
    if let silence = input.silence {
      facts.append(
        (
          "longest silence",
          "\(Silences.span(silence.seconds)), \(silence.from.display) to \(silence.to.display)"
        ))
    } else {
      facts.append(("longest silence", "none of \(Silences.span(Silences.shortest)) or more"))
    }
    facts.append(("lost by syslog", PageText.count(input.lost, "line")))
    if input.cut > 0 {
      facts.append(("longer than 64 KiB, cut", PageText.count(input.cut, "line")))
    }
    facts.append(("open messages forgotten", PageText.number(input.evicted)))
    facts.append(("patterns given up", PageText.count(limits(input), "time")))
    if input.passedOver > 0 {
      facts.append(
        ("left out", PageText.count(input.passedOver, "file") + " with no line of the period"))
    }
    return facts.map { ["name": $0.0, "text": $0.1] }
  }

  private func limits(_ input: Report.Input) -> Int { input.limits.reduce(0) { $0 + $1.count } }
}
