internal import Correlation
internal import MailTerms

/// What stands below the tables.
extension TextRenderer {
  /// Which messages to look up for the worst pair.
  mutating func lookUp(_ section: Report.SectionTables) {
    guard let worst = section.byPair.first, let lookup = section.lookup(worst) else { return }
    let ids = [lookup.first, lookup.last].map { TerminalText.clean($0.text) }
    let more = ids[0] == ids[1] ? "" : ", last \(ids[1])"
    line()
    sentence("The first one there: bouncelog trace \(ids[0])\(more)")
  }

  mutating func replies(_ section: Report.SectionTables) {
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

  /// Bars by the hour of the day, one row a day; of many days the last ones.
  mutating func hours(_ section: Report.SectionTables) {
    let days = DayHours.days(of: section)
    guard let peak = days.flatMap(\.counts).max(), peak > 0, style.columns >= 44 else { return }
    line()
    line(style.paint("By hour       00    06    12    18", .strong))
    for day in days.suffix(style.top) {
      let best = day.counts.indices.max { day.counts[$0] < day.counts[$1] } ?? 0
      let bars = day.counts.map { DayHours.bar($0, of: peak) }.joined()
      let note = "most \(day.counts[best]) at \(best < 10 ? "0" : "")\(best)"
      line("  \(day.date)  \(bars)  \(note)".prefixColumns(style.columns))
    }
    if days.count > style.top { line("  (\(days.count - style.top) earlier days)") }
  }

  /// Whether the senders were told.
  mutating func notices(_ report: Report) {
    guard let notices = report.notices, notices.messages > 0 else { return }
    line()
    sentence(notices.sentence)
  }

  mutating func otherSections(_ report: Report, _ label: String) {
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
    for section in report.sections where section.total > 0 {
      let title: String
      switch section.section {
      case .deferrals: title = "Deferrals, remote host"
      case .refusals: title = "Refused clients"
      case .callouts: title = "Callouts, remote host"
      case .local: title = "Local failures"
      case .expired: title = "Given up, remote host"
      case .failures: continue
      }
      let rows = section.section == .local ? section.byReply : section.byRemoteHost
      table(title, rows.map(\.withoutTried), label, top: 5)
    }
  }

  mutating func totals(_ report: Report) {
    let totals = report.totals
    line()
    sentence(
      "All recipients: \(totals.tried) tried, \(totals.delivered) delivered, \(totals.failed) failed,"
        + " \(totals.deferred) deferred")
    let inProgress = totals.inProgress.map { ", in progress \($0)" } ?? ""
    sentence("Messages: \(totals.messages)\(inProgress); clients refused: \(totals.rejected)")
  }

  mutating func input(_ report: Report) {
    let input = report.input
    var files = input.files.prefix(4).map { TerminalText.clean($0) }.joined(separator: ", ")
    if input.files.count > 4 { files += " and \(input.files.count - 4) more" }
    let share = input.unrecognisedShare.flatMap { $0 > 0 ? " = " + TextTable.percent($0) : nil }
    sentence(
      "Read: \(files) (\(count(input.lines, "line")), \(input.unrecognised) not recognised\(share ?? ""))"
    )
    if style.isQuiet { return }
    if input.passedOver > 0 {
      sentence("Left out: \(count(input.passedOver, "file")) with no line of the period")
    }
    if let silence = input.silence {
      sentence(
        "Longest silence: \(Silences.span(silence.seconds)), \(silence.from.display) to \(silence.to.display)"
      )
    }
    if input.unrecognised > 0 {
      for example in input.examples.prefix(3) {
        line(
          style.paint("  ? " + TerminalText.clean(example).prefixColumns(style.columns - 4), .faint)
        )
      }
    }
    for warning in input.warnings { sentence("Warning: " + warning, .warning) }
  }
}

extension Report.Input {
  /// What makes the figures less than sure, as clean text.
  package var warnings: [String] {
    func count(_ number: Int, _ noun: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
    var warnings: [String] = []
    if cut > 0 { warnings.append("\(count(cut, "line")) longer than 64 KiB cut") }
    if lost > 0 { warnings.append("syslog lost \(count(lost, "line")): counts are a lower bound") }
    if evicted > 0 {
      warnings.append("\(count(evicted, "open message")) forgotten: too many at a time")
    }
    for (pattern, times) in limits {
      let name = TerminalText.clean(pattern)
      warnings.append("pattern \(name) given up \(count(times, "time")): too costly")
    }
    return warnings
  }
}

extension NoticeCounts {
  /// Whether the senders were told, as a sentence.
  package var sentence: String {
    var fates: [String] = []
    for (fate, word) in [
      (Fate.delivered, "delivered"), (.deferred, "deferred"), (.failed, "failed or frozen"),
      (.underway, "not delivered yet"),
    ] where bounces(fate) > 0 {
      fates.append("\(bounces(fate)) \(word)")
    }
    var text = "Senders told: \(bounced) of \(messages) message\(messages == 1 ? "" : "s")"
    if !fates.isEmpty { text += " (bounces: \(fates.joined(separator: ", ")))" }
    if untold > 0 { text += ", \(untold) not" }
    if withoutSender > 0 { text += ", \(withoutSender) had no sender to tell" }
    return text
  }
}

extension Silences {
  /// A length of time in words, such as `2 h 05 min`.
  package static func span(_ seconds: Int64) -> String {
    let minutes = seconds / 60
    if minutes < 60 { return "\(minutes) min" }
    if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
    return "\(minutes / 1440) d \(minutes % 1440 / 60) h"
  }
}
