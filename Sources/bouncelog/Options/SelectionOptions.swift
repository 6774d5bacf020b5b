internal import ArgumentParser
internal import Correlation
internal import LogPatterns
internal import MailTerms

/// Which outcomes a command is about.
struct SelectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Reply codes: 551, 5xx, 550-554, an enhanced code such as 5.1.6, or all. Repeatable.",
      discussion: "The reply code is the one the server sent first, never one quoted in its text.",
      valueName: "code"))
  var code: [String] = ["551"]

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

  @Option(
    name: .long,
    help: ArgumentHelp("Only remote hosts that match, such as '*.example.org'.", valueName: "glob"))
  var remoteHost: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only sender domains that match; '<>' is the null sender.", valueName: "glob"))
  var senderDomain: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Who decided: remote, local, expired, rejected, callout. Repeatable.", valueName: "origin"))
  var origin: [String] = []

  @Option(name: .long, help: ArgumentHelp("Whose log: auto, exim, postfix.", valueName: "mta"))
  var mta = "auto"

  mutating func validate() throws {
    // The default stands for "nothing asked"; words that were given replace it.
    if code.isEmpty { code = ["551"] }
    guard CodeFilter(code) != nil else {
      throw ValidationError(
        "--code \(code.joined(separator: " ")): use 551, 5xx, 550-554, 5.1.6 or all")
    }
    for word in origin where !Origin.allCases.contains(where: { $0.word.string == word }) {
      throw ValidationError("--origin \(word): use remote, local, expired, rejected or callout")
    }
    guard mta == "auto" || MTA.allCases.contains(where: { $0.word == mta }) else {
      throw ValidationError("--mta \(mta): use auto, exim or postfix")
    }
    if day != nil, since != nil || until != nil {
      throw ValidationError("--day and --since or --until exclude each other")
    }
    _ = try selection(now: SystemClock.now)
  }

  /// Whose log it is; nil for either.
  var wantedMTA: MTA? { MTA.allCases.first { $0.word == mta } }

  /// The selection, with times worked out from `now` (seconds since 1970).
  func selection(now: Int64) throws -> Selection {
    guard let codes = CodeFilter(code) else { throw ValidationError("--code") }
    var selection = Selection(
      codes: codes, remoteHost: remoteHost.map(Glob.init),
      senderDomain: senderDomain.map(Glob.init),
      origins: origin.isEmpty
        ? nil : Set(Origin.allCases.filter { origin.contains($0.word.string) }))
    let words = TimeWords(now: now)
    if let day {
      guard let range = words.day(day) else {
        throw ValidationError("--day \(day): use today, yesterday or 2026-11-22")
      }
      (selection.since, selection.until) = (range.lowerBound, range.upperBound)
    }
    if let since { selection.since = try moment(since, "--since", words) }
    if let until { selection.until = try moment(until, "--until", words) }
    return selection
  }

  /// The period before the one that was asked for, as long as that one or, for a day, the day before, in
  /// microseconds since 1970; nil where no period was asked for.
  func periodBefore(now: Int64) throws -> Range<Int64>? {
    let asked = try selection(now: now)
    guard let since = asked.since else { return nil }
    let words = TimeWords(now: now)
    if let day, let before = words.day(before: day) { return before }
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
