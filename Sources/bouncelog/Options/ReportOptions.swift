internal import ArgumentParser
internal import Reporting

/// With what a report compares.
enum ComparisonChoice: String, ExpressibleByArgument, CaseIterable {
  case previous, none
}

/// Where the facts of a report come from.
enum FactSource: String, ExpressibleByArgument, CaseIterable {
  case logs, state
}

/// What only a report has: comparison, conditions, mail.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "previous: beside a period that is asked for, the one before; or none.",
      valueName: "period"))
  var compare: ComparisonChoice = .previous

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the report only if this holds, such as failures, 'failures>10', 'rate>=5', new. Repeatable: one is enough.",
      discussion:
        "Figures: \(figures). A figure alone means more than 0; rate and unrecognised are percent.",
      valueName: "condition"))
  var onlyIf: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "logs, or state: what check and the service have kept, without reading a log.",
      valueName: "source"))
  var from: FactSource = .logs

  @Option(
    name: .long,
    help: ArgumentHelp("The folder of what is kept, for --from state.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Leave out rows with fewer recipients tried.", valueName: "n"))
  var minTried = 0

  @Option(
    name: .long,
    help: ArgumentHelp("Who gets the mail of --format mail. Repeatable.", valueName: "address"))
  var to: [String] = []

  @Option(
    name: .customLong("mail-from"),
    help: ArgumentHelp(
      "Whom the mail comes from (default: the user at the machine).", valueName: "address"))
  var mailFrom: String?

  private static let figures = ReportCondition.Figure.allCases.map(\.rawValue)
    .joined(separator: ", ")

  mutating func validate() throws {
    if !onlyIf.isEmpty, ReportCondition(onlyIf) == nil {
      throw ValidationError(
        "--only-if \(onlyIf.joined(separator: " ")): use 'failures>10' and the like; figures are "
          + Self.figures)
    }
    guard minTried >= 0 else { throw ValidationError("--min-tried must be 0 or more") }
    for address in to + [mailFrom].compactMap({ $0 }) where !MailEnvelope.isAddress(address) {
      throw ValidationError("no mail address: \(address)")
    }
  }

  /// The shape, for a selection.
  func shape(_ selection: SelectionOptions, edge: String) throws -> ReportShape {
    var shape = ReportShape()
    if compare == .previous {
      shape.compared = try selection.period.periodBefore(now: SystemClock.now)
    }
    shape.minimumTried = minTried
    shape.condition = ReportCondition(onlyIf)
    shape.envelope.to = to
    shape.envelope.from = mailFrom ?? SystemClock.userName + "@" + edge
    return shape
  }
}
