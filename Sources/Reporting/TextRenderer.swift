internal import Aggregation
internal import Correlation
internal import MailTerms

/// Writes a report for people, the verdict first.
package struct TextRenderer {
  let style: TextStyle
  private var text = ""

  /// Makes a renderer.
  package init(style: TextStyle) { self.style = style }

  /// The report as text.
  package mutating func render(_ report: Report) -> String {
    text = ""
    verdict(report)
    let failures = report.failures
    let label = report.codes.joined(separator: ",")
    if report.previous != nil {
      line()
      comparison(report, label)
    }
    if report.dimensions.isEmpty {
      table("By remote host", failures.byRemoteHost, label)
      table("By sender domain", failures.bySenderDomain, label)
      table("By remote host and sender domain", failures.byPair, label)
      lookUp(failures)
      table("By recipient domain", failures.byRecipientDomain, label)
      table("By reason", failures.byReason, label)
    } else {
      let names = report.dimensions.map { $0.rawValue.split(separator: "-").joined(separator: " ") }
      table("By " + names.joined(separator: ", "), failures.byGroup, label)
    }
    replies(failures)
    table("Servers say, not checked: mail to", failures.forwardPaths, label)
    hours(failures)
    notices(report)
    otherSections(report, label)
    totals(report)
    input(report)
    return text
  }

  mutating func line(_ content: String = "") {
    var content = content[...]
    while content.last == " " { content = content.dropLast() }
    text += content + "\n"
  }

  /// Writes a sentence over as many lines as it needs, in one colour.
  mutating func sentence(_ words: String, _ meaning: TextStyle.Meaning? = nil) {
    var row = ""
    func painted(_ row: String) -> String { meaning.map { style.paint(row, $0) } ?? row }
    for word in words.split(separator: " ") {
      let word = TerminalText.shortened(String(word), to: style.columns)
      if !row.isEmpty, TerminalText.width(row) + 1 + TerminalText.width(word) > style.columns {
        line(painted(row))
        row = ""
      }
      row += row.isEmpty ? word : " " + word
    }
    line(painted(row))
  }

  /// Writes a table below a blank line; nothing where it has no row.
  mutating func table(_ title: String, _ rows: [Report.Row], _ label: String, top: Int? = nil) {
    guard !rows.isEmpty else { return }
    var style = style
    if let top { style.top = min(style.top, top) }
    line()
    for row in TextTable(title, rows, label: label, style: style).lines { line(row) }
  }

  func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  // MARK: The verdict

  private mutating func verdict(_ report: Report) {
    sentence(Verdict(report).sentence, Verdict(report).meaning)
    guard report.input.lines > 0 else { return }
    place(report)
    let failures = report.failures
    if let top = failures.byPair.first, failures.byPair.count > 1, top.count > 1 {
      let names = top.names.map { TerminalText.clean($0 ?? "(no host)") }
      let before = top.before.map { " (\($0) before)" } ?? ""
      line(
        "most: \(top.count)\(before) by \(names[0]) for \(names[1])".prefixColumns(style.columns))
    }
  }

  private mutating func place(_ report: Report) {
    guard let from = report.from, let to = report.to else { return }
    sentence("\(TerminalText.clean(report.edge)), \(from.display) to \(to.display)")
  }

  // MARK: The period before

  private mutating func comparison(_ report: Report, _ label: String) {
    guard let previous = report.previous else { return }
    let now = report.totals
    let old = previous.totals
    var rows: [(name: String, now: String, old: String, note: String)] = [
      (
        "", String((report.from ?? report.generatedAt).display.prefix(10)),
        String(previous.from.display.prefix(10)), ""
      )
    ]
    func add(_ name: String, _ now: Int, _ old: Int, _ note: String = "") {
      rows.append((name, String(now), String(old), note))
    }
    add("tried", now.tried, old.tried)
    add("delivered", now.delivered, old.delivered)
    let rates = [(report.failures.total, now.tried), (previous.failures, old.tried)].map {
      TextTable.percent($1 > 0 && $0 <= $1 ? Double($0) / Double($1) : nil)
    }
    add("failed", now.failed, old.failed)
    add(
      "  with \(label)", report.failures.total, previous.failures,
      "\(rates[0]) of the tried, before \(rates[1])")
    add("deferred", now.deferred, old.deferred)
    add("clients refused", now.rejected, old.rejected)
    add("messages", now.messages, old.messages)
    let widths = (
      rows.map { TerminalText.width($0.name) }.max() ?? 0, rows.map(\.now.count).max() ?? 0,
      rows.map(\.old.count).max() ?? 0
    )
    for row in rows {
      line(
        ("  " + TerminalText.padded(row.name, to: widths.0) + "  "
          + TerminalText.padded(row.now, to: widths.1, onLeft: true) + "  "
          + TerminalText.padded(row.old, to: widths.2, onLeft: true) + "  " + row.note)
          .prefixColumns(style.columns))
    }
    if let since = previous.knownSince, since > previous.from {
      sentence("  (what was before is known from \(since.display) on)")
    }
  }
}

extension String {
  /// The beginning of a clean text that fits into some columns.
  func prefixColumns(_ columns: Int) -> String {
    guard TerminalText.width(self) > columns else { return self }
    var result = String.UnicodeScalarView()
    var used = 1
    for scalar in unicodeScalars {
      used += TerminalText.width(String(scalar))
      if used > columns { break }
      result.append(scalar)
    }
    return String(result) + "…"
  }
}
