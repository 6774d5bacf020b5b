import Glibc
import TestSupport
import Testing

@Suite struct `Report command` {
  let folder: TemporaryFolder
  let mainlog: String

  init() throws {
    folder = try TemporaryFolder()
    mainlog = try folder.write((monday + tuesday).utf8, to: "mainlog")
  }

  static func total(_ json: JSONValue, _ section: String = "failures") -> Int? {
    json[section]?["total"]?.integer
  }

  @Test func `reports over a file`() throws {
    let json = try json([mainlog])
    #expect(json["schema"] == "bouncelog.report/1")
    #expect(json["filter"] == ["code": ["551"]])
    #expect(json["input"]?["files"] == [.string(mainlog)])
    #expect(json["input"]?["bytes"]?.integer == (monday + tuesday).utf8.count)
    #expect(json["input"]?["lines"] == 12)
    #expect(json["input"]?["unrecognised"] == 0)
    #expect(Self.total(json) == 3)
    #expect(Self.total(json, "local") == 1)
    #expect(
      json["failures"]?["by_sender_domain"] == [
        ["sender_domain": "acme.example", "count": 2, "tried": 5, "rate": 0.4],
        ["sender_domain": "bcorp.example", "count": 1, "tried": 1, "rate": 1],
      ])
    #expect(
      json["period"] == ["from": "2026-11-23T10:00:00+00:00", "to": "2026-11-24T12:00:02+00:00"])
  }

  @Test(arguments: [["-"], []])
  func `reads standard input`(arguments: [String]) throws {
    #expect(try Self.total(json(arguments, input: monday + tuesday)) == 3)
  }

  /// Whoever opens a FIFO to look at it takes its writer from the one who reads it.
  @Test func `reads a FIFO beside other logs`() throws {
    let pipe = folder.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let first = try folder.write(monday.utf8, to: "first")
    let other = try folder.write(tuesday.utf8, to: "other")
    let script = """
      cat "$1" > "$2" & sleep 0.2
      exec timeout 60 "$3" report --format json "$2" "$4"
      """
    let outcome = try Program.run(
      "/bin/sh",
      ["-c", script, "sh", first, pipe, Program.built("bouncelog"), other])
    #expect(outcome.status == 0)
    #expect(try Self.total(JSONValue(parsing: outcome.output.utf8)) == 3)
  }

  @Test func `reads gzip, whatever it is called`() throws {
    let packed = try folder.gzip((monday + tuesday).utf8, to: "old")
    let plain = try json([mainlog])
    let json = try json([packed])
    #expect(json["failures"] == plain["failures"])
    #expect(json["totals"] == plain["totals"])
    #expect(json["input"]?["bytes"]?.integer == (monday + tuesday).utf8.count)
  }

  @Test func `reads a rotated set in any order`() throws {
    let set = [
      try folder.write(tuesday.utf8, to: "mainlog"),
      try folder.gzip(monday.utf8, to: "mainlog.1.gz"),
    ]
    for files in [set, set.reversed()] {
      let json = try json(files)
      #expect(json["input"]?["files"] == .array([.string(set[1]), .string(set[0])]))
      #expect(Self.total(json) == 3)
      #expect(
        json["failures"]?["by_sender_domain"]?.elements.map { $0["sender_domain"] }
          == ["acme.example", "bcorp.example"])
    }
  }

  @Test func `reads files that begin in the same second as rotation named them`() throws {
    let lines = (monday + tuesday).split(separator: "\n")
    // The lines of the first second are in both files, and the older one is written last.
    let first = lines[0]
    let set = [
      try folder.write(([first] + lines.dropFirst(3)).joined(separator: "\n").utf8, to: "mainlog"),
      try folder.gzip(lines.prefix(3).joined(separator: "\n").utf8, to: "mainlog.1.gz"),
    ]
    for files in [set, set.reversed()] {
      let json = try json(files)
      #expect(json["input"]?["files"] == .array([.string(set[1]), .string(set[0])]))
    }
  }

  @Test func `reads a file once that is given twice`() throws {
    #expect(try Self.total(json([mainlog, mainlog])) == 3)
    unsafe link(mainlog, folder.file("again"))
    #expect(try Self.total(json([mainlog, folder.file("again")])) == 3)
  }

  @Test func `says that a rejectlog repeats lines of the main log`() throws {
    let log = try folder.write(
      "2026-11-24 10:00:00 H=(c) [192.0.2.9] F=<a@b.test> rejected RCPT <c@d.test>: 551 no\n".utf8,
      to: "rejectlog.1")
    func warnings(_ words: [String]) throws -> String {
      try bouncelog(["report", "--format", "json"] + words).errors
    }
    #expect(
      try warnings([mainlog, log])
        == "bouncelog: \(log) repeats lines of the main log: refusals and callouts count twice\n")
    #expect(try warnings([log]) == "")
    #expect(try warnings([mainlog]) == "")
    #expect(try warnings(["--quiet", mainlog, log]) == "")
  }

  @Test func `takes an empty file for a log without lines`() throws {
    let json = try json([folder.write([], to: "empty")])
    #expect(json["input"]?["lines"] == 0)
    #expect(Self.total(json) == 0)
    let both = try self.json([mainlog, folder.file("empty")])
    #expect(Self.total(both) == 3)
  }

  private func json(_ arguments: [String], input: String = "") throws -> JSONValue {
    try BouncelogTests.json(arguments, input: input)
  }

  @Test(arguments: [
    (["--code", "550"], 1), (["--code", "5xx"], 4), (["--code", "550-551"], 4),
    (["--code", "5.1.1"], 2),
    (["--code", "550", "--code", "551"], 4), (["--code", "550,551"], 4), (["--code", "all"], 4),
    (["--code", "559"], 0), (["--since", "2026-11-24"], 1), (["--until", "2026-11-24"], 2),
    (["--since", "2026-11-23 10:00:02", "--until", "2026-11-24 00:00:01"], 0),
    (["--since", "2026-11-23T10:00:01", "--until", "2026-11-24T00:00:02Z"], 3),
    (["--since", "2026-11-24T02:00:00+01:00"], 0), (["--day", "2026-11-23"], 2),
    (["--day", "2026-11-24"], 1), (["--day", "2026-11-25"], 0), (["--remote-host", "mx1.*"], 2),
    (["--remote-host", "MX?.D2.test"], 0), (["--remote-host", "mx.d2.test"], 1),
    (["--sender-domain", "acme*"], 2), (["--sender-domain", "<>"], 0), (["--origin", "remote"], 3),
    (["--origin", "local"], 0), (["--mta", "exim"], 3), (["--mta", "auto"], 3),
  ])
  func `selects`(arguments: [String], total: Int) throws {
    #expect(try Self.total(json(arguments + [mainlog])) == total)
  }

  @Test func `groups by dimensions in the order that was asked for`() throws {
    let json = try json([
      "--by", "code,sender-domain", "--by", "remote-host", "--code", "5xx", mainlog,
    ])
    let groups = json["failures"]?["by_group"]?.elements ?? []
    #expect(
      groups.map(\.keys)
        == Array(repeating: ["code", "sender_domain", "remote_host", "count"], count: 4))
    #expect(groups.map { $0["code"]?.integer } == [550, 551, 551, 551])
    #expect(groups.allSatisfy { $0["count"] == 1 })
  }

  @Test func `shows the top rows of a table in text, and all in JSON`() throws {
    let text = try bouncelog(["report", "--top", "1", mainlog])
    #expect(text.status == 0)
    #expect(text.lines[0].contains("3 failures"))
    #expect(text.output.contains("(1 more)"))
    let json = try json(["--top", "1", mainlog])
    #expect(json["failures"]?["by_remote_host"]?.elements.count == 2)
  }

  @Test func `writes events as JSON lines`() throws {
    let outcome = try bouncelog(["report", "--format", "jsonl", mainlog])
    #expect(outcome.status == 0)
    let events = try outcome.lines.dropLast().map { try JSONValue(parsing: $0.utf8) }
    #expect(events.map { $0["event"] } == ["failed", "failed", "failed", "failed"])
    #expect(
      events.map { $0["recipient"] } == [
        "bob@d1.test", "eva@d2.test", "bob@d1.test", "x@fail.example",
      ])
    #expect(events.map { $0["origin"] } == ["remote", "remote", "remote", "local"])
    #expect(
      events.map { $0["sender"]?.text } == [
        "alice@acme.example", "alice@acme.example", "root@bcorp.example", "alice@acme.example",
      ])
    #expect(events.allSatisfy { $0["schema"] == "bouncelog.event/1" && $0["code"] == 551 })
    #expect(events[0]["time"] == "2026-11-23T10:00:01+00:00")
    #expect(events[0]["enhanced"] == "5.1.1")
    #expect(events[0]["reply"] == "not our customer")
    let all = try bouncelog(["report", "-f", "jsonl", "--event", "all", mainlog])
    #expect(all.lines.count == 7)
    for (words, kinds) in [
      (["delivered,notified", "--code", "all"], ["delivered"]),
      (["delivered,notified"], ["delivered"]),
      (["delivered", "--code", "551"], []),
      (["failed"], ["failed", "failed", "failed", "failed"]),
      (["failed,delivered"], ["failed", "failed", "failed", "failed", "delivered"]),
      (["failed", "--code", "550"], ["failed"]),
      (["failed", "--origin", "local"], ["failed"]), (["all", "--origin", "local"], ["failed"]),
    ] {
      let some = try bouncelog(["report", "-f", "jsonl", "--event"] + words + [mainlog])
      #expect(
        try some.lines.dropLast().map { try JSONValue(parsing: $0.utf8)["event"]?.text } == kinds,
        "\(words)")
    }
  }

  @Test func `takes no log's place by its output, whatever its name`() throws {
    let log = try folder.write(monday.utf8, to: "log.txt")
    let link = folder.file("link.txt")
    let twin = folder.file("twin.txt")
    #expect(unsafe symlink("log.txt", link) == 0)
    #expect(unsafe Glibc.link(log, twin) == 0)
    let other = folder.file("other.json")
    for words in [
      ["report", "-o", log, log], ["report", "-o", other, "-o", link, log],
      ["report", "-o", twin, log], ["report", "-o", log, link, twin], ["follow", "-o", link, log],
      ["report", "--since", "2026-11-23", "-o", twin, log],
    ] {
      let outcome = try bouncelog(words)
      #expect(outcome.status == 64, "\(words)")
      #expect(outcome.errors.contains("would take the place of the log"), "\(outcome.errors)")
      #expect(try folder.contents(of: "log.txt") == monday)
      #expect(unsafe access(other, F_OK) != 0)
    }
    let nowhere = try bouncelog(["report", "-f", "text", "-o", "/dev/null", log, "/dev/null"])
    #expect(nowhere.status == 0)
  }

  @Test(arguments: ["csv", "jsonl"])
  func `tells on standard error what a form has no room for`(format: String) throws {
    let lost =
      "2026-11-24T00:00:03Z relay rsyslogd: imuxsock lost 7 messages from pid 1 due to rate-limiting\n"
    let log = try folder.write((monday + "what is this\n" + lost).utf8, to: "odd.log")
    let words = "1 of 7 lines not recognised; syslog lost 7 lines: counts are a lower bound"
    #expect(try bouncelog(["report", "-f", format, log]).errors == "bouncelog: \(words)\n")
    #expect(try bouncelog(["report", "-q", "-f", format, log]).errors == "")
    let file = folder.file("out.\(format)")
    #expect(try bouncelog(["report", "-o", file, log]).errors == "bouncelog: \(words)\n")
    #expect(try bouncelog(["report", "-o", file, "-o", folder.file("a.json"), log]).errors == "")
    #expect(try bouncelog(["report", "-f", format, mainlog]).errors == "")
  }

  @Test func `gives events the same ids from a pipe, a file, an archive and two halves`() throws {
    let ids = try ids([mainlog], "")
    #expect(Set(ids).count == 4)
    #expect(try self.ids(["-"], monday + tuesday) == ids)
    let archive = try folder.gzip((monday + tuesday).utf8, to: "a.gz")
    let halves = [try folder.write(monday.utf8, to: "1"), try folder.write(tuesday.utf8, to: "2")]
    let separately = try halves.flatMap { file in try self.ids([file], "") }
    #expect(try self.ids([archive], "") == ids)
    #expect(Set(separately) == Set(ids))
  }

  private func ids(_ arguments: [String], _ input: String) throws -> [String] {
    let outcome = try bouncelog(
      ["report", "-f", "jsonl", "--edge", "mx01"] + arguments, input: input)
    return try outcome.lines.dropLast().map {
      try #require(JSONValue(parsing: $0.utf8)["event_id"]?.text)
    }
  }

  @Test func `writes files whose suffix chooses the format`() throws {
    let outcome = try bouncelog([
      "report", "-o", folder.file("r.json"), "-o", folder.file("r.txt"), "-o",
      folder.file("r.jsonl"), mainlog,
    ])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(try Self.total(JSONValue(parsing: folder.contents(of: "r.json").utf8)) == 3)
    #expect(try folder.contents(of: "r.txt").contains("3 failures"))
    #expect(try folder.contents(of: "r.jsonl").split(separator: "\n").count == 4)
    #expect(folder.names == ["mainlog", "r.json", "r.jsonl", "r.txt"])
  }

  @Test func `reads stamps in the zone that it is told`() throws {
    let zones = [
      (["--timezone", "UTC"], "2026-11-23T10:00:00+00:00"),
      (["--timezone", "+05:30"], "2026-11-23T10:00:00+05:30"),
      (["--timezone=-03:00"], "2026-11-23T10:00:00-03:00"),
    ]
    for (arguments, from) in zones {
      #expect(try json(arguments + [mainlog])["period"]?["from"]?.text == from)
    }
  }

  @Test func `takes a zone west of Greenwich for a value, not for an option`() throws {
    let json = try json(["--timezone", "-03:00", mainlog])
    #expect(json["period"]?["from"] == "2026-11-23T10:00:00-03:00")
  }

  /// Central European Time as a POSIX rule: the clock goes back at 03:00 on 25 October 2026.
  @Test func `follows a clock that changes`() throws {
    func first(_ stamp: String) throws -> String? {
      let log = monday.replacing("2026-11-23 10:00:00", with: stamp).replacing(
        "2026-11-23 10:00:01", with: stamp)
      let outcome = try bouncelog(
        ["report", "-f", "json"], input: log, environment: ["TZ=CET-1CEST,M3.5.0,M10.5.0/3"])
      return try JSONValue(parsing: outcome.output.utf8)["period"]?["from"]?.text
    }
    #expect(try first("2026-03-29 01:59:59") == "2026-03-29T01:59:59+01:00")
    #expect(try first("2026-03-29 03:00:00") == "2026-03-29T03:00:00+02:00")
    #expect(try first("2026-10-25 01:59:59") == "2026-10-25T01:59:59+02:00")
    #expect(try first("2026-10-25 03:00:00") == "2026-10-25T03:00:00+01:00")
    #expect(try first("2026-07-01 12:00:00") == "2026-07-01T12:00:00+02:00")
  }

  /// The clock shows 02:30 twice, at 00:30 and at 01:30 UTC; which one is meant, no other line tells.
  @Test(arguments: [
    // A file that was written last before the second time, and behind it.
    (1_792_889_700, "2026-10-25T02:30:00+02:00"), (1_792_899_700, "2026-10-25T02:30:00+01:00"),
  ])
  func `takes the later of two moments that is not in the future`(written: Int, from: String) throws
  {
    for earlier in ["", "2026-10-24 23:00:00 1xVC00-000001-01 Completed\n"] {
      let log = try folder.write(
        (earlier + "2026-10-25 02:30:00 1xVC00-000001-02 ** "
          + failureLine.split(separator: "** ")[1]
          + "\n").utf8, to: "clock.log")
      let times = [timeval(tv_sec: written, tv_usec: 0), timeval(tv_sec: written, tv_usec: 0)]
      try #require(unsafe utimes(log, times) == 0)
      let outcome = try bouncelog(
        ["report", "-f", "jsonl", log], environment: ["TZ=CET-1CEST,M3.5.0,M10.5.0/3"])
      #expect(try JSONValue(parsing: outcome.output.utf8)["time"]?.text == from)
    }
  }

  @Test func `makes a day of the local clock, 25 hours long where it goes back`() throws {
    let log =
      "2026-10-25 23:30:00 1xVC00-000001-01 ** dan@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<dan@d1.test>: 551 no\n"
    for (day, total) in [("2026-10-24", 0), ("2026-10-25", 1), ("2026-10-26", 0)] {
      let outcome = try bouncelog(
        ["report", "-f", "json", "--day", day], input: log,
        environment: ["TZ=CET-1CEST,M3.5.0,M10.5.0/3"])
      #expect(try Self.total(JSONValue(parsing: outcome.output.utf8)) == total)
    }
  }

  @Test func `reads syslog stamps in the year that it is told`() throws {
    let log =
      "Nov 24 00:00:01 mx7 exim[7]: 1xVB00-000001-01 Completed\n"
      + "Nov 24 00:00:01 mx7 exim[7]: " + failureLine.dropFirst(20)
    let json = try json(["--year", "2019"], input: log)
    #expect(json["period"]?["from"] == "2019-11-24T00:00:01+00:00")
    #expect(Self.total(json) == 1)
  }

  @Test func `colours only on request`() throws {
    let never = try bouncelog(["report", mainlog])
    #expect(!never.output.contains("\u{1B}"))
    let always = try bouncelog(["report", "--color", "always", mainlog])
    #expect(always.output.contains("\u{1B}["))
    let no = try bouncelog(["report", "--color", "never", mainlog])
    #expect(no.output == never.output)
    let auto = try bouncelog(
      ["report", "--color", "auto", mainlog], environment: ["TZ=UTC", "NO_COLOR=1"])
    #expect(auto.output == never.output)
  }

  @Test func `lets no byte of a stranger reach the terminal`() throws {
    let log = failureLine.replacing(
      "not our customer", with: "\u{1B}]0;x\u{7} \\033[31m \u{9B}31m \u{202E}gnp.exe\r!")
    for arguments in [["report"], ["follow"], []] as [[String]] {
      let outcome = try bouncelog(arguments, input: log + "\u{1B}[2J what\u{202E}\n")
      #expect(outcome.status == 0)
      let all = (outcome.output + outcome.errors).unicodeScalars
      #expect(
        !all.contains {
          $0.value < 0x20 && $0 != "\n" || (0x7F..<0xA0).contains($0.value) || $0 == "\u{202E}"
        })
      #expect(outcome.output.contains("gnp.exe"))
    }
  }

  @Test func `counts lines that it cannot read, and says so`() throws {
    let json = try json([], input: "garbage\n" + monday + "  continued\n\nmore garbage\n")
    #expect(json["input"]?["lines"] == 9)
    #expect(json["input"]?["unrecognised"] == 2)
    #expect(json["input"]?["recognised"] == 7)
  }
}
