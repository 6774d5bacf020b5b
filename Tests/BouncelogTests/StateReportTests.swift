import TestSupport
import Testing

/// `report --from state` against the report that reads the log.
@Suite struct `Report from the state` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kept(_ words: [String]) throws -> JSONValue {
    let outcome = try bouncelog(
      ["report", "--from", "state", "--state", folder.file("state"), "-f", "json", "--edge", "e"]
        + words)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONValue(parsing: outcome.output.utf8)
  }

  private func check(_ log: String) throws {
    // Replies are those of the log only where the addresses in them stay.
    let config = try folder.write("[state]\naddresses = \"full\"\n".utf8, to: "full.toml")
    let outcome = try bouncelog([
      "check", "--config", config, "--state", folder.file("state"), "--edge", "e",
      "-c", "1000000", "--stale", "never", log,
    ])
    try #require(outcome.status == 0, "\(outcome.lines)")
  }

  /// What the state has to the second and without message ids.
  private static func compared(_ json: JSONValue?) -> JSONValue? {
    switch json {
    case .object(let members):
      .object(
        members.filter {
          !["first", "last", "first_message_id", "last_message_id"].contains($0.key)
        }
        .map { .init(key: $0.key, value: compared($0.value) ?? .null) })
    case .array(let elements): .array(elements.map { compared($0) ?? .null })
    default: json
    }
  }

  /// Logs that real servers wrote, in a state that came about in two looks.
  @Test(
    arguments: ["exim/mainlog", "exim/cpanel", "postfix/maillog", "postfix/filter"], ["551", "all"])
  func `has the figures of the log`(name: String, code: String) throws {
    let sample = try #require(try Sample.all.first { $0.name == name })
    try #require(sample.logs.count == 1)
    let text = try Program.run("/bin/cat", sample.logs).output
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let half = lines.count / 2
    let log = try folder.write((lines[..<half].joined(separator: "\n") + "\n").utf8, to: "log")
    try check(log)
    try folder.append(lines[half...].joined(separator: "\n").utf8, to: "log")
    try check(log)
    // Of a log to which nothing comes, what waits for its sender is counted.
    _ = try Program.run("/usr/bin/touch", ["-d", "2026-11-25 06:00", log])
    try check(log)
    let wanted = try json(["--edge", "e", "--code", code, log])
    let given = try kept(["--code", code])
    #expect(given["totals"] == wanted["totals"])
    for section in ["failures", "deferrals", "refusals", "callouts", "local", "expired"] {
      // Deferrals without a code are not kept, and a local outcome can be one.
      if code == "all", section == "deferrals" || section == "local" { continue }
      #expect(
        Self.compared(given[section]) == Self.compared(wanted[section]), "\(section) of \(name)")
    }
  }

  @Test func `has days, what was before, and what is new`() throws {
    let log = try folder.write((monday + tuesday).utf8, to: "mainlog")
    try check(log)
    for words in [
      ["--day", "2026-11-24"], ["--day", "2026-11-23"], ["--code", "5xx", "--day", "2026-11-24"],
      ["--remote-host", "mx1.*", "--day", "2026-11-24"], ["--sender-domain", "acme.*"],
      ["--by", "reason,sender-domain"],
      ["--since", "2026-11-23 10:00:01", "--until", "2026-11-24 00:00:02"],
    ] {
      let wanted = try json(["--edge", "e"] + words + [log])
      let given = try kept(words)
      #expect(Self.compared(given["failures"]) == Self.compared(wanted["failures"]), "\(words)")
      #expect(given["totals"]?["tried"] == wanted["totals"]?["tried"], "\(words)")
      #expect(given["totals"]?["failed"] == wanted["totals"]?["failed"], "\(words)")
      #expect(given["previous"]?["failures"] == wanted["previous"]?["failures"], "\(words)")
      #expect(given["period"]?["from"] == wanted["period"]?["from"] || words.count == 2)
    }
  }

  @Test func `has the lines of a period, and no figure of another one`() throws {
    let odd = "what is this\n"
    let lost =
      "2026-11-24T00:00:03Z relay rsyslogd: imuxsock lost 7 messages from pid 1 due to rate-limiting\n"
    let log = try folder.write((monday + odd + tuesday + lost).utf8, to: "mainlog")
    try check(log)
    for words in [["--day", "2026-11-23"], ["--day", "2026-11-24"], []] {
      let given = try kept(words)
      for field in ["lines", "unrecognised", "lost"] {
        let count = try #require(given["input"]?[field]?.integer)
        let counts = ["lines": [6, 8, 14], "unrecognised": [1, 0, 1], "lost": [0, 7, 7]]
        #expect(count == counts[field]?[words.isEmpty ? 2 : words[1] == "2026-11-23" ? 0 : 1])
      }
      #expect(given["notices"] == .null)
      #expect(given["totals"]?["in_progress"] == (words.isEmpty ? 0 : .null))
      let text = try bouncelog(
        ["report", "--from", "state", "--state", folder.file("state"), "--edge", "e"] + words)
      #expect(text.lines[1].hasPrefix("e, 2026-11-2"), "\(text.output)")
      #expect(text.output.contains("in progress") == words.isEmpty)
    }
    for form in ["csv", "html", "markdown", "prometheus", "mail"] {
      let words = ["report", "--from", "state", "--state", folder.file("state"), "-f", form]
      #expect(try bouncelog(words + ["--day", "2026-11-23"]).status == 0)
    }
  }

  @Test func `forgets what is older than it is kept, of a log to which nothing comes too`() throws {
    let log = try folder.write(failures(0..<2, at: -40 * 86_400).utf8, to: "mainlog")
    try check(log)
    #expect(try kept([])["failures"]?["total"] == 2)
    let config = try folder.write("[state]\nkeep = \"30d\"\n".utf8, to: "bouncelog.toml")
    let outcome = try bouncelog([
      "check", "--config", config, "--state", folder.file("state"), "--edge", "e",
      "-c", "9", "--stale", "never", log,
    ])
    try #require(outcome.status == 0, "\(outcome.lines)")
    #expect(try kept([])["failures"]?["total"] == 0)
  }

  @Test func `reads no log`() throws {
    let words = ["report", "--from", "state", "--state", folder.file("state"), "--mta", "exim"]
    #expect(try bouncelog(words).status == 64)
    #expect(
      try bouncelog(["report", "--from", "state", "--state", folder.file("state"), "x.log"]).status
        == 64)
    let none = try bouncelog(["report", "--from", "state", "--state", folder.file("state")])
    #expect(none.status == 66)
  }
}
