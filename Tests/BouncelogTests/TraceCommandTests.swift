import TestSupport
import Testing

/// `bouncelog trace` as people and scripts see it.
@Suite struct `The command trace` {
  private static let samples =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Samples"

  private static func sample(_ name: String) -> String { "\(samples)/\(name)" }

  private static let rotated = ["mainlog", "mainlog.1", "mainlog.2.gz"].map {
    sample("exim/rotated/\($0)")
  }

  /// The story as JSON.
  private func story(_ arguments: [String], input: String = "") throws -> JSONValue {
    let outcome = try bouncelog(["trace", "--format", "json"] + arguments, input: input)
    guard outcome.status == 0 else {
      throw TestFailure("exit code \(outcome.status): \(outcome.errors)")
    }
    return try JSONValue(parsing: outcome.output.utf8)
  }

  private func ids(_ story: JSONValue) -> [String?] {
    story["messages"]?.elements.map { $0["message_id"]?.text } ?? []
  }

  // MARK: Whole stories

  @Test(arguments: [
    "1TRS1q-0002fq-S4", "1TRS2B-00033h-Fn", "bob@recipient.example", "ALICE@sender.example",
    "<alice@sender.example>", "mx.recipient.example", "[192.0.2.25]", "203.0.113.123",
    "<000001cdb2dc$3a5c1f40$af145dc0$@sender.example>",
  ])
  func `tells the failure, the bounce and its end`(query: String) throws {
    let outcome = try bouncelog(["trace", query, "--edge", "mx", Self.sample("exim/article.log")])
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        1TRS1q-0002fq-S4  exim, mx, bounce 1TRS2B-00033h-Fn, failed
          2012-10-25 11:19:39  received  from alice@sender.example, client [203.0.113.123], login alice@sender.example, 3487 bytes, Message-ID <000001cdb2dc$3a5c1f40$af145dc0$@sender.example>, subject "Offer"
          2012-10-25 11:19:59  failed 551  bob@recipient.example at mx.recipient.example [192.0.2.25], RCPT TO: not our customer
          2012-10-25 11:19:59  told  alice@sender.example: bounce 1TRS2B-00033h-Fn, delivered
          2012-10-25 11:19:59  completed

        1TRS2B-00033h-Fn  exim, mx, bounce of 1TRS1q-0002fq-S4, delivered
          2012-10-25 11:19:59  received  from <>, 4617 bytes, subject "Mail delivery failed: returning message to sender"
          2012-10-25 11:19:59  delivered/local  alice@sender.example
          2012-10-25 11:19:59  completed

        """)
  }

  @Test func `gives scripts every field`() throws {
    let story = try story(
      ["1TRS1q-0002fq-S4", "-v", "--edge", "mx", Self.sample("exim/article.log")])
    #expect(story.keys == ["schema", "query", "searched", "found", "left_out_lines", "messages"])
    #expect(story["schema"] == "bouncelog.trace/1")
    #expect(story["query"] == "1TRS1q-0002fq-S4")
    #expect(story["searched"]?["lines"] == 6)
    #expect(story["found"] == 1)
    let first = try #require(story["messages"]?[0])
    let wanted: [(String, JSONValue)] = [
      ("message_id", "1TRS1q-0002fq-S4"), ("mta", "exim"), ("edge", "mx"),
      ("sender", "alice@sender.example"), ("received_at", "2012-10-25T11:19:39+00:00"),
      ("client_host", nil), ("client_ip", "203.0.113.123"),
      ("authenticated_user", "alice@sender.example"), ("size", 3487), ("subject", "Offer"),
      ("state", "completed"), ("fate", "failed"),
    ]
    for (key, value) in wanted { #expect(first[key] == value, "\(key)") }
    #expect(first["links"]?[0]?["relation"] == "bounce")
    #expect(first["links"]?[0]?["message_id"] == "1TRS2B-00033h-Fn")
    #expect(first["lines"]?.elements.count == 3)
    #expect(first["events"]?.elements.map { $0["event"] } == ["failed", "notified"])
    #expect(story["messages"]?[1]?["links"]?[0]?["relation"] == "bounce_of")
  }

  @Test(arguments: [
    ["exim/rotated/mainlog", "exim/rotated/mainlog.1", "exim/rotated/mainlog.2.gz"],
    ["postfix/maillog"], ["postfix/filter.log"], ["exim/syslog-all"],
  ])
  func `gives the same events as the report`(names: [String]) throws {
    let logs = names.map(Self.sample)
    let report = try bouncelog(["report", "--format", "jsonl", "--event", "all"] + logs)
    var events: [String: [JSONValue]] = [:]
    for line in report.lines where !line.isEmpty {
      let event = try JSONValue(parsing: line.utf8)
      if let id = event["message_id"]?.text { events[id, default: []].append(event) }
    }
    let chosen = events.keys.sorted().enumerated().filter { $0.offset % 9 == 0 }.map(\.element)
    try #require(chosen.count > 3)
    for id in chosen {
      let message = try #require(
        try story([id] + logs)["messages"]?.elements.first { $0["message_id"]?.text == id })
      let given = message["events"]?.elements.map { "\($0)" }.sorted()
      #expect(given == events[id]?.map { "\($0)" }.sorted(), "\(id)")
    }
  }

  @Test(arguments: [
    (["--code", "551"], true), (["--code", "550"], false), (["--remote-host", "mx.rec*"], true),
    (["--remote-host", "x"], false), (["--origin", "remote", "--code", "5xx"], true),
    (["--origin", "local", "--code", "5xx"], false), (["--sender-domain", "sender.example"], true),
  ])
  func `finds what has an outcome that is chosen`(words: [String], isFound: Bool) throws {
    let outcome = try bouncelog(
      ["trace", "bob@recipient.example", Self.sample("exim/article.log")] + words)
    #expect(outcome.status == (isFound ? 0 : 1))
    #expect(outcome.output.isEmpty != isFound)
    #expect(outcome.errors.contains("no outcome that is asked for") != isFound)
    // A log that cannot be read is never only a no.
    let missing = try bouncelog(
      ["trace", "bob@recipient.example", Self.sample("exim/article.log"), "no-such.log"] + words)
    #expect(missing.status == 66)
    #expect(
      try bouncelog(["trace", "--raw", "bob@recipient.example", "x.log"] + words).status == 64)
  }

  @Test func `reads rotated files in any order`() throws {
    let query = ["trace", "-v", "1xW2Rs-00001b-30"]
    let outcome = try bouncelog(query + Self.rotated)
    // It begins in the oldest file and ends in the newest.
    #expect(outcome.output.contains("received  from tara@ember-sender0.example"))
    #expect(outcome.output.contains("tried  H=mail.yarrow8.mail.test"))
    #expect(outcome.output.contains("failed 551  mats@wharf30.test"))
    #expect(try bouncelog(query + Self.rotated.reversed()).output == outcome.output)
    #expect(try bouncelog(query + ["--threads", "1"] + Self.rotated).output == outcome.output)
    #expect(try bouncelog(query + Self.rotated + Self.rotated).output == outcome.output)
  }

  @Test func `tells a bounce's own fate`() throws {
    let parent = try story(["1xVfzz-00069q-2E", Self.sample("exim/default.log")])
    #expect(parent["messages"]?[1]?["fate"] == "removed")
    let notes = parent["messages"]?[1]?["notes"]?.elements.compactMap { $0["text"]?.text } ?? []
    #expect(notes.contains("Frozen (delivery error message)"))
    #expect(notes.contains { $0.hasPrefix("removed by") })
  }

  @Test(arguments: ["0F2B0F8C53D", "25E68F8C572"])
  func `finds Postfix's bounce and its parent`(id: String) throws {
    let story = try story([id, Self.sample("postfix/maillog")])
    #expect(ids(story) == ["0F2B0F8C53D", "25E68F8C572"])
    #expect(story["messages"]?[1]?["fate"] == "failed")
    let hits = story["messages"]?.elements.filter { $0["is_hit"] == .boolean(true) }
    #expect(hits?.map { $0["message_id"]?.text } == [id])
  }

  @Test(arguments: ["4jZ7H66qBmz2NtC0", "4jZ7H706jWz2NtCR", "4jZ7H719Pfz2NtDF"])
  func `follows a message through a content filter`(id: String) throws {
    let story = try story([id, Self.sample("postfix/filter.log")])
    #expect(ids(story) == ["4jZ7H66qBmz2NtC0", "4jZ7H706jWz2NtCR", "4jZ7H719Pfz2NtDF"])
    #expect(
      story["messages"]?[1]?["links"]?.elements.map { $0["relation"] } == ["previous", "bounce"])
  }

  @Test func `follows an alias`() throws {
    let log = """
      Nov 25 05:17:54 mx postfix/pickup[1]: 0A1B2C3D4E5: uid=0 from=<root>
      Nov 25 05:17:54 mx postfix/qmgr[2]: 0A1B2C3D4E5: from=<root@mx.test>, size=300, nrcpt=1 (queue active)
      Nov 25 05:17:54 mx postfix/cleanup[3]: 0F1B2C3D4E6: message-id=<1@mx.test>
      Nov 25 05:17:54 mx postfix/local[4]: 0A1B2C3D4E5: to=<list@mx.test>, relay=local, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (forwarded as 0F1B2C3D4E6)
      Nov 25 05:17:54 mx postfix/qmgr[2]: 0F1B2C3D4E6: from=<root@mx.test>, size=400, nrcpt=1 (queue active)
      Nov 25 05:17:54 mx postfix/qmgr[2]: 0A1B2C3D4E5: removed
      Nov 25 05:17:55 mx postfix/smtp[5]: 0F1B2C3D4E6: to=<a@far.test>, orig_to=<list@mx.test>, relay=mx.far.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.far.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))
      Nov 25 05:17:55 mx postfix/qmgr[2]: 0F1B2C3D4E6: removed

      """
    for id in ["0A1B2C3D4E5", "0F1B2C3D4E6", "a@far.test"] {
      let outcome = try bouncelog(["trace", id], input: log)
      #expect(outcome.status == 64)
      let read = try bouncelog(["trace", id, "-"], input: log)
      #expect(read.output.contains("passed on  list@mx.test as 0F1B2C3D4E6"))
      #expect(read.output.contains("failed 551  a@far.test (for list@mx.test) at mx.far.test"))
    }
  }

  @Test func `follows a message into the next server's log`() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write(
      """
      Nov 25 05:00:00 mx1 postfix/smtpd[1]: 0A1B2C3D4E5: client=c.test[192.0.2.9]
      Nov 25 05:00:00 mx1 postfix/cleanup[1]: 0A1B2C3D4E5: message-id=<x@shop.test>
      Nov 25 05:00:00 mx1 postfix/qmgr[2]: 0A1B2C3D4E5: from=<a@shop.test>, size=300, nrcpt=1 (queue active)
      Nov 25 05:00:01 mx1 postfix/smtp[5]: 0A1B2C3D4E5: to=<b@far.test>, relay=mx2.test[192.0.2.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 0B1B2C3D4E5)
      Nov 25 05:00:01 mx1 postfix/qmgr[2]: 0A1B2C3D4E5: removed

      """.utf8, to: "mx1.log")
    let second = try folder.write(
      """
      Nov 25 05:00:01 mx2 postfix/smtpd[1]: 0B1B2C3D4E5: client=mx1.test[192.0.2.1]
      Nov 25 05:00:01 mx2 postfix/cleanup[1]: 0B1B2C3D4E5: message-id=<x@shop.test>
      Nov 25 05:00:01 mx2 postfix/qmgr[2]: 0B1B2C3D4E5: from=<a@shop.test>, size=400, nrcpt=1 (queue active)
      Nov 25 05:00:02 mx2 postfix/smtp[5]: 0B1B2C3D4E5: to=<b@far.test>, relay=mx.far.test[192.0.2.3]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.far.test[192.0.2.3] said: 551 no (in reply to RCPT TO command))
      Nov 25 05:00:02 mx2 postfix/qmgr[2]: 0B1B2C3D4E5: removed
      Nov 25 06:00:01 mx3 postfix/smtpd[1]: 0C1B2C3D4E5: client=mx1.test[192.0.2.1]
      Nov 25 06:00:01 mx3 postfix/qmgr[2]: 0C1B2C3D4E5: from=<else@shop.test>, size=400, nrcpt=1 (queue active)
      Nov 25 06:00:02 mx3 postfix/smtp[5]: 0C1B2C3D4E5: to=<b@far.test>, relay=evil.test[192.0.2.3]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 0A1B2C3D4E5)

      """.utf8, to: "mx2.log")
    // What the third server was told is a stranger's word: its mail is another one.
    for id in ["0A1B2C3D4E5", "0B1B2C3D4E5"] {
      let story = try story(["--all-hops", id, second, first])
      #expect(ids(story) == ["0A1B2C3D4E5", "0B1B2C3D4E5"])
      #expect(story["messages"]?[0]?["links"]?[0]?["relation"] == "next_hop")
    }
    // Without the option each log is told about alone; both ids stand in the first one's line.
    #expect(try ids(story(["<x@shop.test>", first])) == ["0A1B2C3D4E5"])
  }

  // MARK: What strangers write

  @Test(arguments: [
    "1xVZ00-000001-01", "trap@evil.test", "trap.evil.test", "192.0.2.66", "trap.id@evil.test",
  ])
  func `is not misled by words of strangers`(query: String) throws {
    let log = """
      2026-11-24 10:00:00 1xVA00-000001-01 <= a@b.test H=(trap.evil.test) [192.0.2.9] P=esmtp S=300 id=1@b.test T="1xVZ00-000001-01 <= trap@evil.test H=trap.evil.test [192.0.2.66] id=trap.id@evil.test" for c@d.test
      2026-11-24 10:00:01 1xVA00-000001-01 ** c@d.test R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<c@d.test>: 551 1xVZ00-000001-01 => trap@evil.test H=trap.evil.test [192.0.2.66] id=trap.id@evil.test
      2026-11-24 10:00:01 1xVA00-000001-01 Completed
      2026-11-24 10:00:02 1xVB00-000001-01 <= <> R=1xVA00-000001-01 U=x P=local S=300 T="trap@evil.test"
      2026-11-24 10:00:02 H=(1xVZ00-000001-01) [192.0.2.7] F=<q@q.test> rejected RCPT <r@r.test>: 551 trap@evil.test at trap.evil.test [192.0.2.66]

      """
    let outcome = try bouncelog(["trace", query, "-"], input: log)
    #expect(outcome.status == 1, "\(outcome.output)")
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.errors
        == "bouncelog: nothing about \(query) in 1 file, 5 lines, 2026-11-24 10:00:00 to 2026-11-24 10:00:02\n"
    )
  }

  @Test func `tells what became of a client without a message`() throws {
    let client = "2026-11-24 10:00:00 H=(c) [192.0.2.9] F=<a@b.test>"
    let log = """
      \(client) rejected RCPT <gone@d.test>: mx.d.test [192.0.2.1] : SMTP error from remote mail server after RCPT TO:<gone@d.test>: 551 no
      \(client) rejected RCPT <no@here.test>: 551 no

      """
    for (recipient, fate) in [("gone@d.test", "callout answered"), ("no@here.test", "rejected")] {
      let outcome = try bouncelog(["trace", recipient, "-"], input: log)
      #expect(outcome.lines.first?.hasSuffix(", \(fate)") == true)
      let json = try bouncelog(["trace", "-f", "json", recipient, "-"], input: log)
      let message = try JSONValue(parsing: json.output.utf8)["messages"]?[0]
      #expect(message?["fate"]?.text == fate && message?["state"] == "completed")
    }
  }

  @Test func `takes a file that is no mail log for bad data`() throws {
    let outcome = try bouncelog(["trace", "a@b.test", "-"], input: "garbage\nand more\n")
    #expect(outcome.status == 65)
    #expect(outcome.errors.hasSuffix(", 2 lines, none of which looks like a mail log's\n"))
    #expect(try bouncelog(["trace", "a@b.test", "-"]).status == 1)
  }

  @Test func `takes ids as whole words with their case`() throws {
    #expect(try bouncelog(["trace", "1xVA00-000001-01", "-"], input: monday).status == 0)
    for query in ["1xva00-000001-01", "1xVA00-000001-0", "xVA00-000001-01", "551"] {
      #expect(try bouncelog(["trace", query, "-"], input: monday).status == 1, "\(query)")
    }
  }

  @Test func `writes no bytes that command a terminal`() throws {
    let log = """
      2026-11-24 10:00:00 1xVA00-000001-01 <= a@b.test H=mx.b.test [192.0.2.9] P=esmtp S=300 T="\u{1B}[31mred"
      2026-11-24 10:00:01 1xVA00-000001-01 ** c@d.test R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<c@d.test>: 551 \\033]0;x\\007 \u{202E}
      2026-11-24 10:00:01 1xVA00-000001-01 strange \u{9B}31m words

      """
    for form in [[], ["-v"], ["--format", "json", "-v"]] {
      let outcome = try bouncelog(["trace", "1xVA00-000001-01", "-"] + form, input: log)
      #expect(outcome.status == 0)
      #expect(
        !outcome.output.unicodeScalars.contains {
          "\u{1B}\u{7}\u{202E}\u{9B}".unicodeScalars.contains($0)
        })
      #expect(outcome.output.contains("strange"))
    }
    let coloured = try bouncelog(["trace", "c@d.test", "-", "--color", "always"], input: log)
    #expect(coloured.output.contains("\u{1B}[31mfailed 551\u{1B}[0m"))
  }

  // MARK: Several, none, some of them

  @Test func `lists several messages, the newest last`() throws {
    let outcome = try bouncelog(["trace", "bob@d1.test", "-"], input: tuesday + monday)
    #expect(
      outcome.lines == [
        "2026-11-23 10:00:00  1xVA00-000001-01  alice@acme.example -> bob@d1.test and 1 more  failed",
        "2026-11-23 23:59:00  1xVB00-000001-01  root@bcorp.example -> bob@d1.test  failed", "",
      ])
    let one = try bouncelog(["trace", "--top", "1", "bob@d1.test", "-"], input: monday + tuesday)
    #expect(one.lines.count == 3)
    #expect(one.lines[0].contains("1xVB00-000001-01"))
    #expect(one.lines[1].hasPrefix("and 1 before these"))
  }

  @Test func `says how to choose between messages of one id`() throws {
    let log = ["10:00", "11:00"].map { time in
      let line = "Nov 24 \(time):00 mx1 postfix/"
      return line + "smtpd[9]: C16E6F78189: client=c[192.0.2.9]\n" + line
        + "qmgr[9]: C16E6F78189: from=<s\(time.prefix(2))@a.test>, size=1, nrcpt=1 (queue active)\n"
        + line + "smtp[9]: C16E6F78189: \(Self.failed("bob@d1.test"))\n" + line
        + "qmgr[9]: C16E6F78189: removed\n"
    }.joined()
    let query = ["trace", "--year", "2026", "C16E6F78189", "-"]
    let list = try bouncelog(query, input: log)
    #expect(list.lines.count == 4)
    #expect(list.lines[2] == "messages of one id: --since and --until choose one")
    // Clients that were refused have no id, and nothing to choose by.
    let refused = ["10:00", "11:00"].map { time in
      "2026-11-24 \(time):00 H=c [192.0.2.9] F=<a@b.test> rejected RCPT <c@d.test>: 551 no\n"
    }.joined()
    let clients = try bouncelog(["trace", "192.0.2.9", "-"], input: refused)
    #expect(clients.lines.count == 3)
    #expect(!clients.output.contains("one id"))
    let one = try bouncelog(query + ["--since", "2026-11-24 10:30"], input: log)
    #expect(one.output.contains("received  from s11@a.test"))
    #expect(!one.output.contains("s10@a.test"))
  }

  @Test func `keeps the newest of very many`() throws {
    var log = ""
    for number in 0..<400 {
      let minute = "2026-11-24 \(10 + number / 60):\(10 + number % 50):00"
      let id = "1xV\(100 + number)-000001-01"
      log += "\(minute) \(id) <= s\(number)@many.test H=mx.many.test [192.0.2.9] P=esmtp S=300\n"
      log += "\(minute) \(id) => r@far.test R=all T=rs H=mx.far.test [192.0.2.1] C=\"250 ok\"\n"
    }
    let outcome = try bouncelog(["trace", "--top", "3", "mx.far.test", "-"], input: log)
    #expect(outcome.lines.count == 5)
    #expect(outcome.lines[3].hasPrefix("and 397 before these"))
    #expect(outcome.lines[2].contains("s399@many.test -> r@far.test  delivered"))
    let story = try story(["--top", "3", "mx.far.test", "-"], input: log)
    #expect(story["found"] == 400)
    #expect(story["messages"]?.elements.count == 3)
    let raw = try bouncelog(["trace", "--raw", "mx.far.test", "-"], input: log)
    #expect(raw.lines.filter { $0.hasPrefix("2026-") }.count == 800)
  }

  @Test func `names what cannot be read and searches the rest`() throws {
    let log = Self.sample("exim/article.log")
    let outcome = try bouncelog(["trace", "1TRS1q-0002fq-S4", "/nonexistent/log", log])
    #expect(outcome.status == 66)
    #expect(outcome.output.contains("not our customer"))
    #expect(outcome.errors == "bouncelog: /nonexistent/log: No such file or directory\n")
    #expect(try bouncelog(["trace", "1TRS1q-0002fq-S5", "/nonexistent/log", log]).status == 66)
  }

  @Test(arguments: [
    [], ["a@b.test"], ["", "-"], ["a@b.test", "--top", "0", "-"], ["a@b.test", "--day", "x", "-"],
    ["a@b.test", "--raw", "--format", "json", "-"], ["a@b.test", "--mta", "sendmail", "-"],
  ])
  func `refuses wrong usage`(arguments: [String]) throws {
    let environment = ["TZ=UTC", "BOUNCELOG_CONFIG=/dev/null"]
    #expect(try bouncelog(["trace"] + arguments, environment: environment).status == 64)
  }

  @Test func `looks into a period and one server's lines`() throws {
    let log = monday + tuesday
    let all = ["trace", "--format", "json", "alice@acme.example", "-"]
    func found(_ more: [String]) throws -> [String?] {
      let outcome = try bouncelog(all + more, input: log)
      return outcome.status == 1 ? [] : try ids(JSONValue(parsing: outcome.output.utf8))
    }
    #expect(try found([]) == ["1xVA00-000001-01", "1xVC00-000001-01"])
    #expect(try found(["--since", "2026-11-24"]) == ["1xVC00-000001-01"])
    #expect(try found(["--until", "2026-11-24"]) == ["1xVA00-000001-01"])
    #expect(try found(["--day", "2026-11-23"]) == ["1xVA00-000001-01"])
    // As for a report, an Exim log is none of Postfix's.
    #expect(try bouncelog(all + ["--mta", "postfix"], input: log).status == 65)
    // A message of which one line lies in the period is told from its beginning.
    let bcorp = try bouncelog(
      ["trace", "--since", "2026-11-24", "bob@d1.test", "-"], input: log)
    #expect(bcorp.output.contains("received  from root@bcorp.example"))
  }

  // MARK: Files

  @Test func `looks again at what went by before an id was known`() throws {
    // The ids tell the same times as the lines: Exim makes them of the second.
    let folder = try TemporaryFolder()
    func filler(_ hour: Int, _ megabytes: Int) -> [UInt8] {
      let line =
        "2026-11-24 \(hour):30:00 1xVX00-000001-01 => x@y.test R=a T=b H=h.y.test [192.0.2.3]\n"
      return Array(repeating: Array(line.utf8), count: megabytes * (1 << 20) / line.utf8.count)
        .flatMap { $0 }
    }
    let start = Array(monday.prefix { $0 != "\n" }.utf8) + [10]
    let failure = Array(
      "2026-11-24 20:00:01 1xVA00-000001-01 ** bob@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 no\n"
        .utf8)
    let bounce = Array(
      """
      2026-11-24 20:00:02 1xVJMg-000001-01 <= <> R=1xVA00-000001-01 U=x P=local S=300
      2026-11-24 20:00:02 1xVA00-000001-01 Completed

      """.utf8)
    let whole = start + filler(11, 7) + failure + filler(20, 7) + bounce
    let one = try folder.gzip(whole, to: "one.gz")
    let rest =
      "2026-11-25 01:00:00 1xVJMg-000001-01 => alice@acme.example R=a T=b H=m.test [192.0.2.5] C=\"250 ok\"\n"
    let two = try folder.write(filler(21, 6) + Array(rest.utf8), to: "two")
    for query in ["1xVJMg-000001-01", "bob@d1.test", "mx1.d1.test"] {
      for files in [[one, two], [two, one]] {
        let outcome = try bouncelog(["trace", query] + files)
        #expect(outcome.output.contains("received  from alice@acme.example"), "\(query)")
        #expect(outcome.output.contains("failed 551  bob@d1.test"), "\(query)")
        #expect(outcome.output.contains("bounce 1xVJMg-000001-01, delivered"), "\(query)")
      }
    }
  }

  @Test func `reads the sources of the configuration with what rotation made of them`() throws {
    let folder = try TemporaryFolder()
    let log = try folder.write(tuesday.utf8, to: "mainlog")
    _ = try folder.gzip(monday.utf8, to: "mainlog.1.gz")
    try folder.write("[[source]]\nname = \"mx\"\nfiles = [\"\(log)\"]\n".utf8, to: "site.toml")
    let outcome = try bouncelog(
      ["trace", "--config", folder.file("site.toml"), "1xVB00-000001-01"])
    #expect(outcome.output.contains("received  from root@bcorp.example"))
    #expect(outcome.output.contains("failed 551  bob@d1.test"))
  }

  @Test func `reads what the journal exports, and repeated lines`() throws {
    let words = [
      "smtpd": "client=c.test[192.0.2.9]",
      "qmgr": "from=<a@shop.test>, size=300, nrcpt=1 (queue active)",
      "smtp":
        "to=<b@far.test>, relay=mx2.test[192.0.2.2]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx2.test[192.0.2.2] said: 551 no (in reply to RCPT TO command))",
    ]
    var (json, export, plain) = ("", "", "")
    for (number, daemon) in ["smtpd", "qmgr", "smtp"].enumerated() {
      let text = "0A1B2C3D4E5: " + (words[daemon] ?? "")
      let stamp = "\(1_790_000_000 + number)000000"
      json +=
        "{\"__REALTIME_TIMESTAMP\":\"\(stamp)\",\"_HOSTNAME\":\"mx1\",\"SYSLOG_IDENTIFIER\":\"postfix/\(daemon)\",\"MESSAGE\":\"\(text)\"}\n"
      export +=
        "__CURSOR=\(number)\n__REALTIME_TIMESTAMP=\(stamp)\n_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=postfix/\(daemon)\nMESSAGE=\(text)\n\n"
      plain += "Nov 25 05:00:0\(number) mx1 postfix/\(daemon)[7]: \(text)\n"
    }
    plain +=
      "Nov 25 05:00:09 mx1 postfix/smtp[7]: message repeated 2 times: [ 0A1B2C3D4E5: \(words["smtp"] ?? "")]\n"
    for (form, log) in [("json", json), ("export", export), ("plain", plain)] {
      for query in ["0A1B2C3D4E5", "b@far.test", "a@shop.test"] {
        let outcome = try bouncelog(["trace", query, "-"], input: log)
        #expect(outcome.output.contains("received  from a@shop.test, client c.test"), "\(form)")
        #expect(outcome.output.contains("failed 551  b@far.test at mx2.test"), "\(form)")
      }
    }
    #expect(try bouncelog(["trace", "b@far.test", "-"], input: plain).output.contains("(try 3)"))
  }

  @Test func `reads a compressed log from a pipe`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.gzip((monday + tuesday).utf8, to: "log.gz")
    let outcome = try Program.run(
      "/bin/sh", ["-c", "\(Program.built("bouncelog")) trace 1xVB00-000001-01 - < \(path)"])
    #expect(outcome.output.contains("failed 551  bob@d1.test"))
  }

  // MARK: Lines as logged

  @Test func `gives whole transactions as exigrep does`() throws {
    // The output of exigrep 4.96 for this id on this log.
    let wanted = """
      2026-11-24 02:11:11 1xVfzz-00069q-2E <= alice@send1.example U=root P=local S=338
      2026-11-24 02:11:11 1xVfzz-00069q-2E ** bob@d1.test R=all T=rs H=mx1.d1.test [127.0.1.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 5.1.1 recipient is not exist
      2026-11-24 02:11:11 1xVfzz-00069q-2E Completed

      2026-11-24 02:11:11 1xVfzz-00069v-2g <= <> R=1xVfzz-00069q-2E U=Debian-exim P=local S=1776
      2026-11-24 02:11:11 1xVfzz-00069v-2g ** alice@send1.example: Unrouteable address
      2026-11-24 02:11:11 1xVfzz-00069v-2g Frozen (delivery error message)
      2026-11-24 02:11:19 1xVfzz-00069v-2g Message is frozen
      2026-11-24 02:11:22 1xVfzz-00069v-2g removed by root
      2026-11-24 02:11:22 1xVfzz-00069v-2g Completed


      """
    let log = Self.sample("exim/default.log")
    #expect(try bouncelog(["trace", "--raw", "1xVfzz-00069q-2E", log]).output == wanted)
    let bounce = try bouncelog(["trace", "--raw", "1xVfzz-00069v-2g", log]).output
    #expect(wanted.hasSuffix(bounce) && bounce.hasPrefix("2026-11-24 02:11:11 1xVfzz-00069v-2g <="))
  }

  @Test(arguments: ["exim/default.log", "exim/cpanel.log", "exim/all.log"])
  func `selects the lines that exigrep selects`(name: String) throws {
    let text = try Program.run("/bin/cat", [Self.sample(name)]).output
    let lines = text.split(separator: "\n").map(String.init)
    // An id stands behind the stamp; what has none is selected alone.
    func id(_ line: String) -> String? {
      line.split(separator: " ").prefix(5).map(String.init).first {
        $0.utf8.count == 16 && $0.split(separator: "-").map(\.utf8.count) == [6, 6, 2]
      }
    }
    let ids = Array(Set(lines.compactMap(id))).sorted()
    try #require(ids.count > 20)
    for query in ids.enumerated().filter({ $0.offset % 5 == 0 }).map(\.element) {
      let named = Set(lines.filter { $0.contains(query) }.compactMap(id))
      let wanted = lines.filter { line in id(line).map(named.contains) ?? line.contains(query) }
      let given = try bouncelog(["trace", "--raw", query, Self.sample(name)]).lines
        .filter { $0.hasPrefix("2") }
      #expect(given.sorted() == wanted.sorted(), "\(query)")
    }
  }

  @Test func `marks what has not ended and keeps unknown lines`() throws {
    let log = """
      2026-11-24 10:00:00 1xVA00-000001-01 <= a@b.test H=mx.b.test [192.0.2.9] P=esmtp S=300
      2026-11-24 10:00:01 1xVA00-000001-01 words that no pattern knows
      words 1xVA00-000001-01 behind no stamp

      """
    let outcome = try bouncelog(["trace", "--raw", "a@b.test", "-"], input: log)
    #expect(
      outcome.lines == ["+++ 1xVA00-000001-01 has not completed +++"]
        + log.split(separator: "\n").prefix(2).map(String.init) + ["", ""])
  }

  private static func line(_ program: String, _ text: String) -> String {
    "Nov 24 02:19:44 mx1 \(program)[9]: C16E6F78189: \(text)\n"
  }

  private static func failed(_ recipient: String) -> String {
    "to=<\(recipient)>, relay=mx.d1.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.d1.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))"
  }

  /// Two instances on one machine have the same id at the same time.
  @Test func `keeps the messages of two instances apart`() throws {
    let log =
      ["in", "out"].map { Self.line("postfix-\($0)/smtpd", "client=c[192.0.2.9]") }.joined()
      + Self.line("postfix-in/qmgr", "from=<a@one.example>, size=1, nrcpt=1 (queue active)")
      + Self.line("postfix-out/qmgr", "from=<b@two.example>, size=1, nrcpt=1 (queue active)")
      + Self.line("postfix-in/smtp", Self.failed("bob@d1.test"))
      + Self.line("postfix-out/smtp", Self.failed("eva@d1.test"))
      + Self.line("postfix-in/qmgr", "removed") + Self.line("postfix-out/qmgr", "removed")
    for (query, recipient) in [("a@one.example", "bob@d1.test"), ("b@two.example", "eva@d1.test")] {
      let messages = try story([query, "-"], input: log)["messages"]?.elements ?? []
      #expect(messages.map { $0["sender"]?.text } == [query])
      #expect(messages[0]["events"]?.elements.map { $0["recipient"]?.text } == [recipient])
      #expect(messages[0]["state"] == "completed")
    }
    #expect(try ids(story(["C16E6F78189", "-"], input: log)).count == 2)
  }

  /// One instance, whose services have names of their own in the log.
  @Test func `keeps the lines of a message together that several services wrote`() throws {
    let log =
      Self.line("submission/smtpd", "client=c[192.0.2.9]")
      + Self.line("postfix/qmgr", "from=<a@one.example>, size=1, nrcpt=2 (queue active)")
      + Self.line("postfix-ip1/smtp", Self.failed("bob@d1.test"))
      + Self.line("postfix-ip2/smtp", Self.failed("eva@d1.test"))
      + Self.line("postfix/qmgr", "removed")
    let messages = try story(["-v", "a@one.example", "-"], input: log)["messages"]?.elements ?? []
    #expect(messages.count == 1)
    #expect(messages[0]["lines"]?.elements.count == 5)
    #expect(messages[0]["client_ip"] == "192.0.2.9")
  }

  /// Nothing is sure of the sender until the log ends: all events come out then, each of its own line.
  @Test func `gives events that were held until the end in the order of their lines`() throws {
    let recipients = (0..<200).map { "x\($0 * 7 % 200)@d1.test" }
    let log = recipients.map { Self.line("postfix/smtp", Self.failed($0)) }.joined()
    let messages = try story(["C16E6F78189", "-"], input: log)["messages"]?.elements ?? []
    #expect(messages.count == 1)
    #expect(messages[0]["events"]?.elements.map { $0["recipient"]?.text } == recipients)
  }

  /// What a log has in front where it was truncated under its writer may be longer than any block.
  @Test(arguments: [2, 70_000, 3 << 20])
  func `finds lines behind a hole and in front of a blank`(hole: Int) throws {
    let folder = try TemporaryFolder()
    let log = try Program.run("/bin/cat", [Self.sample("postfix/maillog")]).output
    let lines = log.split(separator: "\n").map { "\0\($0) \n" }.joined()
    let odd = try folder.write(
      [UInt8](repeating: 0, count: hole) + Array(lines.utf8), to: "maillog")
    for query in ["0F2B0F8C53D", "25E68F8C572"] {
      let wanted = try story(["-v", query, Self.sample("postfix/maillog")])
      let given = try story(["-v", query, odd])
      #expect(given["messages"]?.elements.count == 2)
      #expect(given["messages"] == wanted["messages"])
    }
  }

  @Test func `puts the parts of a split line together`() throws {
    for query in ["1xW2T2-00002m-0b", "zoe@fjord3.mail.test"] {
      let outcome = try bouncelog(["trace", query, Self.sample("exim/syslog-all")])
      #expect(outcome.output.contains("failed 551  zoe@fjord3.mail.test"))
    }
  }
}
