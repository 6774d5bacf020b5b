internal import Correlation
internal import MailTerms
package import State

/// How a rule stands now: the groups and which of them alert.
package struct AlertAnswer: Sendable {
  /// One group's figures.
  package struct Figure: Sendable {
    /// What it is about, in the order of the rule's groups; empty where everything is one group.
    package var names: [String]
    /// The log that it is about, where each of several is measured on its own.
    package var log: String?
    /// The value in the unit of what is measured.
    package var value: Double
    package var tried: Int?
    package var status: AlertStatus

    /// The names as one text.
    package var subject: String { log ?? names.joined(separator: " x ") }
  }

  /// A log that a question is about.
  package struct Log: Sendable {
    /// Its number in the state, and its own name.
    package var id: Int64
    package var path: String
    /// The time of its newest line, in microseconds since 1970; nil where it had none yet.
    package var newest: Int64?

    /// Makes a log of what a look found.
    package init(id: Int64, path: String, newest: Int64?) {
      self.id = id
      self.path = path
      self.newest = newest
    }
  }

  private struct Measured {
    var names: [String] = []
    var log: String?
    var value: Double
    var tried: Int?
  }

  /// The rule.
  package let rule: AlertRule
  /// All groups, the worst first.
  package private(set) var figures: [Figure]
  /// Groups that stand raised and did not before.
  package private(set) var begun: [Figure] = []
  /// Groups that stand raised, and stood raised before with another grade.
  package private(set) var changed: [Figure] = []
  /// Groups that stood raised before and no longer do.
  package private(set) var ended: [String] = []

  /// How the rule as a whole stands.
  package var status: AlertStatus { figures.map(\.status).max() ?? .ok }
  /// Whether anything began, changed its grade or ended.
  package var isNews: Bool { !begun.isEmpty || !changed.isEmpty || !ended.isEmpty }
  /// The groups that alert.
  package var alarms: [Figure] { figures.filter { $0.status != .ok } }

  /// Asks what is kept, and keeps how the rule stands now.
  ///
  /// - Parameters:
  ///   - logs: the logs that the question is about.
  ///   - now: the end of the window, in seconds since 1970.
  package init(
    _ rule: AlertRule, in state: StateTransaction, logs: [Log], now: Int64
  ) throws {
    self.rule = rule
    let window = (now - rule.per + 1)...now
    let ages = logs
    let logs = logs.map(\.id)
    var found: [Measured]
    switch rule.measure {
    case .count:
      found = try Self.counts(rule, state, window, logs)
        .map { Measured(names: $0.key, value: Double($0.value)) }
      if rule.by.isEmpty, found.isEmpty { found = [Measured(value: 0)] }
    case .rate: found = try Self.rates(rule, state, window, logs)
    case .compare: found = try Self.comparisons(rule, state, now, logs)
    case .new:
      // A window as long as the days looked back leaves nothing before it.
      let start = now - Int64(rule.days) * 86_400
      let before =
        start <= now - rule.per
        ? try Self.counts(rule, state, start...(now - rule.per), logs) : [:]
      found = try Self.counts(rule, state, window, logs).filter { before[$0.key] == nil }
        .map { Measured(names: $0.key, value: Double($0.value)) }
    case .unrecognised:
      let counts = try state.lines(in: window, logs: logs)
      let share = Double(counts.unrecognised) * 100 / Double(max(1, counts.lines))
      found = [Measured(value: share)]
    case .age:
      // A silent log must not hide behind a busy one.
      found = ages.map { log in
        let seconds = log.newest.map { Double(now) - Double($0) / 1_000_000 }
        return Measured(
          log: ages.count > 1 ? log.path : nil, value: max(0, seconds ?? .infinity))
      }
    case .gap:
      found = [Measured(value: Double(try state.gaps(noticedIn: window, logs: logs).count))]
    }
    figures = found.map { entry in
      let status =
        (entry.tried ?? .max) < rule.minimumTried ? AlertStatus.ok : rule.status(entry.value)
      return Figure(
        names: entry.names, log: entry.log, value: entry.value, tried: entry.tried, status: status)
    }
    figures.sort { a, b in
      if a.status != b.status { return a.status > b.status }
      if a.value != b.value { return a.value > b.value }
      return a.subject < b.subject
    }
    try keep(in: state, now: now)
  }

  private mutating func keep(in state: StateTransaction, now: Int64) throws {
    var raised: [String: Int] = [:]
    let standing = rule.standing ?? rule.name
    for entry in try state.raised(standing) { raised[entry.subject] = entry.status }
    for figure in alarms {
      let before = raised.removeValue(forKey: figure.subject)
      if before == figure.status.rawValue { continue }
      if before == nil { begun.append(figure) } else { changed.append(figure) }
      try state.note(alert: standing, figure.subject, status: figure.status.rawValue, since: now)
    }
    ended = raised.keys.sorted()
    for subject in ended { try state.note(alert: standing, subject, status: 0, since: now) }
  }

  // MARK: Counts

  private static func counts(
    _ rule: AlertRule, _ state: StateTransaction, _ window: ClosedRange<Int64>, _ logs: [Int64]
  ) throws -> [[String]: Int] {
    var counts: [[String]: Int] = [:]
    let isByHost = rule.by.contains(.remoteHost)
    for row in try state.counted(rule.section, in: window, logs: logs)
    where rule.codes.matches(
      code: row.code == 0 ? nil : Int(row.code), enhanced: Outcome.unpacked(row.enhanced))
    {
      guard includes(row, rule), rule.reasons?.contains(row.reason) ?? true else { continue }
      let count = isByHost ? row.atHost : row.first
      if count > 0 { counts[names(of: row, rule.by), default: 0] += count }
    }
    return counts
  }

  private static func rates(
    _ rule: AlertRule, _ state: StateTransaction, _ window: ClosedRange<Int64>, _ logs: [Int64]
  ) throws -> [Measured] {
    let isByHost = rule.by.contains(.remoteHost)
    var tried: [[String]: Int] = [:]
    for row in try state.tried(in: window, logs: logs) where includes(row, rule) {
      if isByHost, row.remoteHost == nil { continue }
      tried[names(of: row, rule.by), default: 0] += isByHost ? row.atHost : row.first
    }
    let failed = try counts(rule, state, window, logs)
    if rule.by.isEmpty, tried.isEmpty { return [Measured(value: 0, tried: 0)] }
    return Set(tried.keys).union(failed.keys).map { key in
      let count = failed[key] ?? 0
      // The window of what was tried is whole minutes.
      let all = max(tried[key] ?? 0, count)
      return Measured(
        names: key, value: all == 0 ? 0 : Double(count) * 100 / Double(all), tried: all)
    }
  }

  private static func comparisons(
    _ rule: AlertRule, _ state: StateTransaction, _ now: Int64, _ logs: [Int64]
  ) throws -> [Measured] {
    guard let oldest = try state.oldest(logs: logs) else { return [] }
    var before: [[String]: Int] = [:]
    var days = 0
    for day in 1...max(1, rule.days) {
      let end = now - Int64(day) * 86_400
      // A day of which only a part is known would make the mean too small.
      guard end - rule.per >= oldest else { break }
      days += 1
      for (key, count) in try counts(rule, state, (end - rule.per + 1)...end, logs) {
        before[key, default: 0] += count
      }
    }
    guard days > 0 else { return [] }
    return try counts(rule, state, (now - rule.per + 1)...now, logs).map { key, count in
      // What never failed before is compared with once in all these days.
      let mean = Double(max(1, before[key] ?? 0)) / Double(days)
      return Measured(names: key, value: Double(count) * 100 / mean)
    }
  }

  private static func includes(_ row: StateTransaction.Counted, _ rule: AlertRule) -> Bool {
    if let glob = rule.remoteHost, !glob.matches(row.remoteHost ?? "") { return false }
    if let glob = rule.senderDomain, !glob.matches(row.senderDomain) { return false }
    return true
  }

  private static func names(
    of row: StateTransaction.Counted, _ groups: [AlertRule.Group]
  ) -> [String] {
    groups.map { group in
      switch group {
      case .remoteHost: row.remoteHost ?? "(none)"
      case .senderDomain: row.senderDomain
      case .recipientDomain: row.recipientDomain ?? "(none)"
      case .code: row.code == 0 ? "(none)" : String(row.code)
      case .reason: row.reason.word
      case .sender: row.sender ?? "(not kept)"
      }
    }
  }
}
