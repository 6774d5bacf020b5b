import Glibc
import TestSupport
import Testing

/// `follow --daemon` as systemd runs it.
@Suite struct `Daemon` {
  let folder: TemporaryFolder
  let log: String

  init() throws {
    folder = try TemporaryFolder()
    log = folder.file("mainlog")
    try folder.write(monday.utf8, to: "mainlog")
    try writeConfig(warning: 2)
  }

  private func writeConfig(warning: Int) throws {
    try folder.write(
      """
      [[source]]
      files = ["\(log)"]
      [state]
      dir = "\(folder.file("state"))"
      keep = "20000d"
      [[alert]]
      name = "burst"
      by = ["remote-host"]
      per = "20000d"
      warning = \(warning)
      """.utf8, to: "bouncelog.toml")
  }

  private func start() throws -> Program {
    try started([
      "follow", "--daemon", "--edge", "e", "--config", folder.file("bouncelog.toml"), "--textfile",
      folder.file("bouncelog.prom"),
    ])
  }

  private func failure(_ number: Int) -> String {
    failureLine.replacing("1xVB00-000001-01", number)
  }

  @Test func `lets others read what it keeps`() throws {
    let daemon = try start()
    for _ in 0..<500 where !folder.names.contains("bouncelog.prom") { usleep(10_000) }
    for number in 1...5 {
      try folder.append(failure(number).utf8, to: "mainlog")
      let show = try bouncelog(["state", "show", "--state", folder.file("state")])
      #expect(show.status == 0, "\(show.errors)")
      #expect(show.lines[0].hasSuffix("state.sqlite: sound"))
      // In one look of the service lines and failures change together, and so does what is read.
      let report = try json(["--from", "state", "--state", folder.file("state")])
      let failures = try #require(report["failures"]?["total"]?.integer)
      let lines = try #require(report["input"]?["lines"]?.integer)
      #expect(failures <= lines - 3)
    }
    #expect(try bouncelog(["state", "prune", "--state", folder.file("state")]).status == 75)
    daemon.signal(SIGTERM)
    #expect(try daemon.finish().status == 0)
  }

  @Test func `tells when an alert begins and ends, over rotation, reload and restart`() throws {
    let first = try start()
    // What is rotated before the first look is passed over; the metrics tell that it was.
    for _ in 0..<500 where !folder.names.contains("bouncelog.prom") { usleep(10_000) }
    try folder.append(failure(1).utf8, to: "mainlog")
    #expect(unsafe rename(log, log + ".1") == 0)
    try folder.write(failure(2).utf8, to: "mainlog")
    let begun = try #require(try first.nextLine())
    #expect(begun.hasSuffix(" WARNING burst: mx1.d1.test: 3"))

    // A broken configuration is refused and the old one kept; a right one is taken.
    try folder.write("broken".utf8, to: "bouncelog.toml")
    first.signal(SIGHUP)
    usleep(300_000)
    try writeConfig(warning: 50)
    first.signal(SIGHUP)
    #expect(try #require(try first.nextLine()).hasSuffix(" OK burst: mx1.d1.test"))
    first.signal(SIGTERM)
    let outcome = try first.finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("not reloaded: "))

    try writeConfig(warning: 3)
    let second = try start()
    try folder.append(failure(3).utf8, to: "mainlog")
    #expect(try #require(try second.nextLine()).hasSuffix(" WARNING burst: mx1.d1.test: 4"))
    second.signal(SIGTERM)
    #expect(try second.finish().status == 0)
    let metrics = try folder.contents(of: "bouncelog.prom")
    #expect(metrics.contains("bouncelog_alert_status{alert=\"burst\"} 1\n"))
    #expect(metrics.contains("remote_host=\"mx1.d1.test\"} 4\n"))
    #expect(metrics.contains("bouncelog_read_lines_total{log=\"\(log)\"} 8\n"))
  }

  @Test func `ends at once where it cannot work`() throws {
    try folder.write("broken".utf8, to: "bouncelog.toml")
    #expect(
      try bouncelog(["follow", "--daemon", "--config", folder.file("bouncelog.toml")]).status == 78)
    #expect(try bouncelog(["follow", "--textfile", "x", log]).status == 64)
  }

  @Test(arguments: [
    ["--no-state"], ["-o", "x.txt"], ["--format", "text"], ["--code", "551"], ["--by", "code"],
    ["--remote-host", "x"], ["--since", "1h"], ["--top", "3"], ["--event", "failed"],
    ["--day", "today"], ["--origin", "local"],
  ])
  func `refuses what it would not do`(words: [String]) throws {
    let config = ["--config", folder.file("bouncelog.toml")]
    let outcome = try bouncelog(["follow", "--daemon"] + config + words)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("is not for --daemon"), "\(outcome.errors)")
  }

  @Test func `tells once that a log is silent, and which names are one log`() throws {
    try folder.write(
      """
      [[source]]
      files = ["\(log)", "\(log).1"]
      stale = "1h"
      [state]
      dir = "\(folder.file("state"))"
      [[alert]]
      name = "burst"
      warning = 2
      """.utf8, to: "bouncelog.toml")
    try folder.write("".utf8, to: "mainlog.1")
    let daemon = try start()
    for _ in 0..<500 where !folder.names.contains("bouncelog.prom") { usleep(10_000) }
    for _ in 0..<3 {
      try folder.append("2026-11-23 23:59:00 Start queue run: pid=1\n".utf8, to: "mainlog")
      usleep(200_000)
    }
    daemon.signal(SIGTERM)
    let errors = try daemon.finish().errors
    #expect(
      errors == """
        bouncelog: \(log).1 is read as a part of \(log)
        bouncelog: \(log) is stale: its newest line is of 2026-11-23 23:59:00, more than 1h ago; see --stale

        """)
  }
}

extension String {
  /// The line with another message's id.
  fileprivate func replacing(_ id: String, _ number: Int) -> String {
    split(separator: " ", omittingEmptySubsequences: false).map { word in
      // Its sender stands on the line: without one it would wait for the line that tells it.
      word == id
        ? "1xVB00-00010\(number)-01" : word == "R=all" ? "F=<x@acme.example> R=all" : String(word)
    }.joined(separator: " ")
  }
}
