internal import Aggregation
internal import Alerting
internal import Correlation
internal import MailTerms
internal import State
package import PatternFiles
internal import Reporting

/// Reads a configuration file; every mistake is told with its place and what was expected.
package struct SiteConfigReader {
  private let toml: TOMLFile
  private let isZone: (String) -> Bool

  /// Reads a file's text.
  ///
  /// - Parameter isZone: whether the machine knows a zone.
  /// - Throws: `PatternFileError` for bad TOML, unknown keys, wrong types and values.
  package static func read(
    path: String, text: String, isZone: @escaping (String) -> Bool
  ) throws(PatternFileError) -> SiteConfig {
    let reader = SiteConfigReader(toml: try TOMLFile(path: path, text: text), isZone: isZone)
    return try reader.config()
  }

  private typealias Table = [String: TOMLNode]

  private func config() throws(PatternFileError) -> SiteConfig {
    let root = toml.root
    try toml.onlyKeys(["source", "site", "state", "report", "alert"], of: root, in: "")
    var config = SiteConfig()
    config.path = toml.path
    for (index, table) in try toml.tables("source", of: root, in: "").enumerated() {
      config.sources.append(try source(table, in: "source[\(index)]"))
    }
    let site = try toml.table("site", of: root, in: "")
    try toml.onlyKeys(["host", "timezone", "stale"], of: site, in: "site")
    config.host = try toml.string("host", of: site, in: "site")
    if config.host == "" {
      throw toml.error("a machine needs a name", about: "host", in: "site")
    }
    config.timezone = try toml.string("timezone", of: site, in: "site")
    if let zone = config.timezone, !isZone(zone) {
      throw toml.error("no such zone on this machine: \(zone)", about: "timezone", in: "site")
    }
    config.stale = try stale(of: site, in: "site")
    let state = try toml.table("state", of: root, in: "")
    try toml.onlyKeys(["dir", "keep", "open_keep", "addresses"], of: state, in: "state")
    config.stateDirectory = try toml.string("dir", of: state, in: "state")
    config.keep = try span("keep", of: state, in: "state") ?? config.keep
    config.openKeep = try span("open_keep", of: state, in: "state") ?? config.openKeep
    config.addresses =
      try toml.word(
        "addresses", of: state, in: "state", expected: StoredAddresses.allCases.map(\.rawValue),
        StoredAddresses.init(rawValue:))
      ?? config.addresses
    config.report = try report(try toml.table("report", of: root, in: ""))
    var names: Set<String> = []
    for (index, table) in try toml.tables("alert", of: root, in: "").enumerated() {
      let place = "alert[\(index)]"
      let alert = try alert(table, in: place)
      guard names.insert(alert.rule.name).inserted else {
        throw toml.error("another alert is called so", about: "name", in: place)
      }
      if let problem = config.shortfall(of: alert.rule) {
        throw toml.error(problem, about: "per", in: place)
      }
      if alert.rule.by.contains(.sender), config.addresses == .domain {
        throw toml.error(
          "by sender needs addresses = \"hash\" or \"full\" in [state]", about: "by", in: place)
      }
      config.alerts.append(alert)
    }
    return config
  }

  private func report(_ table: Table) throws(PatternFileError) -> SiteConfig.Report {
    try toml.onlyKeys(["by", "top", "to"], of: table, in: "report")
    var report = SiteConfig.Report()
    report.by = try toml.strings("by", of: table, in: "report") ?? []
    for word in report.by where Dimension(rawValue: word) == nil {
      throw toml.error(
        "by must be of " + Dimension.allCases.map(\.rawValue).joined(separator: ", "), about: "by",
        in: "report")
    }
    report.top = try toml.integer("top", of: table, in: "report")
    if let top = report.top, top < 1 {
      throw toml.error("top must be 1 or more", about: "top", in: "report")
    }
    report.to = try toml.strings("to", of: table, in: "report") ?? []
    for address in report.to where !MailEnvelope.isAddress(address) {
      throw toml.error("to must be a mail address: \(address)", about: "to", in: "report")
    }
    return report
  }

  private func source(_ table: Table, in place: String) throws(PatternFileError)
    -> SiteConfig.Source
  {
    try toml.onlyKeys(["name", "mta", "files", "journal", "stale"], of: table, in: place)
    var source = SiteConfig.Source(name: try toml.string("name", of: table, in: place) ?? place)
    source.mta = try toml.word("mta", of: table, in: place, expected: MTA.allCases.map(\.word)) {
      word in
      MTA.allCases.first { $0.word == word }
    }
    source.files = try toml.strings("files", of: table, in: place) ?? []
    source.journal = try toml.strings("journal", of: table, in: place) ?? []
    source.stale = try stale(of: table, in: place)
    guard !source.files.isEmpty || !source.journal.isEmpty else {
      throw toml.error(
        "a source needs files = [\"/var/log/...\"] or journal = \"UNIT\"", about: "files", in: place
      )
    }
    for file in source.files where !file.hasPrefix("/") {
      throw toml.error("files must be absolute paths: \(file)", about: "files", in: place)
    }
    return source
  }

  private func alert(_ table: Table, in place: String) throws(PatternFileError) -> SiteConfig.Alert
  {
    try toml.onlyKeys(
      [
        "name", "of", "code", "by", "per", "warning", "critical", "min_tried", "compare", "days",
        "origin", "remote_host", "sender_domain", "reason", "run",
      ], of: table, in: place)
    let codes = try toml.strings("code", of: table, in: place) ?? ["551"]
    guard let filter = CodeFilter(codes) else {
      throw toml.error(
        "code must be 551, 5xx, 550-554, 5.1.6 or all", about: "code", in: place)
    }
    var rule = AlertRule(name: try toml.required("name", of: table, in: place), codes: filter)
    if rule.name.isEmpty { throw toml.error("name must not be empty", about: "name", in: place) }
    rule.measure =
      try toml.word(
        "of", of: table, in: place, expected: AlertRule.Measure.allCases.map(\.rawValue),
        AlertRule.Measure.init(rawValue:)) ?? .count
    if let days = try span("compare", of: table, in: place) {
      rule.measure = .compare
      rule.days = min(AlertRule.mostDays, Int(max(1, days / 86_400)))
    }
    if let days = try toml.integer("days", of: table, in: place) {
      guard (1...AlertRule.mostDays).contains(days) else {
        throw toml.error(
          "days must be from 1 to \(AlertRule.mostDays)", about: "days", in: place)
      }
      rule.days = days
    }
    for word in try toml.strings("by", of: table, in: place) ?? [] {
      guard let group = AlertRule.Group(rawValue: word) else {
        throw toml.error(
          "by must be of " + AlertRule.Group.allCases.map(\.rawValue).joined(separator: ", "),
          about: "by", in: place)
      }
      rule.by.append(group)
    }
    if let words = try toml.strings("reason", of: table, in: place) {
      rule.reasons = []
      for word in words {
        guard let reason = Reason(word: word) else {
          throw toml.error(
            "reason must be of " + Reason.allCases.map(\.word).joined(separator: ", "),
            about: "reason", in: place)
        }
        rule.reasons?.insert(reason)
      }
    }
    if let problem = rule.problem { throw toml.error(problem, about: "by", in: place) }
    if let per = try span("per", of: table, in: place) { rule.per = per }
    rule.warning = try threshold("warning", rule.measure, of: table, in: place)
    rule.critical = try threshold("critical", rule.measure, of: table, in: place)
    guard rule.warning != nil || rule.critical != nil else {
      throw toml.error("an alert needs warning or critical", about: "name", in: place)
    }
    rule.minimumTried = try toml.integer("min_tried", of: table, in: place) ?? 0
    guard rule.minimumTried >= 0 else {
      throw toml.error("min_tried must be positive", about: "min_tried", in: place)
    }
    if let origin = try toml.string("origin", of: table, in: place) {
      guard let section = Section(origin: origin) else {
        throw toml.error(
          "origin must be remote, local, expired, rejected or callout", about: "origin", in: place)
      }
      rule.section = section
    }
    rule.remoteHost = try toml.string("remote_host", of: table, in: place).map(Glob.init)
    rule.senderDomain = try toml.string("sender_domain", of: table, in: place).map(Glob.init)
    let run = try toml.strings("run", of: table, in: place) ?? []
    if let program = run.first, !program.hasPrefix("/") {
      throw toml.error("run must begin with an absolute path", about: "run", in: place)
    }
    return SiteConfig.Alert(rule: rule, run: run)
  }

  private func threshold(
    _ key: String, _ measure: AlertRule.Measure, of table: Table, in place: String
  ) throws(PatternFileError) -> ThresholdRange? {
    guard let word = try toml.text(key, of: table, in: place) else { return nil }
    guard let range = AlertRule.threshold(word, of: measure) else {
      throw toml.error(
        "\(key) must be a range such as 20, 10:, ~:10, 10:20 or @10:20", about: key, in: place)
    }
    return range
  }

  private func stale(of table: Table, in place: String) throws(PatternFileError) -> StaleLimit? {
    guard let word = try toml.string("stale", of: table, in: place) else { return nil }
    guard let limit = StaleLimit(word) else {
      throw toml.error(
        "stale must be a span such as 26h or 7d, or never", about: "stale", in: place)
    }
    return limit
  }

  private func span(
    _ key: String, of table: Table, in place: String
  ) throws(PatternFileError) -> Int64? {
    guard let word = try toml.string(key, of: table, in: place) else { return nil }
    // A number alone could be days as well.
    guard word.last?.isNumber == false, let seconds = ThresholdRange.span(Substring(word)),
      seconds >= 1, seconds < 1e10
    else {
      throw toml.error("\(key) must be a span such as 15m, 1h or 90d", about: key, in: place)
    }
    return Int64(seconds)
  }
}
