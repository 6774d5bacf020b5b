internal import MailTerms

/// Reads the times that people give on the command line, in the process's time zone.
struct TimeWords {
  /// The present, in seconds since 1970.
  let now: Int64

  /// A moment in microseconds since 1970: `90m`, `24h`, `7d` ago, a date, or a date and time.
  func moment(_ word: String) -> Int64? {
    if let seconds = span(word) { return (now - seconds) * 1_000_000 }
    if word == "now" { return now * 1_000_000 }
    if let day = day(word) { return day.lowerBound }
    return stamp(word)
  }

  /// A day, from midnight to midnight: 23 or 25 hours where a clock changes.
  func day(_ word: String) -> Range<Int64>? {
    guard let date = date(word), let start = midnight(date), let end = midnight(date + 86_400),
      start < end
    else { return nil }
    return start..<end
  }

  /// The day before a day.
  func day(before word: String) -> Range<Int64>? {
    guard let date = date(word), let start = midnight(date - 86_400), let end = midnight(date),
      start < end
    else { return nil }
    return start..<end
  }

  /// `90m` and the like in seconds.
  private func span(_ word: String) -> Int64? {
    guard let unit = word.last, let number = Int64(word.dropLast()), number >= 0, number < 1_000_000
    else { return nil }
    switch unit {
    case "s": return number
    case "m": return number * 60
    case "h": return number * 3600
    case "d": return number * 86_400
    case "w": return number * 7 * 86_400
    default: return nil
    }
  }

  /// The date of a day, as seconds since 1970 without a zone.
  private func date(_ word: String) -> Int64? {
    if word == "today" || word == "yesterday" {
      let today = (now + Int64(SystemClock.utcOffset(at: now))) / 86_400 * 86_400
      return word == "today" ? today : today - 86_400
    }
    let parts = word.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, let year = Int(parts[0]),
      let month = Int(parts[1]),
      let day = Int(parts[2])
    else { return nil }
    let date = CalendarDate(year: year, month: month, day: day, secondOfDay: 0)
    return date.isValid ? date.seconds : nil
  }

  /// The first moment of a date: where a clock is put forward at midnight, that is one o'clock.
  private func midnight(_ date: Int64) -> Int64? {
    let calendar = LogTime(microseconds: date * 1_000_000, utcOffset: 0).display
    guard var moment = stamp(calendar) else { return nil }
    func isBefore(_ moment: Int64) -> Bool {
      let seconds = floorDivide(moment, 1_000_000)
      return seconds + Int64(SystemClock.utcOffset(at: seconds)) < date
    }
    // Clocks change by quarters of an hour, and by a day at most.
    for _ in 0..<96 where isBefore(moment) { moment += 900 * 1_000_000 }
    return moment
  }

  /// `2026-11-22 14:00`, with seconds, with `T`, and with a zone if need be.
  private func stamp(_ word: String) -> Int64? {
    var text = Array(word.utf8)
    guard text.count >= 16 else { return nil }
    if text.count == 16 { text += Array(":00".utf8) }
    var reader = TimeReader(reference: now)
    let none: [UInt8] = []
    let time = reader.read(text.span, zone: none.span)
    return time.isKnown ? time.microseconds : nil
  }
}
