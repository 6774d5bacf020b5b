/// The lines of a check as the Monitoring Plugins guidelines want them ("Plugin Output").
package struct PluginOutput: Sendable {
  /// The word that stands before the status.
  package static let service = "BOUNCELOG"
  private static let longest = 20

  /// How things stand altogether, which is the exit code too.
  package let status: AlertStatus
  /// The lines, without line ends; names are as logged and not yet safe for a terminal.
  package private(set) var lines: [String] = []

  /// Tells of some rules, and of what else has to be known.
  ///
  /// What is certain is told all the same; what is doubtful is no OK, and no mere warning.
  ///
  /// - Parameters:
  ///   - doubts: why what was measured may not be so.
  ///   - isMeasured: whether anything is beyond doubt.
  ///   - remarks: whole lines that stand behind the groups.
  package init(
    _ answers: [AlertAnswer], doubts: [String] = [], isMeasured: Bool = true, remarks: [String]
  ) {
    let known = answers.map(\.status).max() ?? .unknown
    status = doubts.isEmpty ? known : max(known, .unknown)
    let worst = answers.filter { $0.status == status }
    let words =
      status == .unknown ? doubts : (status == .ok ? answers : worst).map(Self.summary)
    var first =
      "\(Self.service) \(status.word) - \(Self.withoutBars(words.joined(separator: "; ")))"
    // Figures of logs that nobody could look at would draw a line at zero.
    if isMeasured || known != .ok {
      first += " | " + answers.map(Self.performance).joined(separator: " ")
    }
    lines.append(first)
    for answer in answers {
      let alarms = answer.alarms
      for figure in alarms.prefix(Self.longest) {
        lines.append(Self.withoutBars(Self.line(of: figure, answer.rule)))
      }
      if alarms.count > Self.longest {
        lines.append("(\(alarms.count - Self.longest) more groups of \(answer.rule.name))")
      }
      for subject in answer.ended {
        lines.append(Self.withoutBars("ended: " + AlertRule.title(answer.rule.name, subject)))
      }
    }
    let behind = status == .unknown ? remarks : doubts + remarks
    lines += behind.map(Self.withoutBars)
  }

  /// Whether something went wrong that the status does not tell.
  package private(set) var hasProblems = false

  /// Adds the line of something that went wrong beside the question.
  package mutating func add(problem: String) {
    hasProblems = true
    lines.append(Self.withoutBars(problem))
  }

  /// Tells why nothing is known.
  package init(unknown reason: String) {
    status = .unknown
    lines = ["\(Self.service) UNKNOWN - \(Self.withoutBars(reason))"]
  }

  /// A text in which nothing is taken for the beginning of performance data.
  private static func withoutBars(_ text: String) -> String {
    String(text.map { $0 == "|" ? "/" : $0 })
  }

  private static func summary(of answer: AlertAnswer) -> String {
    let rule = answer.rule
    let span = "in \(ThresholdRange.words(span: rule.per))"
    guard let worst = answer.figures.first else { return "\(rule.name): none \(span)" }
    let unit = rule.measure != .age ? span : worst.value.isFinite ? "old" : "with a time"
    let value = "\(text(worst.value, rule.measure)) \(unit)"
    guard worst.status != .ok else {
      let subject = worst.subject.isEmpty ? "" : "most \(worst.subject) "
      return "\(rule.name): \(subject)\(value)"
    }
    let limit = worst.status == .critical ? rule.critical : rule.warning
    var summary = "\(rule.name): \(worst.subject.isEmpty ? "" : worst.subject + " ")\(value)"
    if let limit { summary += " (\(worst.status == .critical ? "critical" : "warning") \(limit))" }
    let alarms = answer.alarms.count
    if !rule.by.isEmpty {
      summary += ", \(alarms) group\(alarms == 1 ? "" : "s") of \(answer.figures.count)"
    }
    return summary
  }

  private static func line(of figure: AlertAnswer.Figure, _ rule: AlertRule) -> String {
    var line = "\(figure.status.word): \(AlertRule.title(rule.name, figure.subject))"
    line += ": \(text(figure.value, rule.measure))"
    if let tried = figure.tried { line += " of \(tried) tried" }
    return line
  }

  /// `'label'=value[UOM];[warn];[crit];[min];[max]` of the worst group.
  private static func performance(of answer: AlertAnswer) -> String {
    let rule = answer.rule
    let value = answer.figures.map(\.value).max() ?? 0
    let unit =
      switch rule.measure {
      case .rate, .compare, .unrecognised: "%"
      case .age: "s"
      case .count, .new, .gap: ""
      }
    let label = rule.name.filter { $0 != "'" && $0 != "=" && $0 != "|" }
    let number = value.isFinite ? plain(value) : "U"
    let limits = [rule.warning, rule.critical].map { $0?.performance ?? "" }
    return "'\(label)'=\(number)\(number == "U" ? "" : unit);\(limits[0]);\(limits[1]);0"
  }

  /// A value with its unit.
  package static func text(_ value: Double, _ measure: AlertRule.Measure) -> String {
    switch measure {
    case .count, .new, .gap: plain(value)
    case .rate, .compare, .unrecognised: plain(value) + "%"
    case .age: value.isFinite ? ThresholdRange.words(span: Int64(value)) : "without a line"
    }
  }

  /// A value with two decimals at most.
  private static func plain(_ value: Double) -> String {
    decimal(value == value.rounded() ? value : (value * 100).rounded() / 100)
  }

  /// A number with all its digits and without an exponent, which is not in the plugins' class of numbers.
  static func decimal(_ value: Double) -> String {
    let parts = "\(abs(value))".split(separator: "e")
    let sign = value < 0 ? "-" : ""
    guard parts.count == 2, let exponent = Int(parts[1]) else {
      return sign + (parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0])
    }
    let digits =
      parts[0].hasSuffix(".0") ? String(parts[0].prefix(1)) : parts[0].filter { $0 != "." }
    func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
    if exponent < 0 { return "\(sign)0.\(zeros(-exponent - 1))\(digits)" }
    // Where numbers have an exponent they have no fraction.
    return sign + digits + zeros(exponent + 1 - digits.count)
  }
}

extension ThresholdRange {
  /// The range with its units worked out, as performance data want it.
  var performance: String {
    let low = start == -.infinity ? "~:" : start == 0 ? "" : PluginOutput.decimal(start) + ":"
    let high = end == .infinity ? "" : PluginOutput.decimal(end)
    return (alertsInside ? "@" : "") + (low.isEmpty && high.isEmpty ? "0:" : low) + high
  }
}
