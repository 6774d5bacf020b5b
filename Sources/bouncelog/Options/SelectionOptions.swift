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

  @OptionGroup var period: PeriodOptions

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
    _ = try selection(now: SystemClock.now)
  }

  /// Whose log it is; nil for either.
  var wantedMTA: MTA? { period.wantedMTA }

  /// The selection, with times worked out from `now` (seconds since 1970).
  func selection(now: Int64) throws -> Selection {
    guard let codes = CodeFilter(code) else { throw ValidationError("--code") }
    var selection = Selection(
      codes: codes, remoteHost: remoteHost.map(Glob.init),
      senderDomain: senderDomain.map(Glob.init),
      origins: origin.isEmpty
        ? nil : Set(Origin.allCases.filter { origin.contains($0.word.string) }))
    (selection.since, selection.until) = try period.period(now: now)
    return selection
  }
}
