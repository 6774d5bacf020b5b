internal import Aggregation
internal import MailTerms

/// A table of a report as lines of text that fit into the columns there are.
///
/// Names stand on the left and are cut in the middle; figures stand on the right and are never cut. Where
/// there is too little room, the first time goes, then the last, then what was tried, then what was before.
struct TextTable {
  private enum Figure {
    case count, before, tried, rate, first, last, mark

    func heading(_ label: String) -> String {
      switch self {
      case .count: String(label.prefix(12))
      case .before: "before"
      case .tried: "tried"
      case .rate: "rate"
      case .first: "first"
      case .last: "last"
      case .mark: ""
      }
    }

    func cell(_ row: Report.Row, isOneDay: Bool) -> String {
      switch self {
      case .count: String(row.count)
      case .before: row.before.map(String.init) ?? ""
      case .tried: row.tried.map(String.init) ?? ""
      case .rate: row.tried == nil ? "" : TextTable.percent(row.rate)
      case .first: TextTable.time(row.first, isOneDay)
      case .last: TextTable.time(row.last, isOneDay)
      case .mark: row.isNew ? "NEW" : ""
      }
    }
  }

  private let title: String
  private let label: String
  private let style: TextStyle
  private var rows: [(names: [String], row: Report.Row)]
  private let isOneDay: Bool

  /// Makes a table; rows beyond `style.top` stand together in one that adds up.
  init(_ title: String, _ rows: [Report.Row], label: String, style: TextStyle) {
    self.title = title
    self.label = label
    self.style = style
    self.rows = rows.prefix(style.top).map { row in
      (names: row.names.map { TerminalText.clean($0 ?? "(none)") }, row: row)
    }
    let times = rows.prefix(style.top).flatMap { [$0.first, $0.last] }.filter(\.isKnown)
    isOneDay = Set(times.map { $0.display.prefix(10) }).count == 1
    let rest = rows.dropFirst(style.top)
    guard !rest.isEmpty else { return }
    self.rows.append((names: ["(\(rest.count) more)"], row: Report.Row(sumOf: rest)))
  }

  /// The heading and the rows.
  var lines: [String] {
    let columns = max(1, rows.map(\.names.count).max() ?? 1)
    let (figures, widths) = fitting(nameColumns: columns)
    let taken = 2 + widths.reduce(0) { $0 + $1 + 2 }
    let gaps = 2 * (columns - 1)
    let room = max(columns, style.columns - taken - gaps)
    var nameWidths = nameWidths(columns: columns, room: room)
    // The title stands above the names and is cut only where there is no room left.
    let wanted = TerminalText.width(title) - 2 - nameWidths.reduce(0, +) - gaps
    let spare = room - nameWidths.reduce(0, +)
    if wanted > 0, spare > 0 { nameWidths[columns - 1] += min(wanted, spare) }
    let left = nameWidths.reduce(2, +) + gaps
    let heading =
      TerminalText.padded(TerminalText.shortened(title, to: left), to: left)
      + cells(figures.map { $0.heading(label) }, widths)
    return [style.paint(heading, .strong)]
      + rows.map { entry in
        var names = "  "
        for (index, width) in nameWidths.enumerated() {
          let name = index < entry.names.count ? entry.names[index] : ""
          names += TerminalText.padded(TerminalText.shortened(name, to: width), to: width)
          if index < columns - 1 { names += "  " }
        }
        return names + cells(figures.map { $0.cell(entry.row, isOneDay: isOneDay) }, widths)
      }
  }

  /// The figures that leave the names enough room, and the width of each.
  private func fitting(nameColumns: Int) -> ([Figure], [Int]) {
    var figures: [Figure] = [.count]
    if rows.contains(where: { $0.row.before != nil }) { figures.append(.before) }
    if rows.contains(where: { $0.row.tried != nil }) { figures += [.tried, .rate] }
    if rows.contains(where: { $0.row.first.isKnown }) { figures += [.first, .last] }
    if rows.contains(where: { $0.row.isNew }) { figures.append(.mark) }
    let wanted = max(
      TerminalText.width(title) - 2,
      naturalWidths(columns: nameColumns).reduce(2 * (nameColumns - 1), +))
    // Dropped in this order.
    for dropped: Figure? in [nil, .first, .last, .tried, .before, .rate, .mark] {
      if let dropped { figures.removeAll { $0 == dropped } }
      let widths = widths(of: figures)
      let taken = 2 + widths.reduce(0) { $0 + $1 + 2 }
      // Times go before a name is cut that is no longer than most are, the others before it is cut short.
      let isTime = figures.contains { $0 == .first || $0 == .last }
      if style.columns - taken >= (isTime ? min(wanted, nameColumns * 28) : nameColumns * 14) {
        return (figures, widths)
      }
    }
    return ([.count], widths(of: [.count]))
  }

  private func widths(of figures: [Figure]) -> [Int] {
    figures.map { figure in
      rows.reduce(figure.heading(label).utf8.count) {
        max($0, figure.cell($1.row, isOneDay: isOneDay).utf8.count)
      }
    }
  }

  /// Shares the room out: each column what it needs, the widest cut where there is too little.
  private func nameWidths(columns: Int, room: Int) -> [Int] {
    var widths = naturalWidths(columns: columns)
    while widths.reduce(0, +) > room, let widest = widths.max(), widest > 1,
      let column = widths.firstIndex(of: widest)
    {
      widths[column] -= 1
    }
    return widths
  }

  private func naturalWidths(columns: Int) -> [Int] {
    var widths = Array(repeating: 1, count: columns)
    for entry in rows {
      for (column, name) in entry.names.enumerated() {
        widths[column] = max(widths[column], TerminalText.width(name))
      }
    }
    return widths
  }

  private func cells(_ cells: [String], _ widths: [Int]) -> String {
    zip(cells, widths).map { "  " + TerminalText.padded($0, to: $1, onLeft: true) }.joined()
  }

  static func percent(_ rate: Double?) -> String {
    guard let rate else { return "-" }
    let tenths = Int((rate * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)%"
  }

  /// The century says nothing in a table, nor does a day on which all of its times are.
  private static func time(_ time: LogTime, _ isOneDay: Bool) -> String {
    guard time.isKnown else { return "" }
    return String(time.display.dropFirst(isOneDay ? 11 : 2))
  }
}
