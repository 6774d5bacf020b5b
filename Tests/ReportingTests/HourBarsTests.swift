import MailTerms
@testable import Reporting
import TestSupport
import Testing

@Suite struct `Hours of a page` {
  /// The offset of Berlin's clock in autumn and spring 2026: it changes at 01:00 UTC on 29 March and 25 October.
  private static func berlin(_ seconds: Int64) -> Int32 {
    (1_774_746_000..<1_792_890_000).contains(seconds) ? 7200 : 3600
  }

  private func day(_ from: Int64, _ to: Int64, failures: [(Int64, Int)] = []) throws -> HourBars {
    var report = try report(smallLog)
    report.from = LogTime(microseconds: from * 1_000_000, utcOffset: Self.berlin(from))
    report.to = LogTime(microseconds: to * 1_000_000, utcOffset: Self.berlin(to))
    report.sections[0].byHour = failures.map { seconds, count in
      let time = LogTime(microseconds: seconds * 1_000_000, utcOffset: Self.berlin(seconds))
      return Report.Row(names: [time.rfc3339], count: count, first: time, last: time)
    }
    return HourBars(report, utcOffset: Self.berlin)
  }

  @Test func `are 25 where the clock is put back`() throws {
    let from: Int64 = 1_792_879_200
    let bars = try day(
      from, from + 25 * 3600, failures: [(from + 2 * 3600, 2), (from + 3 * 3600, 3)])
    #expect(bars.slots.count == 25)
    #expect(bars.slots[2].name == "2026-10-25 02:00 +02:00")
    #expect(bars.slots[3].name == "2026-10-25 02:00 +01:00")
    #expect(bars.slots[24].name == "2026-10-25 23:00 +01:00")
    #expect(bars.slots.map(\.count).prefix(5) == [0, 0, 2, 3, 0])
  }

  @Test func `are 23 where the clock is put forward`() throws {
    let from: Int64 = 1_774_738_800
    let bars = try day(from, from + 23 * 3600, failures: [(from + 3 * 3600, 5)])
    #expect(bars.slots.map(\.short).prefix(4) == ["00", "01", "03", "04"])
    #expect(bars.slots.count == 23)
    #expect(bars.slots[22].name == "2026-03-29 23:00 +02:00")
    #expect(bars.slots[3].count == 5)
  }

  @Test func `are all 24 of a day, also those without any failure`() throws {
    let from: Int64 = 1_795_474_800
    let bars = try day(from, from + 86_400, failures: [(from + 9 * 3600, 7)])
    #expect(bars.slots.map(\.name).first == "2026-11-24 00:00")
    #expect(bars.slots.map(\.name).last == "2026-11-24 23:00")
    #expect(bars.slots.map(\.count).reduce(0, +) == 7)
    #expect(bars.slots.count == 24)
    #expect(!bars.isByDay)
    #expect(try day(from, from + 86_400).values == nil)
  }

  @Test func `are days for a long time, and the last ones of a very long one`() throws {
    let from: Int64 = 1_795_474_800
    let month = try day(
      from, from + 30 * 86_400, failures: [(from + 9 * 3600, 7), (from + 86_400, 1)])
    #expect(month.isByDay)
    #expect(month.slots.map(\.count).prefix(3) == [7, 1, 0])
    #expect(month.slots.count == 30)
    let years = try day(from - 5000 * 86_400, from, failures: [(from - 3600, 2)])
    #expect(years.slots.count == 400)
    #expect(years.slots.last?.count == 2)
    #expect(years.isCut)
    // A clock that is far off is no reason to draw for ever.
    let odd = try day(-8_000_000_000_000, 8_000_000_000_000)
    #expect(odd.slots.count == 400)
  }
}
