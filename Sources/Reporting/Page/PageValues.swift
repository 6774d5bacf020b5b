internal import Aggregation
internal import Correlation
internal import MailTerms

/// The values of a report for the templates of the page and of the mail.
///
/// All texts are clean; there are only texts, truth values, lists and tables of such.
struct PageValues {
  let report: Report
  let top: Int
  let utcOffset: (Int64) -> Int32

  private var label: String { report.codes.joined(separator: ",") }

  /// All of them.
  var all: [String: Any] {
    let verdict = Verdict(report)
    var values: [String: Any] = [
      "verdict": PageText.clean(verdict.sentence), "meaning": Self.word(verdict.meaning),
      "band": Self.colour(verdict.meaning),
      "edge": PageText.clean(report.edge), "label": label,
      "period": PageText.period(from: report.from, to: report.to) ?? false,
      "span": span ?? false, "generated": report.generatedAt.display,
      "worst": worst ?? false, "tiles": tiles, "hasPrevious": report.previous != nil,
      "previous": previousDay ?? false, "knownSince": knownSince ?? false,
      "hours": HourBars(report, utcOffset: utcOffset).values ?? false,
      "tables": tables, "none": none ?? false, "others": others,
      "hasOthers": !others.isEmpty,
      "notices": notices ?? false, "input": input,
    ]
    values["lookUp"] =
      report.failures.byPair.first.flatMap { report.failures.lookup($0) }
      .map { PageText.clean($0.first.text) } ?? false
    return values
  }

  static func word(_ meaning: TextStyle.Meaning) -> String {
    switch meaning {
    case .failure: "bad"
    case .good: "good"
    default: "unsure"
    }
  }

  /// The colour of the verdict's band where there is no style sheet; white stands well on each.
  private static func colour(_ meaning: TextStyle.Meaning) -> String {
    switch meaning {
    case .failure: "#a32019"
    case .good: "#1b6a3c"
    default: "#74510a"
    }
  }

  private var span: String? {
    guard let from = report.from, let to = report.to else { return nil }
    return "\(from.display) to \(to.display)"
  }

  /// The pair with most failures, for whom the verdict is.
  private var worst: [String: Any]? {
    guard let row = report.failures.byPair.first else { return nil }
    let names = row.names.map { PageName($0 ?? "(no host)") }
    return [
      "host": names[0], "domain": names[1], "count": PageText.number(row.count),
      "before": row.before.map { PageText.number($0) } ?? false, "isNew": row.isNew,
      "first": row.first.isKnown ? row.first.display : false,
      "last": row.last.isKnown ? row.last.display : false,
    ]
  }

  private var previousDay: String? {
    report.previous.flatMap { PageText.period(from: $0.from, to: $0.to) }
  }

  private var knownSince: String? {
    guard let previous = report.previous, let since = previous.knownSince, since > previous.from
    else { return nil }
    return since.display
  }

  private var tiles: [[String: Any]] {
    let now = report.totals
    let old = report.previous?.totals
    let rate = report.rate.map { "\(PageText.share($0)) of the tried" }
    let tiles = [
      tile("tried", now.tried, old?.tried), tile("delivered", now.delivered, old?.delivered),
      tile("deferred", now.deferred, old?.deferred), tile("failed", now.failed, old?.failed),
      tile("with \(label)", report.failures.total, report.previous?.failures, rate, isMain: true),
      now.inProgress.map { tile("in progress", $0, old?.inProgress) },
      tile("rejected", now.rejected, old?.rejected),
    ]
    return tiles.compactMap { $0 }
  }

  private func tile(
    _ name: String, _ now: Int, _ old: Int?, _ note: String? = nil, isMain: Bool = false
  ) -> [String: Any] {
    [
      "name": name, "count": PageText.number(now), "note": note ?? false, "isMain": isMain,
      "before": old.map { PageText.number($0) } ?? false,
      "change": old.map { PageText.change(now - $0) } ?? false,
    ]
  }

  // MARK: Tables

  private var tables: [[String: Any]] {
    let failures = report.failures
    let noun = "failures with \(label)"
    func table(
      _ id: String, _ title: String, _ columns: [String], _ rows: [Report.Row],
      hasBars: Bool = true
    ) -> [String: Any]? {
      let of = PageText.count(rows.count, "row")
      return PageTable(
        id: id, title: title, caption: "\(noun) by \(columns.joined(separator: ", ")), \(of)",
        columns: columns, label: label,
        hasBars: hasBars, top: top
      ).values(rows, lookups: failures.lookups)
    }
    var tables = [
      table(
        "pairs", "By remote host and sender domain", ["remote host", "sender domain"],
        failures.byPair, hasBars: false),
      table("hosts", "By remote host", ["remote host"], failures.byRemoteHost),
      table("senders", "By sender domain", ["sender domain"], failures.bySenderDomain),
      table(
        "recipients", "By recipient domain", ["recipient domain"], failures.byRecipientDomain),
      table("reasons", "By reason", ["reason"], failures.byReason),
      table("replies", "Replies", ["reply"], failures.byReply),
      table(
        "forwards", "Servers say, not checked: mail to", ["address"], failures.forwardPaths,
        hasBars: false),
    ]
    if failures.byCode.count > 1 {
      tables.append(table("codes", "By code", ["code"], failures.byCode))
    }
    if !report.dimensions.isEmpty {
      let names = report.dimensions.map { $0.rawValue.split(separator: "-").joined(separator: " ") }
      tables.append(
        table(
          "groups", "By " + names.joined(separator: ", "), names, failures.byGroup, hasBars: false))
    }
    return tables.compactMap(\.self)
  }

  /// What stands where there is no table.
  private var none: String? {
    guard report.failures.total == 0 else { return nil }
    return report.input.lines > 0
      ? "No remote host refused a recipient with \(label) in what was read of this period."
      : "Nothing was read."
  }

  private var notices: [String: Any]? {
    guard let notices = report.notices, notices.messages > 0 else { return nil }
    let rows: [(String, Int)] = [
      ("messages that failed", notices.messages), ("bounces made", notices.bounced),
      ("of these delivered", notices.bounces(.delivered)),
      ("of these deferred", notices.bounces(.deferred)),
      ("of these failed or frozen", notices.bounces(.failed)),
      ("of these not delivered yet", notices.bounces(.underway)),
      ("nobody was told", notices.untold), ("without a sender to tell", notices.withoutSender),
    ]
    return [
      "sentence": PageText.clean(notices.sentence),
      "rows": rows.map { ["name": $0.0, "count": PageText.number($0.1)] },
    ]
  }

  private var others: [[String: Any]] {
    report.sections.compactMap { section in
      guard section.section != .failures, section.total > 0 else { return nil }
      let number = section.total
      let (title, rows): (String, [Report.Row]) =
        switch section.section {
        case .deferrals: (PageText.count(number, "deferral"), section.byRemoteHost)
        case .refusals: (PageText.count(number, "client") + " refused by us", section.byRemoteHost)
        case .callouts: (PageText.count(number, "callout") + " answered", section.byRemoteHost)
        case .local: (PageText.count(number, "local failure"), section.byReply)
        case .expired:
          (PageText.count(number, "recipient") + " given up after retries", section.byRemoteHost)
        case .failures: ("", [])
        }
      let word = section.section.word.string
      let name =
        section.section == .local
        ? "reply" : section.section == .refusals ? "client" : "remote host"
      var table = PageTable(
        id: word, title: title,
        caption: "\(word) with \(label), \(PageText.count(section.attempts, "line"))",
        columns: [name], label: label,
        hasBars: false, top: min(top, 5))
      table.hasFurther = false
      return [
        "title": title, "word": word, "total": PageText.number(number),
        "attempts": PageText.count(section.attempts, "line"),
        "table": table.values(rows, lookups: section.lookups) ?? false,
      ]
    }
  }
}
