import TestSupport
import Testing

/// Failures at a host for a sender, each a message of its own, on the clock of Berlin.
private func failures(_ stamps: [String], _ host: String, _ sender: String, _ mark: String)
  -> String
{
  stamps.enumerated().map { index, stamp in
    let id = "1xV\(mark)\(index < 10 ? "0" : "")\(index)-000001-01"
    return """
      \(stamp) \(id) <= a@\(sender) H=(c) [192.0.2.9] P=esmtp S=300
      \(stamp) \(id) ** b@\(host) R=all T=rs H=mx.\(host) [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@\(host)>: 551 not our customer
      \(stamp) \(id) Completed

      """
  }.joined()
}

private func deliveries(_ stamps: [String], _ host: String, _ sender: String, _ mark: String)
  -> String
{
  stamps.enumerated().map { index, stamp in
    let id = "1xV\(mark)\(index < 10 ? "0" : "")\(index)-000001-01"
    return """
      \(stamp) \(id) <= a@\(sender) H=(c) [192.0.2.9] P=esmtp S=300
      \(stamp) \(id) => b@\(host) R=all T=rs H=mx.\(host) [192.0.2.1] C="250 ok"
      \(stamp) \(id) Completed

      """
  }.joined()
}

@Suite struct `Daily report` {
  let folder: TemporaryFolder
  let mainlog: String

  /// Two days over three files, counted by hand.
  ///
  /// Berlin's clock is put back at 03:00 on 25 October 2026.
  /// 24 October: 2 failures at d1 for s1 (one of them at 23:59:59), 1 at d2, and 2 delivered at d1.
  /// 25 October: 1 failure at 00:00:00, 2 in the first hour 2 and 3 in the second one, all at d1 for s1, and
  /// 1 at d3, which is new, at 23:59:59; 1 delivered at d1. 26 October: 1 failure.
  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.gzip(
      (failures(["2026-10-24 00:00:00 +0200"], "d1.test", "s1.example", "A")
        + deliveries(
          ["2026-10-24 09:00:00 +0200", "2026-10-24 10:00:00 +0200"], "d1.test", "s2.example", "B")
        + failures(["2026-10-24 12:00:00 +0200"], "d2.test", "s1.example", "C")).utf8,
      to: "mainlog.2.gz")
    try folder.write(
      (failures(
        ["2026-10-24 23:59:59 +0200", "2026-10-25 00:00:00 +0200"], "d1.test", "s1.example", "D")
        + failures(
          ["2026-10-25 02:00:00 +0200", "2026-10-25 02:59:59 +0200"], "d1.test", "s1.example", "E"))
        .utf8, to: "mainlog.1")
    mainlog = try folder.write(
      (failures(
        ["2026-10-25 02:00:00 +0100", "2026-10-25 02:30:00 +0100", "2026-10-25 02:59:59 +0100"],
        "d1.test", "s1.example", "F")
        + deliveries(["2026-10-25 12:00:00 +0100"], "d1.test", "s1.example", "G")
        + failures(["2026-10-25 23:59:59 +0100"], "d3.test", "s1.example", "H")
        + failures(["2026-10-26 00:00:00 +0100"], "d1.test", "s1.example", "I")).utf8,
      to: "mainlog")
  }

  private func report(_ arguments: [String], input: String = "") throws -> Program.Outcome {
    try bouncelog(["report"] + arguments, input: input, environment: ["TZ=Europe/Berlin"])
  }

  private func day(_ arguments: [String]) throws -> JSONValue {
    let outcome = try report(["-f", "json"] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONValue(parsing: outcome.output.utf8)
  }

  @Test func `counts a day of 25 hours over three files, beside the day before`() throws {
    let json = try day(["--day", "2026-10-25", mainlog])
    #expect(
      json["period"] == ["from": "2026-10-25T00:00:00+02:00", "to": "2026-10-26T00:00:00+01:00"])
    #expect(json["failures"]?["total"] == 7)
    #expect(json["totals"]?["tried"] == 8)
    #expect(json["totals"]?["messages"] == 8)
    #expect(
      json["failures"]?["by_hour"] == [
        ["hour": "2026-10-25T00:00:00+02:00", "count": 1],
        ["hour": "2026-10-25T02:00:00+02:00", "count": 2],
        ["hour": "2026-10-25T02:00:00+01:00", "count": 3],
        ["hour": "2026-10-25T23:00:00+01:00", "count": 1],
      ])
    #expect(
      json["failures"]?["by_remote_host"] == [
        ["remote_host": "mx.d1.test", "count": 6, "tried": 7, "rate": 0.857143, "before": 2],
        ["remote_host": "mx.d3.test", "count": 1, "tried": 1, "rate": 1, "before": 0],
      ])
    #expect(json["previous"]?["failures"] == 3)
    #expect(json["previous"]?["totals"]?["tried"] == 5)
    #expect(json["previous"]?["from"] == "2026-10-24T00:00:00+02:00")
    let pairs = try #require(json["failures"]?["by_pair"]?.elements)
    #expect(pairs.map { $0["new"] } == [nil, .boolean(true)])
    #expect(pairs[0]["first_message_id"] == "1xVD01-000001-01")
    #expect(pairs[0]["last_message_id"] == "1xVF02-000001-01")
    #expect(
      json["input"]?["files"]
        == .array(["mainlog.2.gz", "mainlog.1", "mainlog"].map { .string(folder.file($0)) }))
  }

  @Test func `has the figures of the day before that this day's own report has`() throws {
    let before = try day(["--day", "2026-10-24", mainlog])
    let json = try day(["--day", "2026-10-25", mainlog])
    #expect(json["previous"]?["totals"] == before["totals"])
    for section in ["failures", "deferrals", "refusals", "callouts", "local", "expired"] {
      #expect(json["previous"]?[section] == before[section]?["total"])
    }
    // Nothing was read of the 23rd.
    #expect(before["previous"] == nil)
  }

  @Test func `counts the same whether it compares or not, and in whatever order`() throws {
    let compared = try day(["--day", "2026-10-25", mainlog])
    let files = ["mainlog.1", "mainlog", "mainlog.2.gz"].map(folder.file)
    let alone = try day(["--day", "2026-10-25", "--compare", "none", "--no-rotated"] + files)
    #expect(alone["totals"] == compared["totals"])
    #expect(alone["failures"]?["by_hour"] == compared["failures"]?["by_hour"])
    #expect(alone["failures"]?["total"] == compared["failures"]?["total"])
    #expect(alone["previous"] == nil)
    for threads in ["1", "2", "3"] {
      let again = try day(["--day", "2026-10-25", "--threads", threads, mainlog])
      #expect(again["failures"] == compared["failures"])
      #expect(again["previous"] == compared["previous"])
    }
  }

  @Test func `reads only the files that can matter`() throws {
    // The file of a month ago, and the one that begins behind the period, do not.
    _ = try folder.gzip(
      failures(["2026-09-20 09:00:00 +0200"], "d9.test", "s9.example", "X").utf8,
      to: "mainlog.4.gz")
    _ = try folder.gzip(
      failures(["2026-10-10 09:00:00 +0200"], "d9.test", "s9.example", "Y").utf8,
      to: "mainlog.3.gz")
    let json = try day(["--day", "2026-10-24", mainlog])
    let files = json["input"]?["files"]?.elements ?? []
    #expect(
      files.map { $0.text?.split(separator: "/").last } == [
        "mainlog.3.gz", "mainlog.2.gz", "mainlog.1",
      ])
    #expect(json["input"]?["passed_over"] == 2)
    #expect(json["failures"]?["total"] == 3)
  }

  /// Counted by another program from the lines with `R=`: 32 messages failed with 551, 8 of them bounces
  /// themselves; for each of the 24 others a bounce was made, of which 16 were delivered and 8 failed.
  @Test func `tells whether the senders were told`() throws {
    let sample = try #require(try Sample.all.first { $0.name == "exim/mainlog" })
    #expect(
      try json(sample.logs)["notices"] == [
        "messages": 32, "without_sender": 8, "bounced": 24, "bounces_delivered": 16,
        "bounces_deferred": 0, "bounces_failed": 8, "not_told": 0,
      ])
  }

  @Test func `has what was tried of hosts and domains, in whatever order they are asked for`()
    throws
  {
    for dimensions in ["remote-host,sender-domain", "sender-domain,remote-host"] {
      let rows = try day(["--day", "2026-10-25", "--by", dimensions, mainlog])["failures"]?[
        "by_group"]
      #expect(rows?.elements.map { $0["tried"] } == [7, 1])
      #expect(rows?.elements.map { $0["before"] } == [2, 0])
    }
    let other = try day(["--day", "2026-10-25", "--by", "remote-host,code", mainlog])
    #expect(other["failures"]?["by_group"]?.elements.first?["tried"] == nil)
  }

  // MARK: What went wrong once

  @Test func `reads a file and its compressed copy once`() throws {
    let bytes = try Program.run("/bin/cat", [folder.file("mainlog.1")]).output
    let copy = try folder.gzip(bytes.utf8, to: "mainlog.1.gz")
    #expect(try day(["--day", "2026-10-25", mainlog])["failures"]?["total"] == 7)
    let files = [copy, folder.file("mainlog.1"), folder.file("mainlog.2.gz"), mainlog]
    #expect(try day(files)["failures"]?["total"] == 11)
  }

  @Test func `reads the whole archive where only a part of it was unpacked`() throws {
    let sample = try #require(try Sample.all.first { $0.name == "exim/mainlog" })
    let text = try Program.run("/bin/cat", sample.logs).output
    let archive = try folder.gzip(text.utf8, to: "whole.gz")
    let part = try folder.write(text.utf8.prefix(30_000), to: "part")
    let whole = try json(sample.logs)["failures"]?["total"]
    for files in [[archive, part], [part, archive]] {
      #expect(try json(files)["failures"]?["total"] == whole)
      let outcome = try bouncelog(["report", "-v"] + files)
      #expect(outcome.errors.contains("leaving out \(part), a copy of \(archive)\n"))
      // The last message is in the archive alone.
      let last = try bouncelog(["trace", "1xW2Ql-00003M-0j"] + files)
      #expect(last.status == 0)
    }
    // Of two whole ones the plain one is read, which is quicker.
    let plain = try folder.write(text.utf8, to: "plain")
    #expect(try bouncelog(["report", "-v", archive, plain]).errors.contains("reading \(plain)"))
  }

  @Test func `warns of what follows an archive, but for padding`() throws {
    let archive = try folder.gzip(monday.utf8, to: "padded.gz")
    try folder.append([UInt8](repeating: 0, count: 100_000), to: "padded.gz")
    let padded = try bouncelog(["report", archive])
    #expect(padded.status == 0)
    #expect(padded.errors == "")
    try folder.append("x".utf8, to: "padded.gz")
    let outcome = try bouncelog(["report", archive])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "bouncelog: \(archive): left out what follows the gzip data\n")
    #expect(outcome.output.split(separator: "\n")[0] == padded.output.split(separator: "\n")[0])
  }

  @Test func `reads what was rotated where no file has the log's own name yet`() throws {
    _ = try Program.run("/bin/mv", [mainlog, folder.file("mainlog.0")])
    #expect(try day(["--day", "2026-10-24", mainlog])["failures"]?["total"] == 3)
  }

  @Test func `counts of a period what was so before it too`() throws {
    let text = """
      2026-10-23 10:00:00 +0200 1xVQ00-000001-01 <= a@s1.example H=(c) [192.0.2.9] P=esmtp S=300
      2026-10-23 10:00:01 +0200 1xVQ00-000001-01 == b@d1.test R=all T=rs defer (-44) H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d1.test>: 450 later
      2026-10-24 10:00:01 +0200 1xVQ00-000001-01 == b@d1.test R=all T=rs defer (-44) H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d1.test>: 450 later
      2026-10-24 11:00:01 +0200 1xVQ00-000001-01 == b@d1.test R=all T=rs defer (-44) H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d1.test>: 450 later

      """
    let log = try folder.write(text.utf8, to: "queue.log")
    let json = try day(["--day", "2026-10-24", "--code", "4xx", log])
    #expect(json["totals"]?["deferred"] == 1)
    #expect(json["deferrals"]?["total"] == 1)
    #expect(json["previous"]?["totals"]?["deferred"] == 1)
  }

  @Test func `knows what became of bounces whoever is asked for`() throws {
    let sample = try #require(try Sample.all.first { $0.name == "exim/mainlog" })
    let notices = try json(["--remote-host", "*"] + sample.logs)["notices"]
    #expect(notices?["bounces_delivered"] == 16)
    #expect(notices?["bounces_failed"] == 8)
  }

  @Test func `says nothing of a period without a line, and keeps the period`() throws {
    let none = try report(["--since", "1h", mainlog])
    #expect(none.output.hasPrefix("No line of this period: the last one is of 2026-10-26 00:00:00"))
    #expect(
      try report(["--since", "2027-01-01", mainlog]).output.hasPrefix("No line of this period"))
    let strange = try folder.write("no\nmail\nlog\n".utf8, to: "strange")
    #expect(try report([strange]).output.hasPrefix("No line looks like a mail log's"))
    #expect(try report(["--since", "2026-10-25", "--until", "2026-10-24", mainlog]).status == 64)
  }

  @Test func `says how long there was silence up to the end of the period`() throws {
    let json = try day(["--day", "2026-10-26", mainlog])
    #expect(json["input"]?["longest_silence"]?["from"] == "2026-10-26T00:00:00+01:00")
    #expect(json["input"]?["longest_silence"]?["seconds"] == 86_400)
  }

  @Test func `begins a day with its first moment where midnight is left out`() throws {
    // Cairo's clock goes from 23:59:59 on the 23rd to 01:00:00 on the 24th of April 2026.
    let text =
      failures(["2026-04-23 23:30:00 +0200"], "d1.test", "s1.example", "R")
      + failures(["2026-04-24 01:00:00 +0300"], "d1.test", "s1.example", "S")
    let log = try folder.write(text.utf8, to: "cairo.log")
    for (date, from, to) in [
      ("2026-04-23", "2026-04-23T00:00:00+02:00", "2026-04-24T01:00:00+03:00"),
      ("2026-04-24", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"),
    ] {
      let json = try day(["--timezone", "Africa/Cairo", "--day", date, log])
      #expect(json["failures"]?["total"] == 1)
      #expect(json["period"]?["from"]?.text == from)
      #expect(json["period"]?["to"]?.text == to)
    }
  }

  @Test func `leaves out rows and nothing else`() throws {
    let text = try report(["--day", "2026-10-25", "--min-tried", "2", mainlog]).output
    #expect(text.hasPrefix("7 failures with SMTP 551 (+4) at 2 remote hosts"))
    let grouped = try day(
      ["--day", "2026-10-25", "--min-tried", "2", "--by", "remote-host", mainlog])
    #expect(grouped["failures"]?["by_group"]?.elements.count == 1)
  }

  @Test(arguments: [
    ["--top", "9223372036854775807", "-f", "html"], ["--by", "code,code"], ["--top", "0"],
  ])
  func `refuses what makes no sense`(words: [String]) throws {
    #expect(try report(words + [mainlog]).status == 64)
  }

  @Test func `writes behind a link and keeps who may read, and writes the other files too`() throws
  {
    let secret = try folder.write("".utf8, to: "secret.json")
    _ = try Program.run("/bin/chmod", ["600", secret])
    _ = try Program.run("/bin/ln", ["-s", secret, folder.file("link.json")])
    let outcome = try report(
      [
        "-o", "/nowhere/x.json", "-o", folder.file("link.json"), "-o", folder.file("a.txt"),
        mainlog,
      ])
    #expect(outcome.status == 73)
    #expect(
      try Program.run("/usr/bin/stat", ["-c", "%a %F", secret]).output == "600 regular file\n")
    #expect(
      try Program.run("/usr/bin/stat", ["-c", "%F", folder.file("link.json")]).output
        == "symbolic link\n")
    #expect(try Program.run("/bin/cat", [folder.file("a.txt")]).output.hasPrefix("5 failures"))
  }

  @Test func `finds the sender of a message that was received days before`() throws {
    _ = try folder.gzip(
      "2026-10-22 09:00:00 +0200 1xVZ00-000001-01 <= a@early.example H=(c) [192.0.2.9] P=esmtp S=300\n"
        .utf8, to: "mainlog.3.gz")
    try folder.append(
      "2026-10-26 08:00:00 +0100 1xVZ00-000001-01 ** b@d1.test R=all T=rs H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d1.test>: 551 not our customer\n"
        .utf8, to: "mainlog")
    let json = try day(["--day", "2026-10-26", mainlog])
    #expect(
      json["failures"]?["by_sender_domain"]?.elements.map { $0["sender_domain"] } == [
        "early.example", "s1.example",
      ])
  }

  @Test(arguments: [
    ("failures", true), ("failures>6", true), ("failures>7", false), ("failures>=7", true),
    ("rate>80", true), ("rate>=87.5%", true), ("rate > 90", false), ("new", true), ("new>1", false),
    ("change>3", true), ("change<=3", false), ("deferrals", false), ("deferrals,failures=7", true),
    ("tried<8", false), ("unrecognised", false),
  ])
  func `is written only where a condition holds`(condition: String, isWritten: Bool) throws {
    let outcome = try report(["--day", "2026-10-25", "--only-if", condition, mainlog])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty != isWritten)
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: ["", "failures>", "mails>3", "failures!3", "failures>x", "failures,"])
  func `refuses a condition that is none`(condition: String) throws {
    #expect(try report(["--only-if", condition, mainlog]).status == 64)
  }

  @Test func `leaves out rows of which little was tried`() throws {
    let json = try day(["--day", "2026-10-25", "--min-tried", "2", mainlog])
    #expect(
      json["failures"]?["by_remote_host"]?.elements.map { $0["remote_host"] } == ["mx.d1.test"])
    #expect(json["failures"]?["total"] == 7)
  }

  @Test func `is the report of a configuration's logs where cron gives no input`() throws {
    let config = try folder.write("[[source]]\nfiles = [\"\(mainlog)\"]\n".utf8, to: "c.toml")
    let outcome = try report(["--day", "2026-10-25", "--config", config])
    #expect(outcome.output.hasPrefix("7 failures with SMTP 551 (+4) at 2 remote hosts"))
    // What comes from a pipe goes before it.
    let piped = try report(["--day", "2026-10-25", "--config", config], input: failureLine)
    #expect(piped.output.hasPrefix("No line of this period"))
  }

  @Test func `takes its shape from the configuration, unless the command line says otherwise`()
    throws
  {
    let config = try folder.write(
      """
      [[source]]
      files = ["\(mainlog)"]
      [site]
      host = "mx9.example.org"
      timezone = "UTC"
      [report]
      by = ["remote-host"]
      top = 1
      to = "postmaster"

      """.utf8, to: "c.toml")
    let words = ["--day", "2026-10-25", "--config", config]
    let text = try report(words).output
    // A day of UTC begins two hours later: the failure of 00:00 falls to the day before, and that of midnight
    // comes in.
    #expect(text.hasPrefix("7 failures with SMTP 551 (+4) at 2 remote hosts"))
    #expect(text.contains("mx9.example.org, 2026-10-25 00:00:00 to 2026-10-26 00:00:00\n"))
    #expect(text.contains("\n  (1 more) "))
    #expect(!text.contains("By sender domain"))
    let berlin = try report(
      words + ["--timezone", "Europe/Berlin", "--edge", "e", "--by", "code", "--top", "9"]
    ).output
    #expect(berlin.hasPrefix("7 failures with SMTP 551 (+4) at 2 remote hosts"))
    #expect(berlin.contains("\ne, 2026-10-25 00:00:00 to "))
    #expect(berlin.contains("By code"))
    #expect(try report(words + ["-f", "mail"]).output.contains("\nTo: postmaster\n"))
    for (line, problem) in [
      ("by = \"x\"", "by must be of"), ("top = 0", "top must be"), ("to = \"a b\"", "to must be"),
    ] {
      let bad = try folder.write("[report]\n\(line)\n".utf8, to: "bad.toml")
      let outcome = try report(["--config", bad, mainlog])
      #expect(outcome.status == 78)
      #expect(outcome.errors.contains("bad.toml:2:"))
      #expect(outcome.errors.contains(problem))
    }
  }

  @Test func `does not take silence for health`() throws {
    let none = try report(["--day", "2026-10-28", mainlog])
    #expect(
      none.output.hasPrefix("No line of this period: the last one is of 2026-10-26 00:00:00"))
    let good = try report(["--day", "2026-10-25", "--code", "559", mainlog])
    #expect(good.output.hasPrefix("No failures with SMTP 559 (as before)\n"))
  }

  @Test func `says the same in text, CSV, Markdown and JSON`() throws {
    let json = try day(["--day", "2026-10-25", mainlog])
    let csv = try report(["--day", "2026-10-25", "-f", "csv", mainlog]).output
    let rows = csv.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let header = try #require(rows.first)
    func cell(_ row: [String], _ name: String) -> String {
      header.firstIndex(of: name).map { row[$0] } ?? "?"
    }
    let hosts = rows.filter { $0[0] == "failures" && $0[1] == "by_remote_host" }
    let wanted = try #require(json["failures"]?["by_remote_host"]?.elements)
    for (row, object) in zip(hosts, wanted) {
      #expect(cell(row, "remote_host") == object["remote_host"]?.text)
      for figure in ["count", "before", "tried"] {
        #expect(Int(cell(row, figure)) == object[figure]?.integer)
      }
    }
    #expect(hosts.count == wanted.count)
    // The width of a column depends on its rows; the figures do not.
    let text = try report(["--day", "2026-10-25", mainlog]).output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    let markdown = try report(["--day", "2026-10-25", "-f", "markdown", mainlog]).output
    #expect(text.contains("mx.d1.test 6 2 7 85.7% 00:00:00 02:59:59"))
    #expect(markdown.contains("\n| mx.d1.test | 6 | 2 | 7 | 85.7% |\n"))
    #expect(text.contains("tried 8 5"))
    #expect(markdown.contains("\n| tried | 8 | 5 |\n"))
    #expect(text.contains("mx.d3.test s1.example 1 0 1 100.0% 23:59:59 NEW"))
  }
}
