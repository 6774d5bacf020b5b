/// A moment that a log line names, with the offset from UTC of the clock that wrote it.
@usableFromInline package struct LogTime: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// Microseconds since 1970-01-01 00:00 UTC; `Int64.min` where the line has no time.
  @usableFromInline package var microseconds: Int64
  /// The clock's offset from UTC in seconds, east positive.
  @usableFromInline package var utcOffset: Int32

  /// The time of a line that has none.
  @inlinable package static var unknown: LogTime { LogTime(microseconds: .min, utcOffset: 0) }

  /// Makes a time from its two parts.
  @inlinable package init(microseconds: Int64, utcOffset: Int32) {
    self.microseconds = microseconds
    self.utcOffset = utcOffset
  }

  /// Whether the line had a time.
  @inlinable package var isKnown: Bool { microseconds != .min }

  /// Whole seconds since 1970-01-01 00:00 UTC, rounded down.
  @inlinable package var seconds: Int64 {
    microseconds == .min ? .min : floorDivide(microseconds, 1_000_000)
  }

  /// Orders by the moment alone.
  @inlinable package static func < (a: LogTime, b: LogTime) -> Bool {
    a.microseconds < b.microseconds
  }

  /// The start of the hour on the clock that wrote the line.
  package var hour: LogTime {
    guard isKnown else { return self }
    let local = seconds + Int64(utcOffset)
    return LogTime(
      microseconds: (floorDivide(local, 3600) * 3600 - Int64(utcOffset)) * 1_000_000,
      utcOffset: utcOffset)
  }

  /// The RFC 3339 form, such as `2026-11-24T02:11:37.079+00:00`; a fraction only where there is one.
  package var rfc3339: String {
    guard isKnown else { return "" }
    let calendar = CalendarDate(seconds: seconds + Int64(utcOffset))
    // Of the earliest times the product is none that fits.
    let fraction = Int(microseconds &- seconds &* 1_000_000)
    guard (0...9999).contains(calendar.year) else {
      return "\(calendar.date)T\(calendar.clock)" + Self.tail(fraction, utcOffset)
    }
    // Reports have hundreds of thousands of them: the digits are put in where they stand.
    let form: StaticString = "0000-00-00T00:00:00+00:00"
    let isPlain = fraction == 0 && utcOffset == 0
    let length = isPlain ? form.utf8CodeUnitCount : form.utf8CodeUnitCount - 6
    let text = unsafe String(unsafeUninitializedCapacity: length) { bytes in
      for place in 0..<length { unsafe bytes[place] = form.utf8Start[place] }
      func put(_ value: Int, _ width: Int, at start: Int) {
        var value = value
        for place in (start..<(start + width)).reversed() {
          unsafe bytes[place] = UInt8(truncatingIfNeeded: 48 + value % 10)
          value /= 10
        }
      }
      put(calendar.year, 4, at: 0)
      put(calendar.month, 2, at: 5)
      put(calendar.day, 2, at: 8)
      put(calendar.secondOfDay / 3600, 2, at: 11)
      put(calendar.secondOfDay / 60 % 60, 2, at: 14)
      put(calendar.secondOfDay % 60, 2, at: 17)
      return length
    }
    return isPlain ? text : text + Self.tail(fraction, utcOffset)
  }

  /// Fraction and zone, such as `.079+00:00`.
  private static func tail(_ fraction: Int, _ utcOffset: Int32) -> String {
    var text = ""
    if fraction % 1000 != 0 {
      text += ".\(padded(fraction, 6))"
    } else if fraction != 0 {
      text += ".\(padded(fraction / 1000, 3))"
    }
    let minutes = abs(Int(utcOffset)) / 60
    return text + (utcOffset < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":"
      + padded(minutes % 60, 2)
  }

  /// The form for people, `2026-11-24 02:11:37` on the log's own clock.
  package var display: String {
    guard isKnown else { return "-" }
    let calendar = CalendarDate(seconds: seconds + Int64(utcOffset))
    return "\(calendar.date) \(calendar.clock)"
  }
}

/// A date of the proleptic Gregorian calendar and a time of day, without a zone.
package struct CalendarDate: Equatable, Sendable {
  /// The year, such as 2026.
  package var year: Int
  /// The month, 1...12.
  package var month: Int
  /// The day of the month, 1...31.
  package var day: Int
  /// The seconds since midnight, 0...86399.
  package var secondOfDay: Int

  /// Makes a date from its parts.
  package init(year: Int, month: Int, day: Int, secondOfDay: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.secondOfDay = secondOfDay
  }

  /// The date of a count of seconds since 1970-01-01 00:00.
  package init(seconds: Int64) {
    let days = floorDivide(seconds, 86_400)
    secondOfDay = Int(seconds - days * 86_400)
    // Days are counted from 0000-03-01, so that a leap day ends its year (Howard Hinnant's method).
    let shifted = Int(days) + 719_468
    let era = Int(floorDivide(Int64(shifted), 146_097))
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Seconds from 1970-01-01 00:00 to this date, both without a zone.
  package var seconds: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = Int(floorDivide(Int64(shiftedYear), 400))
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468) * 86_400 + Int64(secondOfDay)
  }

  /// Whether the date exists in the calendar.
  package var isValid: Bool {
    guard (1...12).contains(month), day >= 1, (0..<86_401).contains(secondOfDay) else {
      return false
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return day <= days[month - 1]
  }

  /// Such as `2026-11-24`.
  package var date: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  /// Such as `02:11:37`.
  package var clock: String {
    "\(padded(secondOfDay / 3600, 2)):\(padded(secondOfDay / 60 % 60, 2)):\(padded(secondOfDay % 60, 2))"
  }
}

/// The quotient of two numbers, rounded down; the divisor is positive.
@inlinable package func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let quotient = a / b
  return a % b < 0 ? quotient - 1 : quotient
}

func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
