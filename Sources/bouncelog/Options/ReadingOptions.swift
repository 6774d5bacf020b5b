internal import ArgumentParser
internal import LogPatterns

/// How lines are read: zone, year, machine, patterns.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The zone of stamps without one: UTC, Europe/Berlin, +02:00.", valueName: "zone"))
  var timezone: String?

  @Option(name: .long, help: ArgumentHelp("The year of stamps without one.", valueName: "year"))
  var year: Int?

  @Option(
    name: .long, help: ArgumentHelp("The name of the machine whose log it is.", valueName: "name"))
  var edge: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Pattern files that overlay the built-in ones.", valueName: "dir"),
    completion: .file())
  var patterns: [String] = []

  mutating func validate() throws {
    if let timezone, !SystemClock.setZone(timezone) {
      throw ValidationError("--timezone \(timezone): no such zone on this machine")
    }
    if let year, !(1970...9999).contains(year) {
      throw ValidationError("--year must have four digits")
    }
  }
}
