internal import ArgumentParser
internal import Correlation
internal import MailTerms

/// Which outcomes of which time a command is about.
struct SelectionOptions: ParsableArguments {
  @OptionGroup var outcomes: OutcomeOptions
  @OptionGroup var period: PeriodOptions

  /// Whose log it is; nil for either.
  var wantedMTA: MTA? { period.wantedMTA }

  /// The selection, with times worked out from `now` (seconds since 1970).
  func selection(now: Int64) throws -> Selection {
    var selection = try outcomes.selection(code: "551")
    (selection.since, selection.until) = try period.period(now: now)
    return selection
  }
}
