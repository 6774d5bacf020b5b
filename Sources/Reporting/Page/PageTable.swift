internal import MailTerms
internal import Mustache

/// A name in a table: cut where it is long, with the whole of it in `full`.
struct PageName: MustacheParent {
  private let name: String
  private let full: String?

  init(_ text: String?) {
    let clean = PageText.clean(text ?? "(none)")
    name = TerminalText.shortened(clean, to: PageText.longest)
    full = name == clean ? nil : clean
  }

  func child(named key: String) -> Any? {
    switch key {
    case "name": name
    case "full": full ?? false
    default: nil
    }
  }
}

/// A row of a table.
///
/// It answers every name of a row, if only by `false`: what is missing would be looked for farther outside.
struct PageRow: MustacheParent {
  let row: Report.Row
  let lookup: Report.Lookup?
  let isOneDay: Bool
  /// The count that has the longest bar; nil without bars.
  let peak: Int?

  func child(named key: String) -> Any? {
    switch key {
    case "head": PageName(row.names.first ?? nil)
    case "names": row.names.dropFirst().map { PageName($0) }
    case "count": PageText.number(row.count)
    case "before": row.before.map(PageText.number) ?? ""
    case "tried": row.tried.map(PageText.number) ?? ""
    case "rate": row.tried == nil ? "" : TextTable.percent(row.rate)
    case "isNew": row.isNew
    case "first": moment(row.first, lookup?.first)
    case "last": moment(row.last, lookup?.last == lookup?.first ? nil : lookup?.last)
    case "bar": peak.map { Self.share(row.count, of: $0) } ?? false
    default: nil
    }
  }

  private func moment(_ time: LogTime, _ id: MessageID?) -> String {
    let clock = time.isKnown ? String(time.display.dropFirst(isOneDay ? 11 : 0)) : ""
    guard let id else { return clock }
    return "\(clock)\n\(PageText.clean(id.text))"
  }

  /// A count in percent of the greatest one, so that what is not nothing is seen.
  static func share(_ count: Int, of peak: Int) -> Any {
    guard count > 0, peak > 0 else { return false }
    return String(
      max(1, min(100, (Double(count) * 100 / Double(peak)).rounded())).description
        .prefix { $0 != "." })
  }
}

/// A table: its first rows, one row for all others, and behind it more of those.
struct PageTable {
  /// The most rows that are listed behind the table, so that a page can still be opened.
  static let mostFurther = 1000

  let id: String
  let title: String
  let caption: String
  /// What the names are of.
  let columns: [String]
  let label: String
  var hasBars = true
  var top: Int
  var hasFurther = true

  /// The values for the template; nil for a table without a row.
  func values(_ rows: [Report.Row], lookups: [Report.Lookup]) -> [String: Any]? {
    guard !rows.isEmpty else { return nil }
    let times = rows.prefix(top + Self.mostFurther).flatMap { [$0.first, $0.last] }
      .filter(\.isKnown)
    let isOneDay = Set(times.map { $0.display.prefix(10) }).count == 1
    let peak = hasBars ? rows.first?.count : nil
    func page(_ rows: ArraySlice<Report.Row>, _ peak: Int?) -> [PageRow] {
      rows.map { row in
        PageRow(
          row: row, lookup: row.lookup.map { lookups[$0] }, isOneDay: isOneDay, peak: peak)
      }
    }
    let rest = rows.dropFirst(top)
    let further = hasFurther ? rest.prefix(Self.mostFurther) : []
    var values: [String: Any] = [
      "id": id, "title": title, "caption": caption, "label": label,
      "columns": columns, "columnCount": columns.count,
      "hasBefore": rows.contains { $0.before != nil },
      "hasTried": rows.contains { ($0.tried ?? 0) > 0 },
      "hasTimes": !times.isEmpty, "hasLookups": rows.contains { $0.lookup != nil },
      "hasBars": hasBars,
      "rows": page(rows.prefix(top), peak),
      "more": more(rest) ?? false,
    ]
    values["further"] = false
    if !further.isEmpty {
      var table = values
      let last = PageText.number(top + further.count)
      table["id"] = id + "-further"
      table["title"] =
        "Rows \(PageText.number(top + 1)) to \(last) of \(PageText.number(rows.count))"
      table["caption"] = "\(title), rows \(PageText.number(top + 1)) to \(last)"
      table["hasBars"] = false
      table["rows"] = page(further, nil)
      table["more"] = more(rest.dropFirst(further.count)) ?? false
      values["further"] = table
    }
    return values
  }

  private func more(_ rows: ArraySlice<Report.Row>) -> [String: Any]? {
    guard !rows.isEmpty else { return nil }
    let sum = Report.Row(sumOf: rows)
    return [
      "number": PageText.number(rows.count), "count": PageText.number(sum.count),
      "before": sum.before.map(PageText.number) ?? "",
      "tried": sum.tried.map(PageText.number) ?? "",
      "rate": sum.tried == nil ? "" : TextTable.percent(sum.rate),
    ]
  }
}
