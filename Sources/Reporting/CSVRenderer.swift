internal import Aggregation
internal import Correlation
internal import MailTerms

/// Writes all figures of a report as comma-separated values (RFC 4180), one row of any table a line.
///
/// Every line has the same columns, so that a spreadsheet can filter by section and table.
package enum CSVRenderer {
  private static let names = [
    "remote_host", "remote_ip", "sender_domain", "recipient_domain", "reason", "code", "reply",
    "forward_path",
    "hour", "sender", "edge",
  ]
  private static let figures = [
    "count", "before", "tried", "rate", "new", "first", "last", "first_message_id",
    "last_message_id",
  ]

  /// The lines, the header first, each with CR LF.
  package static func render(_ report: Report, _ write: (String) -> Void) {
    line(["section", "table"] + names + figures, write)
    let totals = report.totals
    let old = report.previous?.totals
    let rows: [(String, Int?, Int?)] = [
      ("messages", totals.messages, old?.messages), ("tried", totals.tried, old?.tried),
      ("delivered", totals.delivered, old?.delivered),
      ("deferred", totals.deferred, old?.deferred), ("failed", totals.failed, old?.failed),
      ("rejected", totals.rejected, old?.rejected),
      ("in_progress", totals.inProgress, old?.inProgress),
    ]
    for (name, count, before) in rows {
      figures("totals", name, count, before, write)
    }
    for section in report.sections {
      let word = section.section.word.string
      figures(
        word, "total", section.total, report.previous?.sections[section.section.rawValue], write)
      figures(word, "attempts", section.attempts, nil, write)
      for (table, columns, rows) in section.namedTables(report.dimensions) {
        for row in rows { self.row(word, table, columns, row, section, write) }
      }
    }
  }

  private static func figures(
    _ section: String, _ table: String, _ count: Int?, _ before: Int?, _ write: (String) -> Void
  ) {
    let empty = Array(repeating: "", count: names.count)
    let rest = Array(repeating: "", count: figures.count - 2)
    let numbers = [count, before].map { $0.map(String.init) ?? "" }
    line([section, table] + empty + numbers + rest, write)
  }

  private static func row(
    _ section: String, _ table: String, _ columns: [String], _ row: Report.Row,
    _ tables: Report.SectionTables, _ write: (String) -> Void
  ) {
    var cells = [section, table]
    for name in names {
      let column = columns.firstIndex(of: name)
      cells.append(column.flatMap { row.names[$0] } ?? "")
    }
    let lookup = row.lookup.map { tables.lookups[$0] }
    cells += [
      String(row.count), row.before.map(String.init) ?? "", row.tried.map(String.init) ?? "",
      row.rate.map(JSONWriter.rate) ?? "", row.isNew ? "yes" : "",
      row.first.isKnown ? row.first.rfc3339 : "", row.last.isKnown ? row.last.rfc3339 : "",
      lookup?.first.text ?? "", lookup?.last.text ?? "",
    ]
    line(cells, write)
  }

  private static func line(_ cells: [String], _ write: (String) -> Void) { write(line(cells)) }

  /// A line of cells with its end.
  static func line(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\r\n"
  }

  /// A cell that no spreadsheet takes for a formula, and that stays in its place.
  ///
  /// What begins with one of the characters that start a formula gets an apostrophe in front (OWASP, "CSV
  /// Injection"); control characters are taken out.
  static func cell(_ text: String) -> String {
    var text = TerminalText.clean(text)
    if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
      text = "'" + text
    }
    // Where a spreadsheet parts cells by semicolons, what stands behind one begins a cell.
    for start in ["=", "+", "-", "@"] where text.contains(";" + start) {
      text = text.split(separator: ";" + start, omittingEmptySubsequences: false)
        .joined(separator: ";'" + start)
    }
    guard text.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" || $0 == "'" }) else {
      return text
    }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}

extension Report.SectionTables {
  /// All tables with their names in JSON and what their names are of.
  func namedTables(
    _ dimensions: [Dimension]
  ) -> [(table: String, columns: [String], rows: [Report.Row])] {
    var tables = [
      ("by_remote_host", ["remote_host"], byRemoteHost),
      ("by_remote_ip", ["remote_ip"], byRemoteIP),
      ("by_sender_domain", ["sender_domain"], bySenderDomain),
      ("by_pair", ["remote_host", "sender_domain"], byPair),
      ("by_recipient_domain", ["recipient_domain"], byRecipientDomain),
      ("by_reason", ["reason"], byReason), ("by_reply", ["reply"], byReply),
      ("by_forward_path", ["forward_path"], forwardPaths),
      ("by_code", ["code"], byCode), ("by_hour", ["hour"], byHour),
    ]
    if !dimensions.isEmpty {
      let names = dimensions.map { String($0.rawValue.map { $0 == "-" ? "_" : $0 }) }
      tables.append(("by_group", names, byGroup))
    }
    return tables
  }
}
