internal import MailTerms

/// The failures of a period by the hour, those without any too; of a long period by the day.
struct HourBars {
  /// An hour or a day.
  struct Slot: Equatable {
    /// Such as `09`, or `22` for a day.
    var short: String
    /// Such as `2026-11-22 09:00`.
    var name: String
    var count: Int
    /// Its first hour of the day, or day of the month, is a good place for a mark below.
    var isMark: Bool
  }

  /// More hours than these are shown by the day.
  static let mostHours = 8 * 25
  private static let mostDays = 400
  /// More bars than these are not drawn with the cells of tables, of which each takes much room.
  private static let mostInMail = 62

  private(set) var slots: [Slot] = []
  private(set) var isByDay = false
  /// Days before those shown are left out.
  private(set) var isCut = false

  /// Finds the hours.
  ///
  /// - Parameter utcOffset: the offset of the clock at some seconds since 1970. It is asked only within a
  ///   period at whose ends the offsets differ, since then some hour comes twice or not at all.
  init(_ report: Report, utcOffset: (Int64) -> Int32) {
    let rows = report.failures.byHour.filter(\.first.isKnown)
    // A period from which no line is known has no hours.
    let known = [report.from, report.to].compactMap(\.self).filter(\.isKnown)
    guard let start = (known + rows.map(\.first)).min()?.hour else { return }
    var end = known.last?.seconds ?? start.seconds
    if let last = rows.last { end = max(end, last.first.seconds + 3600) }
    // A clock may be far off.
    guard end > start.seconds else { return }
    let count = max(1, (end - start.seconds + 3599) / 3600)
    let offsets = Set(known.map(\.utcOffset)).union(rows.map(\.first.utcOffset))
    // The log's own clock, if it was never put forward or back.
    let fixed =
      Set(known.map(\.utcOffset)).count > 1 || Set(rows.map(\.first.utcOffset)).count > 1
      ? nil : rows.first?.first.utcOffset ?? start.utcOffset
    guard count <= Self.mostHours else {
      isByDay = true
      addDays(rows, from: start, to: end, offset: known.last?.utcOffset ?? start.utcOffset)
      return
    }
    var counts = Array(repeating: 0, count: Int(count))
    for row in rows {
      let index = Int(floorDivide(row.first.seconds - start.seconds, 3600))
      if counts.indices.contains(index) { counts[index] += row.count }
    }
    for (index, count) in counts.enumerated() {
      let seconds = start.seconds + Int64(index) * 3600
      let offset = fixed ?? utcOffset(seconds)
      let time = LogTime(microseconds: seconds * 1_000_000, utcOffset: offset)
      let hour = String(time.display.dropFirst(11).prefix(2))
      // The offset tells the two hours apart that a clock put back shows alike.
      let zone = offsets.count == 1 ? "" : " " + time.rfc3339.suffix(6)
      slots.append(
        Slot(
          short: hour, name: String(time.display.prefix(16)) + zone, count: count,
          isMark: (Int(hour) ?? 0) % 3 == 0))
    }
  }

  private mutating func addDays(
    _ rows: [Report.Row], from start: LogTime, to end: Int64, offset: Int32
  ) {
    var counts: [Substring: Int] = [:]
    for row in rows { counts[row.first.display.prefix(10), default: 0] += row.count }
    let first = floorDivide(start.seconds + Int64(start.utcOffset), 86_400)
    let last = max(first, floorDivide(end - 1 + Int64(offset), 86_400))
    isCut = last - first >= Int64(Self.mostDays)
    for day in max(first, last - Int64(Self.mostDays) + 1)...last {
      let date = CalendarDate(seconds: day * 86_400).date
      slots.append(
        Slot(
          short: String(date.suffix(2)), name: date, count: counts[date[...]] ?? 0,
          isMark: date.hasSuffix("-01") || date.hasSuffix("-15")))
    }
  }

  /// The greatest count.
  var peak: Int { slots.map(\.count).max() ?? 0 }

  /// The values for the template; nil where nothing is to be seen.
  var values: [String: Any]? {
    guard peak > 0, let best = slots.firstIndex(where: { $0.count == peak }) else { return nil }
    let width = 100 / Double(slots.count)
    var bars: [[String: Any]] = []
    var marks: [[String: Any]] = []
    for (index, slot) in slots.enumerated() {
      let left = Double(index) * width
      if slot.count > 0 {
        let height = max(1.5, Double(slot.count) * Self.height / Double(peak))
        bars.append([
          "x": Self.percent(left + width * 0.1), "y": Self.percent(Self.height - height + 4),
          "width": Self.percent(width * 0.8), "height": Self.percent(height), "name": slot.name,
          "count": PageText.number(slot.count), "isPeak": index == best,
        ])
      }
      if slot.isMark {
        marks.append([
          "x": Self.percent(left), "name": isByDay ? String(slot.name.dropFirst(5)) : slot.short,
        ])
      }
    }
    let step = (marks.count + 7) / 8
    return [
      "unit": isByDay ? "day" : "hour", "number": slots.count, "bars": bars,
      "marks": marks.enumerated().filter { $0.offset % step == 0 }.map(\.element),
      "peak": PageText.number(peak), "peakName": slots[best].name, "isCut": isCut,
      "isShort": slots.count <= Self.mostInMail,
      "slots": slots.map { slot -> [String: Any] in
        [
          "name": slot.name, "short": slot.short, "count": PageText.number(slot.count),
          "height": slot.count > 0 ? max(2, slot.count * 60 / peak) : false, "isMark": slot.isMark,
        ]
      },
    ]
  }

  /// The part of the drawing's height that the longest bar takes, in percent.
  private static let height = 80.0

  private static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100)" + (rest == 0 ? "" : ".\(rest < 10 ? "0" : "")\(rest)")
  }
}
