internal import ArgumentParser
internal import MailTerms

/// In which time of the log, and in whose log, a command looks.
struct PeriodOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "From this time of the log on: 90m, 24h or 7d ago, or a date and time.", valueName: "time"))
  var since: String?

  @Option(name: .long, help: ArgumentHelp("Before this time of the log.", valueName: "time"))
  var until: String?

  @Option(
    name: .long, help: ArgumentHelp("One day: today, yesterday or 2026-11-22.", valueName: "day"))
  var day: String?

  @Option(name: .long, help: ArgumentHelp("Whose log: auto, exim, postfix.", valueName: "mta"))
  var mta = "auto"

  mutating func validate() throws {
    guard mta == "auto" || MTA.allCases.contains(where: { $0.word == mta }) else {
      throw ValidationError("--mta \(mta): use auto, exim or postfix")
    }
    if day != nil, since != nil || until != nil {
      throw ValidationError("--day and --since or --until exclude each other")
    }
    let (since, until) = try period(now: SystemClock.now)
    if let since, let until, until <= since {
      throw ValidationError("--until must lie behind --since")
    }
  }

  /// Whose log it is; nil for either.
  var wantedMTA: MTA? { MTA.allCases.first { $0.word == mta } }

  /// The first moment and the one behind the last, in microseconds since 1970; nil for no limit.
  ///
  /// - Parameter now: the present, in seconds since 1970.
  func period(now: Int64) throws -> (since: Int64?, until: Int64?) {
    let words = TimeWords(now: now)
    if let day {
      guard let range = words.day(day) else {
        throw ValidationError("--day \(day): use today, yesterday or 2026-11-22")
      }
      return (range.lowerBound, range.upperBound)
    }
    return (
      try since.map { try moment($0, "--since", words) },
      try until.map { try moment($0, "--until", words) }
    )
  }

  /// The period before the one that was asked for, as long as that one or, for a day, the day before, in
  /// microseconds since 1970; nil where no period was asked for.
  func periodBefore(now: Int64) throws -> Range<Int64>? {
    let asked = try period(now: now)
    if let day, let before = TimeWords(now: now).day(before: day) {
      // Of a day that is not over, as much as has passed of it.
      let passed = (now * 1_000_000).subtractingReportingOverflow(asked.since ?? 0).partialValue
      let end = before.lowerBound + passed
      return before.lowerBound..<(passed > 0 ? min(before.upperBound, end) : before.upperBound)
    }
    guard let since = asked.since else { return nil }
    let (length, overflow) = (asked.until ?? now * 1_000_000).subtractingReportingOverflow(since)
    guard !overflow, length > 0 else { return nil }
    let (start, isTooEarly) = since.subtractingReportingOverflow(length)
    return isTooEarly ? nil : start..<since
  }

  private func moment(_ word: String, _ option: String, _ words: TimeWords) throws -> Int64 {
    guard let moment = words.moment(word) else {
      throw ValidationError(
        "\(option) \(word): use 90m, 24h, 7d, 2026-11-22 or \"2026-11-22 14:00\"")
    }
    return moment
  }
}
