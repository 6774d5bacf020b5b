internal import Correlation
internal import Aggregation
internal import MailTerms

/// Writes a report for people, the verdict first.
package struct TextRenderer {
  private let style: TextStyle
  private var text = ""

  /// Makes a renderer.
  package init(style: TextStyle) { self.style = style }

  /// The report as text.
  package mutating func render(_ report: Report) -> String {
    text = ""
    verdict(report)
    let failures = report.failures
    let label = report.codes.joined(separator: ",")
    if report.dimensions.isEmpty {
      table("By remote host", failures.byRemoteHost, label)
      table("By sender domain", failures.bySenderDomain, label)
      table("By remote host and sender domain", failures.byPair, label)
    } else {
      let names = report.dimensions.map { $0.rawValue.split(separator: "-").joined(separator: " ") }
      table("By " + names.joined(separator: ", "), failures.byGroup, label)
    }
    replies(failures)
    otherSections(report, label)
    totals(report)
    input(report)
    return text
  }

  private mutating func line(_ content: String = "") {
    var content = content[...]
    while content.last == " " { content = content.dropLast() }
    text += content + "\n"
  }

  /// Writes a sentence over as many lines as it needs, in one colour.
  private mutating func sentence(_ words: String, _ meaning: TextStyle.Meaning? = nil) {
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

  // MARK: The verdict

  private mutating func verdict(_ report: Report) {
    let failures = report.failures
    let code = report.codes == ["all"] ? "any code" : "SMTP " + report.codes.joined(separator: ", ")
    if report.input.lines == 0 {
      sentence("Nothing to read: no line, so nothing is known of \(code)", .warning)
      return
    }
    guard failures.total > 0 else {
      sentence("No failures with \(code)", .good)
      place(report)
      return
    }
    sentence(
      count(failures.total, "failure") + " with \(code) at "
        + count(failures.byRemoteHost.count, "remote host") + " for "
        + count(failures.bySenderDomain.count, "sender domain"), .failure)
    place(report)
    if let top = failures.byPair.first, failures.byPair.count > 1, top.count > 1 {
      let names = top.names.map { TerminalText.clean($0 ?? "(no host)") }
      line("most: \(top.count) by \(names[0]) for \(names[1])".prefixColumns(style.columns))
    }
  }

  private mutating func place(_ report: Report) {
    guard let from = report.from, let to = report.to else { return }
    sentence("\(TerminalText.clean(report.edge)), \(from.display) to \(to.display)")
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  // MARK: Tables

  private mutating func table(_ title: String, _ rows: [Report.Row], _ label: String) {
    guard !rows.isEmpty else { return }
    line()
    for row in TextTable(title, rows, label: label, style: style).lines { line(row) }
  }

  // MARK: What stands below the tables

  private mutating func replies(_ section: Report.SectionTables) {
    guard !section.byReply.isEmpty else { return }
    line()
    line(style.paint("Replies", .strong))
    let rows = section.byReply.prefix(style.top)
    let width = rows.map { String($0.count).utf8.count }.max() ?? 1
    for row in rows {
      let reply = row.names.first.flatMap { $0 } ?? ""
      let shown = reply.isEmpty ? "(no text)" : TerminalText.clean(reply)
      line(
        ("  " + TerminalText.padded(String(row.count), to: width, onLeft: true) + "  " + shown)
          .prefixColumns(style.columns))
    }
    let rest = section.byReply.dropFirst(style.top)
    if !rest.isEmpty {
      line("  (\(rest.count) more, \(rest.reduce(0) { $0 + $1.count }) failures)")
    }
  }

  private mutating func otherSections(_ report: Report, _ label: String) {
    var parts: [String] = []
    for section in report.sections where section.section != .failures && section.total > 0 {
      switch section.section {
      case .deferrals: parts.append(count(section.total, "deferral"))
      case .refusals: parts.append(count(section.total, "client") + " refused by us")
      case .callouts: parts.append(count(section.total, "callout") + " answered")
      case .local: parts.append(count(section.total, "local failure"))
      case .expired: parts.append(count(section.total, "recipient") + " given up after retries")
      case .failures: break
      }
    }
    guard !parts.isEmpty else { return }
    line()
    sentence("Not counted above, with \(label): " + parts.joined(separator: ", "))
  }

  private mutating func totals(_ report: Report) {
    let totals = report.totals
    line()
    sentence(
      "All recipients: \(totals.tried) tried, \(totals.delivered) delivered, \(totals.failed) failed,"
        + " \(totals.deferred) deferred")
    sentence(
      "Messages: \(totals.messages), in progress \(totals.inProgress); clients refused: \(totals.rejected)"
    )
  }

  private mutating func input(_ report: Report) {
    let input = report.input
    let files = input.files.map { TerminalText.clean($0) }.joined(separator: ", ")
    sentence("Read: \(files) (\(count(input.lines, "line")), \(input.unrecognised) not recognised)")
    if style.isQuiet { return }
    if input.unrecognised > 0 {
      for example in input.examples.prefix(3) {
        line(
          style.paint("  ? " + TerminalText.clean(example).prefixColumns(style.columns - 4), .faint)
        )
      }
    }
    if input.cut > 0 { warn("\(count(input.cut, "line")) longer than 64 KiB cut") }
    if input.lost > 0 {
      warn("syslog lost \(count(input.lost, "line")): counts are a lower bound")
    }
    if input.evicted > 0 {
      warn("\(count(input.evicted, "open message")) forgotten: too many at a time")
    }
    for (pattern, times) in input.limits {
      let name = TerminalText.clean(pattern)
      warn("pattern \(name) given up on \(count(times, "line")): too costly")
    }
  }

  private mutating func warn(_ words: String) { sentence("Warning: " + words, .warning) }
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
