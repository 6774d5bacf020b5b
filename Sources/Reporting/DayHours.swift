internal import MailTerms

/// A day's failures by the hour of the log's clock.
package struct DayHours: Sendable {
  /// The date, such as `2026-11-22`.
  package var date: String
  /// The counts from hour 0 on; where a clock is put back, the hour that comes twice holds both.
  package var counts: [Int]

  /// The days of a section on which something was counted, in their order.
  package static func days(of section: Report.SectionTables) -> [DayHours] {
    var days: [DayHours] = []
    for row in section.byHour where row.first.isKnown {
      let display = row.first.display
      let date = String(display.prefix(10))
      if days.last?.date != date {
        days.append(DayHours(date: date, counts: Array(repeating: 0, count: 24)))
      }
      if let hour = Int(display.dropFirst(11).prefix(2)), hour < 24 {
        days[days.count - 1].counts[hour] += row.count
      }
    }
    return days
  }

  /// A bar of eight heights; what is not nothing is seen.
  static func bar(_ count: Int, of peak: Int) -> String {
    guard count > 0 else { return "." }
    let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return bars[max(0, min(7, (count * 8 + peak - 1) / max(1, peak) - 1))]
  }
}
