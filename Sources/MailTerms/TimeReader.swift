internal import Glibc

/// Reads the time stamps that Exim and syslog daemons write, into `LogTime`.
///
/// Forms: `2026-11-24 02:11:36[.934]`, the same with `T` between date and time, Sophos'
/// `2026:11:24-02:11:36`, RFC 3164's `Nov 24 02:11:36[.934]` without a year, the month in other languages too,
/// and journald's seconds since 1970, `1761383999.123456`. A stamp without a zone is taken in the process's time zone (`TZ`); where a
/// clock that was set back makes it two moments, it is the later one that does not lie behind the
/// reference, whatever the lines around it say. A reader remembers what it worked out last, so that each
/// worker needs its own.
package struct TimeReader: Sendable {
  /// The moment from which a missing year is worked out: seconds since 1970, UTC.
  package var reference: Int64 {
    didSet {
      // Of a stamp without a year it tells which one is meant.
      if reference != oldValue { (evenMinute, oddMinute) = (Minute(), Minute()) }
    }
  }
  /// The year of stamps that have none, where the user gave it.
  package var fixedYear: Int?

  /// A quarter of an hour on the process's clock, by its number since 1970: clocks are put forward and back at
  /// such times.
  private struct Quarter: Sendable {
    var number = Int64.min
    /// The offset from UTC, and where the clock shows the quarter twice that of the second time.
    var offset: Int32 = 0
    var laterOffset: Int32 = 0
  }
  // The quarter that was converted last, and others before it.
  private var quarter = Quarter()
  private var knownQuarters = InlineArray<64, Quarter>(repeating: Quarter())
  /// A minute that was read from an ISO stamp: its sixteen bytes, and its seconds since 1970, local.
  private struct Minute: Sendable {
    var bytes: (UInt64, UInt64) = (0, 0)
    var seconds = Int64.min
    /// The offset from UTC in the process's zone, once it is worked out.
    var utcOffset: Int32?

    /// The time of a second of the minute, given as its two digits, if the stamp is of this minute.
    @inline(__always) func time(
      _ first: UInt64, _ second: UInt64, _ ten: UInt8, _ one: UInt8
    ) -> LogTime? {
      guard first == bytes.0, second == bytes.1, let utcOffset, ten &- 48 < 6, one &- 48 < 10
      else { return nil }
      let time = seconds &+ Int64(ten &- 48) &* 10 &+ Int64(one &- 48) &- Int64(utcOffset)
      return LogTime(microseconds: time &* 1_000_000, utcOffset: utcOffset)
    }
  }
  // Of the last minutes one even and one odd: lines of neighbouring minutes are mixed at their border.
  private var evenMinute = Minute()
  private var oddMinute = Minute()

  // The zone of the last stamp with microseconds and a zone, as its six bytes, and its offset from UTC.
  private var zoneBytes: UInt64 = 0
  private var zoneOffset: Int32 = 0

  // The last day of a stamp without a year: its six bytes, the moment it was worked out from, and its
  // seconds since 1970, local.
  private var cachedDay: UInt64 = 0
  private var cachedDayReference = Int64.min
  private var cachedDaySeconds = Int64.min

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - reference: a stamp without a year belongs to the year before, if it would lie more than a day
  ///     behind this moment (seconds since 1970); the file's modification time, or now.
  ///   - fixedYear: takes precedence over `reference`.
  package init(reference: Int64, fixedYear: Int? = nil) {
    self.reference = reference
    self.fixedYear = fixedYear
  }

  /// Reads one stamp.
  ///
  /// - Parameters:
  ///   - stamp: the bytes of date and time, with the fraction if any and, for the `T` form, the zone.
  ///   - zone: `+0100`, `+01:00`, `+01`, `Z`, `UTC` or `GMT`, where it stands apart; may be empty.
  /// - Returns: `.unknown` where the bytes are no date that exists.
  package mutating func read(_ stamp: Span<UInt8>, zone: Span<UInt8>) -> LogTime {
    if stamp.count == 15, zone.isEmpty {
      let time = known(word(stamp, 0), UInt64(four(stamp, 8)) << 32, stamp[13], stamp[14])
      if let time { return time }
    } else if stamp.count == 19, zone.isEmpty {
      let time = known(word(stamp, 0), word(stamp, 8), stamp[17], stamp[18])
      if let time { return time }
    } else if stamp.count == 32, zone.isEmpty {
      let time = known(word(stamp, 0), word(stamp, 8), word(stamp, 16), word(stamp, 24))
      if let time { return time }
    }
    if stamp.count < 24, let time = unixTime(stamp) { return time }
    guard stamp.count >= 14 else { return .unknown }
    var at = 0
    guard let local = isDigit(stamp[0]) ? isoSeconds(stamp, &at) : syslogSeconds(stamp, &at) else {
      return Self.usual(stamp).map { read($0.span, zone: zone) } ?? .unknown
    }
    var fraction: Int64 = 0
    if at < stamp.count, stamp[at] == UInt8(ascii: ".") || stamp[at] == UInt8(ascii: ",") {
      at += 1
      var unit: Int64 = 100_000
      while at < stamp.count, isDigit(stamp[at]) {
        fraction += Int64(stamp[at] - 48) * unit
        unit /= 10
        at += 1
      }
    }
    let offset: Int32
    if !zone.isEmpty {
      guard let value = zoneOffset(zone, from: 0) else { return .unknown }
      offset = value
    } else if at < stamp.count {
      guard let value = zoneOffset(stamp, from: at) else { return .unknown }
      offset = value
      if at == 26, stamp.count == 32 { (zoneBytes, zoneOffset) = (word(stamp, 24) >> 16, value) }
    } else {
      offset = localOffset(local)
      if stamp.count == 15 {
        keepMinute(of: stamp, local, offset)
      } else if isDigit(stamp[0]) {
        note(utcOffset: offset, ofMinute: word(stamp, 8))
      }
    }
    return LogTime(microseconds: (local - Int64(offset)) * 1_000_000 + fraction, utcOffset: offset)
  }

  /// Seconds since 1970 with a fraction; nil for any other form.
  private func unixTime(_ stamp: Span<UInt8>) -> LogTime? {
    var seconds: Int64 = 0
    var at = 0
    while at < stamp.count, isDigit(stamp[at]), at < 12 {
      seconds = seconds * 10 + Int64(stamp[at] - 48)
      at += 1
    }
    guard at >= 9, at < stamp.count, stamp[at] == UInt8(ascii: ".") else { return nil }
    var fraction: Int64 = 0
    var unit: Int64 = 100_000
    at += 1
    while at < stamp.count, isDigit(stamp[at]) {
      fraction += Int64(stamp[at] - 48) * unit
      unit /= 10
      at += 1
    }
    return at == stamp.count
      ? LogTime(microseconds: seconds * 1_000_000 + fraction, utcOffset: 0) : nil
  }

  /// The time of a stamp without zone and fraction, if it is of a minute that was read not long ago.
  ///
  /// - Parameters:
  ///   - first: the first eight bytes as they lie in memory.
  ///   - second: the next eight, up to the minute; of a stamp without a year the next four, as the upper half.
  ///   - ten, one: the digits of the second.
  // Mutating, although it changes nothing: for any other method the compiler copies the reader.
  package mutating func known(
    _ first: UInt64, _ second: UInt64, _ ten: UInt8, _ one: UInt8
  ) -> LogTime? {
    Self.isOdd(second)
      ? oddMinute.time(first, second, ten, one) : evenMinute.time(first, second, ten, one)
  }

  /// The time of a stamp with microseconds and a zone, such as `2026-11-24T02:11:36.934551+01:00`, if its
  /// minute was read not long ago and its zone is that of the last one; its bytes as they lie in memory.
  package mutating func known(
    _ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64
  ) -> LogTime? {
    let (bytes, seconds) =
      Self.isOdd(second)
      ? (oddMinute.bytes, oddMinute.seconds) : (evenMinute.bytes, evenMinute.seconds)
    guard first == bytes.0, second == bytes.1, seconds != .min, fourth >> 16 == zoneBytes,
      third & 0xFF00_00FF == 0x2E00_003A
    else { return nil }
    // The digits of the seconds and those behind the point are one number: microseconds.
    let digits = third >> 8 & 0xFFFF | third >> 16 & 0xFFFF_FFFF_0000 | fourth << 48
    guard let microseconds = Self.number(ofDigits: digits), microseconds < 60_000_000 else {
      return nil
    }
    let start = seconds &- Int64(zoneOffset)
    return LogTime(microseconds: start &* 1_000_000 &+ microseconds, utcOffset: zoneOffset)
  }

  /// What eight digits say, the first one lowest; nil where one of the bytes is none.
  private static func number(ofDigits bytes: UInt64) -> Int64? {
    let values = bytes ^ 0x3030_3030_3030_3030
    guard (values | (values &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0 else {
      return nil
    }
    // Digits to pairs, pairs to fours, fours to eight: neighbours are added, the first one times a power of ten.
    let pairs = (values &* 10 &+ values >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return Int64(truncatingIfNeeded: (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF)
  }

  /// Whether a minute is odd, by its last digit, which is the highest byte.
  private static func isOdd(_ second: UInt64) -> Bool { second >> 56 & 1 == 1 }

  private mutating func note(utcOffset: Int32, ofMinute second: UInt64) {
    if Self.isOdd(second) {
      oddMinute.utcOffset = utcOffset
    } else {
      evenMinute.utcOffset = utcOffset
    }
  }

  private mutating func keep(_ minute: Minute) {
    if Self.isOdd(minute.bytes.1) { oddMinute = minute } else { evenMinute = minute }
  }

  /// Keeps the minute of a stamp without a year, where all its seconds are of one year.
  private mutating func keepMinute(of stamp: Span<UInt8>, _ local: Int64, _ offset: Int32) {
    let isOfKnownDay =
      word(stamp, 0) & 0xFFFF_FFFF_FFFF == cachedDay && reference == cachedDayReference
    guard isOfKnownDay || fixedYear != nil else { return }
    keep(
      Minute(
        bytes: (word(stamp, 0), UInt64(four(stamp, 8)) << 32),
        seconds: local - Int64(two(stamp, 13)), utcOffset: offset))
  }

  /// `YYYY-MM-DD HH:MM:SS` with any of the separators in use.
  private mutating func isoSeconds(_ stamp: Span<UInt8>, _ at: inout Int) -> Int64? {
    guard stamp.count >= 19 else { return nil }
    at = 19
    guard isDigit(stamp[17]), isDigit(stamp[18]) else { return nil }
    let second = two(stamp, 17)
    guard second <= 60 else { return nil }
    // Neighbouring lines share their minute; comparing two words is cheaper than reading it again.
    let minute = (word(stamp, 0), word(stamp, 8))
    let known = Self.isOdd(minute.1) ? oddMinute : evenMinute
    if minute == known.bytes, known.seconds != .min { return known.seconds + Int64(second) }
    for at in [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15] where !isDigit(stamp[at]) { return nil }
    let year = two(stamp, 0) * 100 + two(stamp, 2)
    let date = CalendarDate(
      year: year, month: two(stamp, 5), day: two(stamp, 8),
      secondOfDay: two(stamp, 11) * 3600 + two(stamp, 14) * 60)
    guard date.isValid, two(stamp, 11) < 24, two(stamp, 14) < 60 else { return nil }
    keep(Minute(bytes: minute, seconds: date.seconds))
    return date.seconds + Int64(second)
  }

  /// `Mmm dd HH:MM:SS`, the day padded with a blank or a zero (RFC 3164 section 4.1.2).
  private mutating func syslogSeconds(_ stamp: Span<UInt8>, _ at: inout Int) -> Int64? {
    guard stamp.count >= 15, let month = month(stamp) else { return nil }
    for at in [5, 7, 8, 10, 11, 13, 14] where !isDigit(stamp[at]) { return nil }
    at = 15
    let hour = two(stamp, 7)
    let minute = two(stamp, 10)
    let second = two(stamp, 13)
    guard hour < 24, minute < 60, second <= 60 else { return nil }
    let time = hour * 3600 + minute * 60 + second
    let dayBytes = word(stamp, 0) & 0xFFFF_FFFF_FFFF
    if dayBytes == cachedDay, reference == cachedDayReference, fixedYear == nil {
      return cachedDaySeconds + Int64(time)
    }
    let day = (isDigit(stamp[4]) ? Int(stamp[4] - 48) * 10 : 0) + Int(stamp[5] &- 48)
    if let fixedYear {
      let date = CalendarDate(year: fixedYear, month: month, day: day, secondOfDay: time)
      return date.isValid ? date.seconds : nil
    }
    // The latest year in which the date exists and does not lie in the future (a day's grace is for
    // clocks and zones); 29 February may go back up to eight years.
    let latest = CalendarDate(seconds: reference + 86_400).year
    for year in stride(from: latest, through: latest - 8, by: -1) {
      let date = CalendarDate(year: year, month: month, day: day, secondOfDay: time)
      guard date.isValid, date.seconds <= reference + 86_400 else { continue }
      // Around the reference the time of day decides on the year.
      let start = date.seconds - Int64(time)
      if start <= reference, start + 365 * 86_400 > reference + 86_400 {
        cachedDay = dayBytes
        cachedDayReference = reference
        cachedDaySeconds = start
      }
      return date.seconds
    }
    return nil
  }

  /// A stamp without a year as syslog daemons write it, of one in other words: the month in another language, or
  /// a single blank in front of a day of one digit, as web pages leave it; nil for any other.
  private static func usual(_ stamp: Span<UInt8>) -> [UInt8]? {
    let bytes = stamp.indices.map { stamp[$0] }
    guard let blank = bytes.firstIndex(of: 0x20), blank + 3 < bytes.count,
      let month = MonthName.number(of: bytes[..<blank])
    else { return nil }
    var usual = englishMonths[(month * 3 - 3)..<(month * 3)] + [0x20]
    if bytes[blank + 2] == 0x20 { usual.append(0x20) }
    usual += bytes[(blank + 1)...]
    return usual == bytes[...] ? nil : Array(usual)
  }

  private static let englishMonths = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)

  private func month(_ stamp: Span<UInt8>) -> Int? {
    switch letters(stamp, 0) {
    case 0x4A616E: return 1
    case 0x466562: return 2
    case 0x4D6172: return 3
    case 0x417072: return 4
    case 0x4D6179: return 5
    case 0x4A756E: return 6
    case 0x4A756C: return 7
    case 0x417567: return 8
    case 0x536570: return 9
    case 0x4F6374: return 10
    case 0x4E6F76: return 11
    case 0x446563: return 12
    default: return nil
    }
  }

  /// Three bytes as one number.
  private func letters(_ text: Span<UInt8>, _ at: Int) -> UInt32 {
    UInt32(text[at]) << 16 | UInt32(text[at + 1]) << 8 | UInt32(text[at + 2])
  }

  /// The offset of the process's zone at a local time.
  private mutating func localOffset(_ local: Int64) -> Int32 {
    let number = floorDivide(local, Self.quarterSeconds)
    if number != quarter.number { look(up: number) }
    if quarter.offset == quarter.laterOffset { return quarter.offset }
    // A whole minute is of one time, since its offset is kept.
    let later = floorDivide(local, 60) * 60 - Int64(quarter.laterOffset)
    return later <= reference + 60 ? quarter.laterOffset : quarter.offset
  }

  private static let quarterSeconds: Int64 = 900

  private mutating func look(up number: Int64) {
    // Lines of many messages at a time go back and forth between hours, and libc looks at files each time.
    let place = Int(number & 63)
    if knownQuarters[place].number != number {
      let local = number * Self.quarterSeconds
      // libc's own choice depends on what it was asked before, so that both are asked for.
      let offsets = [Self.offset(local, isSummer: 1), Self.offset(local, isSummer: 0)].compactMap {
        $0
      }
      let offset = offsets.max() ?? Self.winterOffset(local)
      knownQuarters[place] = Quarter(
        number: number, offset: offset, laterOffset: offsets.min() ?? offset)
    }
    quarter = knownQuarters[place]
  }

  /// The offset at a local time over which the clock was put forward: as if it had not been.
  private static func winterOffset(_ local: Int64) -> Int32 {
    Int32(truncatingIfNeeded: local - moment(local, isSummer: 0).seconds)
  }

  /// The offset of the process's zone at a local time of summer (1) or not (0); nil where that is another time.
  private static func offset(_ local: Int64, isSummer: Int32) -> Int32? {
    let (seconds, offset) = moment(local, isSummer: isSummer)
    return seconds + Int64(offset) == local ? offset : nil
  }

  private static func moment(
    _ local: Int64, isSummer: Int32
  ) -> (seconds: Int64, offset: Int32) {
    let date = CalendarDate(seconds: local)
    var broken = unsafe tm()
    unsafe broken.tm_year = Int32(date.year - 1900)
    unsafe broken.tm_mon = Int32(date.month - 1)
    unsafe broken.tm_mday = Int32(date.day)
    unsafe broken.tm_hour = Int32(date.secondOfDay / 3600)
    unsafe broken.tm_min = Int32(date.secondOfDay / 60 % 60)
    unsafe broken.tm_isdst = isSummer
    let seconds = unsafe Int64(mktime(&broken))
    return unsafe (seconds, Int32(broken.tm_gmtoff))
  }

  private func zoneOffset(_ text: Span<UInt8>, from start: Int) -> Int32? {
    let sign = text[start]
    if sign == UInt8(ascii: "Z"), text.count == start + 1 { return 0 }
    if text.count == start + 3, [0x555443, 0x474D54].contains(letters(text, start)) { return 0 }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count >= start + 3 else {
      return nil
    }
    // systemd writes a zone without a name as its hours alone, if they are whole.
    if text.count == start + 3 {
      let hours = Int32(two(text, start + 1) * 3600)
      return sign == UInt8(ascii: "-") ? -hours : hours
    }
    guard text.count >= start + 5 else { return nil }
    let minutesAt = start + (text[start + 3] == UInt8(ascii: ":") ? 4 : 3)
    guard text.count == minutesAt + 2 else { return nil }
    let seconds = Int32(two(text, start + 1) * 3600 + two(text, minutesAt) * 60)
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }

  private func four(_ text: Span<UInt8>, _ at: Int) -> UInt32 {
    unsafe text.withUnsafeBytes { raw in
      unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)
    }
  }

  private func two(_ text: Span<UInt8>, _ at: Int) -> Int {
    Int(text[at] &- 48) * 10 + Int(text[at + 1] &- 48)
  }

  private func word(_ text: Span<UInt8>, _ at: Int) -> UInt64 {
    unsafe text.withUnsafeBytes { raw in
      unsafe raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    }
  }
}
