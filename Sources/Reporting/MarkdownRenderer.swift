internal import Aggregation
internal import Correlation
internal import MailTerms

/// Writes a report in Markdown with tables (GitHub Flavored Markdown section 4.10), for tickets and wikis.
package struct MarkdownRenderer {
  private let top: Int
  private var text = ""

  /// Makes a renderer.
  ///
  /// - Parameter top: the most rows of a table; the others stand together in one.
  package init(top: Int) { self.top = top }

  /// The report.
  package mutating func render(_ report: Report) -> String {
    text = "# \(Self.escaped(Verdict(report).sentence))\n\n"
    if let from = report.from, let to = report.to {
      text += "\(Self.escaped(report.edge)), \(from.display) to \(to.display)\n\n"
    }
    totals(report)
    let label = report.codes.joined(separator: ",")
    for (title, path) in [
      ("By remote host", \Report.SectionTables.byRemoteHost),
      ("By sender domain", \.bySenderDomain),
      ("By remote host and sender domain", \.byPair), ("By recipient domain", \.byRecipientDomain),
      ("By reason", \.byReason), ("Replies", \.byReply),
      ("Servers say, not checked: mail to", \.forwardPaths), ("By hour", \.byHour),
    ] {
      table(title, report.failures[keyPath: path], label, report)
    }
    if !report.dimensions.isEmpty {
      let names = report.dimensions.map { $0.rawValue.split(separator: "-").joined(separator: " ") }
      table("By " + names.joined(separator: ", "), report.failures.byGroup, label, report)
    }
    others(report, label)
    if let notices = report.notices, notices.messages > 0 { text += "\(notices.sentence)\n\n" }
    input(report.input)
    return text
  }

  private mutating func totals(_ report: Report) {
    let now = report.totals
    let old = report.previous?.totals
    text +=
      "| | recipients |\(old == nil ? "" : " before |")\n|---|--:|\(old == nil ? "" : "--:|")\n"
    let rows: [(String, Int?, Int?)] = [
      ("tried", now.tried, old?.tried), ("delivered", now.delivered, old?.delivered),
      ("deferred", now.deferred, old?.deferred), ("failed", now.failed, old?.failed),
      (
        "failed with " + report.codes.joined(separator: ","), report.failures.total,
        report.previous?.failures
      ),
      ("clients refused", now.rejected, old?.rejected),
      ("messages", now.messages, old?.messages), ("in progress", now.inProgress, old?.inProgress),
    ]
    for (name, count, before) in rows {
      guard let count else { continue }
      text += "| \(name) | \(count) |\(before.map { " \($0) |" } ?? "")\n"
    }
    text += "\n"
  }

  private mutating func table(
    _ title: String, _ rows: [Report.Row], _ label: String, _ report: Report
  ) {
    guard !rows.isEmpty else { return }
    let hasBefore = rows.contains { $0.before != nil }
    let hasTried = rows.contains { $0.tried != nil }
    let names = rows.map(\.names.count).max() ?? 1
    text += "## \(title)\n\n|"
    text += String(repeating: " |", count: names) + " \(label) |"
    text += (hasBefore ? " before |" : "") + (hasTried ? " tried | rate |" : "")
    text += "\n|" + String(repeating: "---|", count: names) + "--:|"
    text += (hasBefore ? "--:|" : "") + (hasTried ? "--:|--:|" : "") + "\n"
    func line(_ cells: [String], _ row: Report.Row) {
      text += "| " + cells.joined(separator: " | ") + " | \(row.count) |"
      if hasBefore { text += " \(row.before.map(String.init) ?? "")\(row.isNew ? " new" : "") |" }
      if hasTried {
        text += " \(row.tried.map(String.init) ?? "") | \(TextTable.percent(row.rate)) |"
      }
      text += "\n"
    }
    for row in rows.prefix(top) {
      line(row.names.map { Self.escaped($0 ?? "(none)") }, row)
    }
    let rest = rows.dropFirst(top)
    if !rest.isEmpty {
      let cells = ["(\(rest.count) more)"] + Array(repeating: "", count: names - 1)
      line(cells, Report.Row(sumOf: rest))
    }
    text += "\n"
  }

  private mutating func others(_ report: Report, _ label: String) {
    let others = report.sections.filter { $0.section != .failures && $0.total > 0 }
    guard !others.isEmpty else { return }
    text += "Not counted above, with \(label): "
    text += others.map { "\($0.section.word.string) \($0.total)" }.joined(separator: ", ") + "\n\n"
  }

  private mutating func input(_ input: Report.Input) {
    let files = input.files.map { Self.escaped($0) }.joined(separator: ", ")
    text += "Read: \(files) (\(input.lines) lines, \(input.unrecognised) not recognised)\n"
    for warning in input.warnings { text += "\nWarning: \(Self.escaped(warning))\n" }
  }

  /// A text that is nothing but itself in a cell of a table.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in TerminalText.clean(text).unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\\", "|", "*", "_", "[", "]", "`", "#", "~", "!": result += "\\" + String(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
