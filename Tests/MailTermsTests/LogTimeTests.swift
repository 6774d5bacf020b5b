import MailTerms
import Testing

@Suite struct `Log time` {
  @Test(
    arguments: [
      (1_795_486_296_934_000, 0, "2026-11-24T02:00:00+00:00"),
      (1_795_486_296_934_000, 19_800, "2026-11-24T07:00:00+05:30"),
      (1_795_486_296_934_000, -12_600, "2026-11-23T22:00:00-03:30"),
      (1_795_485_600_000_000, 0, "2026-11-24T02:00:00+00:00"),
      (1_795_485_599_999_999, 0, "2026-11-24T01:00:00+00:00"),
      (-1, 0, "1969-12-31T23:00:00+00:00"),
    ] as [(Int64, Int32, String)])
  func `begins its hour on the clock that wrote it`(
    microseconds: Int64, offset: Int32, hour: String
  ) {
    #expect(LogTime(microseconds: microseconds, utcOffset: offset).hour.rfc3339 == hour)
  }

  /// A damaged file can hold any number.
  @Test(arguments: [.min + 1, -9_223_372_036_854_775_000, .max] as [Int64])
  func `is written whatever it is`(microseconds: Int64) {
    #expect(!LogTime(microseconds: microseconds, utcOffset: 0).rfc3339.isEmpty)
  }

  @Test func `is unknown where there is none`() {
    #expect(!LogTime.unknown.isKnown)
    #expect(LogTime.unknown.rfc3339.isEmpty)
    #expect(LogTime.unknown.display == "-")
    #expect(LogTime.unknown.hour == .unknown)
    #expect(LogTime.unknown < LogTime(microseconds: -1, utcOffset: 0))
  }

  @Test func `is shown on its own clock`() {
    let time = LogTime(microseconds: 1_795_486_296_934_000, utcOffset: 3600)
    #expect(time.display == "2026-11-24 03:11:36")
    #expect(time.seconds == 1_795_486_296)
    #expect(LogTime(microseconds: -1, utcOffset: 0).seconds == -1)
  }

  @Test func `is ordered by the moment`() {
    let east = LogTime(microseconds: 1_000_000, utcOffset: 3600)
    let west = LogTime(microseconds: 2_000_000, utcOffset: -3600)
    #expect(east < west)
    #expect(!(west < east))
  }
}

@Suite struct `Calendar date` {
  /// Counts every day of six centuries by the rules of the calendar, and compares.
  @Test func `is right on every day from 1600 to 2200`() {
    var (year, month, day) = (1600, 1, 1)
    // 1600-01-01 is 135,140 days before 1970-01-01.
    var seconds: Int64 = -135_140 * 86_400
    var wrong = 0
    while year < 2200 {
      let second = Int(seconds.magnitude / 86_400 * 7919 % 86_400)
      let date = CalendarDate(year: year, month: month, day: day, secondOfDay: second)
      if date.seconds != seconds + Int64(second) { wrong += 1 }
      if CalendarDate(seconds: seconds + Int64(second)) != date { wrong += 1 }
      if !date.isValid { wrong += 1 }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      seconds += 86_400
      day += 1
      if day > lengths[month - 1] {
        if CalendarDate(year: year, month: month, day: day, secondOfDay: 0).isValid { wrong += 1 }
        (month, day) = (month + 1, 1)
      }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect(wrong == 0)
    #expect(seconds == 7_258_118_400)
  }

  @Test(arguments: [(0, 1, 0), (13, 1, 0), (1, 0, 0), (1, 32, 0), (1, 1, -1), (1, 1, 86_401)])
  func `can be none`(month: Int, day: Int, second: Int) {
    #expect(!CalendarDate(year: 2026, month: month, day: day, secondOfDay: second).isValid)
  }
}
