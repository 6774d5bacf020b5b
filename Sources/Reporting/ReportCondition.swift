internal import Correlation

/// When a report is worth writing: one of some comparisons holds, such as `failures>10` or `rate>=5`.
package struct ReportCondition: Sendable {
  /// A figure of a report.
  package enum Figure: String, Sendable, CaseIterable {
    case failures, deferrals, refusals, callouts, local, expired
    case messages, tried, delivered, deferred, failed, rejected
    /// Failures in percent of what was tried.
    case rate
    /// Pairs of remote host and sender domain that are new.
    case new
    /// How many failures more than in the period before.
    case change
    /// Lines that were not recognised, in percent.
    case unrecognised
    /// Lines that syslog dropped.
    case lost

    /// Its value in a report.
    func value(in report: Report) -> Double {
      func total(_ section: Section) -> Double { Double(report.sections[section.rawValue].total) }
      switch self {
      case .failures: return total(.failures)
      case .deferrals: return total(.deferrals)
      case .refusals: return total(.refusals)
      case .callouts: return total(.callouts)
      case .local: return total(.local)
      case .expired: return total(.expired)
      case .messages: return Double(report.totals.messages)
      case .tried: return Double(report.totals.tried)
      case .delivered: return Double(report.totals.delivered)
      case .deferred: return Double(report.totals.deferred)
      case .failed: return Double(report.totals.failed)
      case .rejected: return Double(report.totals.rejected)
      case .rate: return (report.rate ?? 0) * 100
      case .new: return Double(report.failures.byPair.count { $0.isNew })
      case .change: return Double(report.change ?? report.failures.total)
      case .unrecognised: return (report.input.unrecognisedShare ?? 0) * 100
      case .lost: return Double(report.input.lost)
      }
    }
  }

  private enum Comparison: String, CaseIterable, Sendable {
    // The longer ones first: they begin like the others.
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"
    case equal = "="
  }

  private var terms: [(figure: Figure, comparison: Comparison, number: Double)] = []

  /// Reads words such as `failures`, which means more than 0, or `rate>5,new`; one that holds is enough.
  ///
  /// - Returns: nil for words that are no comparison.
  package init?(_ words: [String]) {
    for word in words.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let text = word.filter { $0 != " " }
      let name = text.prefix { $0.isLetter }
      guard let figure = Figure(rawValue: String(name)) else { return nil }
      var rest = text.dropFirst(name.count)
      if rest.isEmpty {
        terms.append((figure, .above, 0))
        continue
      }
      guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) })
      else { return nil }
      rest = rest.dropFirst(comparison.rawValue.count)
      if rest.last == "%" { rest = rest.dropLast() }
      guard let number = Double(rest), number.isFinite else { return nil }
      terms.append((figure, comparison, number))
    }
    if terms.isEmpty { return nil }
  }

  /// Whether one of the comparisons holds.
  package func holds(for report: Report) -> Bool {
    terms.contains { term in
      let value = term.figure.value(in: report)
      switch term.comparison {
      case .atLeast: return value >= term.number
      case .atMost: return value <= term.number
      case .above: return value > term.number
      case .below: return value < term.number
      case .equal: return value == term.number
      }
    }
  }
}

extension Report {
  /// The share of the recipients tried that failed as was asked for; nil where none was tried.
  package var rate: Double? {
    totals.tried > 0 && failures.total <= totals.tried
      ? Double(failures.total) / Double(totals.tried) : nil
  }

  /// How many failures more than in the period before; nil where nothing is compared.
  package var change: Int? { previous.map { failures.total - $0.failures } }
}

extension Report.Input {
  /// The share of the lines that was not recognised; nil without lines.
  package var unrecognisedShare: Double? {
    lines > 0 ? Double(unrecognised) / Double(lines) : nil
  }
}
