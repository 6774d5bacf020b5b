package import Correlation
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

  // MARK: The verdict

  private mutating func verdict(_ report: Report) {
    let failures = report.failures
    let code = report.codes == ["all"] ? "any code" : "SMTP " + report.codes.joined(separator: ", ")
    if report.input.lines == 0 {
      line(style.paint("Nothing to read: no line, so nothing is known of \(code)", .warning))
      return
    }
    guard failures.total > 0 else {
      line(style.paint("No failures with \(code)", .good) + place(report))
      return
    }
    var sentence = count(failures.total, "failure") + " with \(code)"
    sentence += " at " + count(failures.byRemoteHost.count, "remote host")
    sentence += " for " + count(failures.bySenderDomain.count, "sender domain")
    line(style.paint(sentence, .failure) + place(report))
    if let top = failures.byPair.first, failures.byPair.count > 1, top.count > 1 {
      let names = top.names.map { TerminalText.clean($0 ?? "(no host)") }
      line("most: \(top.count) by \(names[0]) for \(names[1])".prefixColumns(style.columns))
    }
  }

  private func place(_ report: Report) -> String {
    guard let from = report.from, let to = report.to else { return "" }
    return "\n\(TerminalText.clean(report.edge)), \(from.display) to \(to.display)"
  }

  private func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  // MARK: Tables

  private mutating func table(_ title: String, _ rows: [Report.Row], _ label: String) {
    guard !rows.isEmpty else { return }
    var shown = rows.prefix(style.top).map { row in
      (names: row.names.map { TerminalText.clean($0 ?? "(none)") }, row: row)
    }
    if rows.count > style.top {
      let rest = rows.dropFirst(style.top)
      let row = Report.Row(
        names: [], count: rest.reduce(0) { $0 + $1.count },
        tried: rest.contains { $0.tried != nil } ? rest.reduce(0) { $0 + ($1.tried ?? 0) } : nil)
      shown.append((names: ["(\(rest.count) more)"], row: row))
    }
    let hasTried = rows.contains { $0.tried != nil }
    let hasTimes = rows.contains { $0.first != nil }
    let figures = shown.map { entry in
      numbers(of: entry.row, hasTried: hasTried, hasTimes: hasTimes)
    }
    var headings = [String(label.prefix(12))]
    if hasTried { headings += ["tried", "rate"] }
    if hasTimes { headings += ["first", "last"] }
    var widths = headings.map { $0.utf8.count }
    for row in figures {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], cell.utf8.count)
      }
    }
    let taken = 2 + widths.reduce(0) { $0 + $1 + 2 }
    var nameWidths = nameWidths(shown.map(\.names), room: max(24, style.columns - taken))
    // The title stands above the names and is cut only where there is no room left.
    let names = nameWidths.reduce(0, +) + 2 * (nameWidths.count - 1)
    let wanted = TerminalText.width(title) - 2 - names
    let spare = style.columns - taken - names
    if wanted > 0, spare > 0 { nameWidths[nameWidths.count - 1] += min(wanted, spare) }
    line()
    let nameColumns = nameWidths.reduce(0, +) + 2 * (nameWidths.count - 1)
    line(
      style.paint(
        TerminalText.padded(
          TerminalText.shortened(title, to: nameColumns + 2), to: nameColumns + 2)
          + cells(headings, widths), .strong))
    for (entry, row) in zip(shown, figures) {
      var names = "  "
      for (index, width) in nameWidths.enumerated() {
        let name = index < entry.names.count ? entry.names[index] : ""
        names += TerminalText.padded(TerminalText.shortened(name, to: width), to: width)
        if index < nameWidths.count - 1 { names += "  " }
      }
      line(names + cells(row, widths))
    }
  }

  private func numbers(of row: Report.Row, hasTried: Bool, hasTimes: Bool) -> [String] {
    var cells = [String(row.count)]
    if hasTried { cells += [row.tried.map(String.init) ?? "", percent(row.rate)] }
    if hasTimes {
      // The century says nothing in a table.
      cells += [row.first, row.last].map { time in
        guard let time, time.isKnown else { return "" }
        return String(time.display.dropFirst(2))
      }
    }
    return cells
  }

  private func cells(_ cells: [String], _ widths: [Int]) -> String {
    zip(cells, widths).map { "  " + TerminalText.padded($0, to: $1, onLeft: true) }.joined()
  }

  /// Shares the room out: each column what it needs, the widest cut where there is too little.
  private func nameWidths(_ rows: [[String]], room: Int) -> [Int] {
    let columns = rows.map(\.count).max() ?? 1
    var widths = Array(repeating: 0, count: columns)
    for row in rows {
      for (column, name) in row.enumerated() {
        widths[column] = max(widths[column], TerminalText.width(name))
      }
    }
    let available = room - 2 * (columns - 1)
    while widths.reduce(0, +) > available, let widest = widths.max(), widest > 8,
      let column = widths.firstIndex(of: widest)
    {
      widths[column] -= 1
    }
    return widths
  }

  private func percent(_ rate: Double?) -> String {
    guard let rate else { return "-" }
    let tenths = Int((rate * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)%"
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
    line("Not counted above, with \(label): " + parts.joined(separator: ", "))
  }

  private mutating func totals(_ report: Report) {
    let totals = report.totals
    line()
    line(
      "All recipients: \(totals.tried) tried, \(totals.delivered) delivered, \(totals.failed) failed,"
        + " \(totals.deferred) deferred")
    line(
      "Messages: \(totals.messages), in progress \(totals.inProgress); clients refused: \(totals.rejected)"
    )
  }

  private mutating func input(_ report: Report) {
    let input = report.input
    let files = input.files.map { TerminalText.clean($0) }.joined(separator: ", ")
    line(
      "Read: \(files) (\(count(input.lines, "line")), \(input.unrecognised) not recognised)"
        .prefixColumns(style.columns * 3))
    if style.isQuiet { return }
    if input.unrecognised > 0 {
      for example in input.examples.prefix(3) {
        line(
          style.paint("  ? " + TerminalText.clean(example).prefixColumns(style.columns - 4), .faint)
        )
      }
    }
    if input.cut > 0 { line(warning("\(count(input.cut, "line")) longer than 64 KiB cut")) }
    if input.lost > 0 {
      line(warning("syslog lost \(count(input.lost, "line")): counts are a lower bound"))
    }
    if input.evicted > 0 {
      line(warning("\(count(input.evicted, "open message")) forgotten: too many at a time"))
    }
    for (pattern, times) in input.limits {
      line(
        warning(
          "pattern \(TerminalText.clean(pattern)) given up on \(count(times, "line")): too costly"))
    }
  }

  private func warning(_ sentence: String) -> String {
    style.paint("Warning: " + sentence, .warning)
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

/// Writes each outcome as one short line, for `follow`.
package struct EventTextRenderer {
  private let style: TextStyle

  /// Makes a renderer.
  package init(style: TextStyle) { self.style = style }

  /// The line, with its end: time, code, recipient, sender, remote host, reply, message id.
  package func render(_ event: MailEvent) -> String {
    let time = event.time.isKnown ? event.time.display : "-"
    let id = TerminalText.clean(event.messageID ?? "-")
    if event.kind == .notified {
      let bounce = TerminalText.clean(event.bounceID ?? "-")
      let sender = event.sender.map { TerminalText.clean($0) } ?? "the sender"
      return "\(time) \(style.paint("told", .good)) \(sender): bounce \(bounce) for \(id)\n"
    }
    let reply = event.reply
    let code = reply?.code.map(String.init) ?? "---"
    var line = "\(time) \(style.paint("\(word(event)) \(code)", meaning(event)))"
    if let recipient = event.recipient { line += " \(TerminalText.clean(recipient))" }
    line += " from \(event.sender.map { TerminalText.clean($0) } ?? "(unknown)")"
    if let host = event.remoteHost {
      line += event.kind == .rejected ? " client " : " at "
      line += TerminalText.clean(host)
      if let ip = event.remoteIP, ip != host { line += " [\(TerminalText.clean(ip))]" }
    }
    if let enhanced = reply?.enhanced { line += " \(enhanced)" }
    if let text = reply?.text, !text.isEmpty {
      let words = TerminalText.clean(String(decoding: text, as: UTF8.self))
      line += ": \(words.prefixColumns(200))"
    }
    line += " (\(id)"
    if event.attempts > 1 { line += ", try \(event.attempts)" }
    return line + ")\n"
  }

  private func word(_ event: MailEvent) -> String {
    event.origin == .local || event.origin == .expired
      ? "\(event.kind.word.string)/\(event.origin?.word.string ?? "")" : event.kind.word.string
  }

  private func meaning(_ event: MailEvent) -> TextStyle.Meaning {
    switch event.kind {
    case .failed: .failure
    case .deferred, .rejected, .callout: .warning
    case .delivered, .notified: .good
    }
  }
}
