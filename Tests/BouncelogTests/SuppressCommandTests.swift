import TestSupport
import Testing

@Suite struct `Suppress command` {
  private static func line(_ stamp: String, _ id: String, _ text: String) -> String {
    "2026-11-\(stamp) 1xV\(id)00-000001-01 \(text)\n"
  }

  private static func failed(_ stamp: String, _ id: String, _ to: String, _ reply: String) -> String
  {
    line(stamp, id, "<= list@acme.example H=(c) [192.0.2.9] P=esmtp S=300")
      + line(
        stamp, id,
        "** \(to) R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<\(to)>: \(reply)"
      )
  }

  /// Who fails hard is told by the replies, read by a person: gone twice, moved once, and local once; full,
  /// relay denied, deferred, a bounce and one who got mail later do not count.
  static let log =
    failed("20 10:00:00", "A", "gone@d.test", "551 5.1.1 user does not exist")
    + failed("21 10:00:00", "B", "gone@D.test", "551 5.1.1 user does not exist")
    + failed("21 10:00:01", "B", "gone@D.test", "551 5.1.1 user does not exist")
    + failed("21 11:00:00", "C", "moved@d.test", "551 User not local; please try <new@e.test>")
    + failed("21 12:00:00", "D", "full@d.test", "552 5.2.2 mailbox full")
    + failed("21 12:00:00", "E", "relay@d.test", "551 Relay request denied")
    + failed("21 12:00:00", "F", "back@d.test", "550 5.1.1 no such user here")
    + failed("21 12:00:00", "G", "-x=1+1@d.test", "550 5.1.1 no such user here")
    + line("22 09:00:00", "H", "<= list@acme.example H=(c) [192.0.2.9] P=esmtp S=300")
    + line("22 09:00:01", "H", "=> back@d.test R=all T=rs H=mx.d.test [192.0.2.1] C=\"250 ok\"")
    + line(
      "22 09:00:02", "H",
      "== soft@d.test R=all T=rs defer (-44) H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<soft@d.test>: 450 5.1.1 no such user"
    ) + line("22 10:00:00", "I", "<= <> R=1xVA00-000001-01 U=Debian-exim P=local S=300")
    + line(
      "22 10:00:01", "I",
      "** forged@d.test R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<forged@d.test>: 550 5.1.1 no such user"
    )

  private func suppress(_ words: [String]) throws -> Program.Outcome {
    try bouncelog(["suppress"] + words + ["-"], input: Self.log)
  }

  @Test(arguments: [
    ([], ["gone@D.test", "-x=1+1@d.test", "moved@d.test"]), (["--min", "2"], ["gone@D.test"]),
    (["--reason", "user-moved"], ["moved@d.test"]),
    (["--reason", "relay-denied,mailbox-full"], ["full@d.test", "relay@d.test"]),
    (["--since", "2026-11-21 10:30"], ["-x=1+1@d.test", "moved@d.test"]),
    (["--sender-domain", "other.*"], []),
  ])
  func `lists who fails hard and got nothing later`(words: [String], wanted: [String]) throws {
    let outcome = try suppress(words + ["-f", "addresses"])
    #expect(outcome.status == 0)
    #expect(
      outcome.output.split(separator: "\n").map { $0.lowercased() }
        == wanted.map { $0.lowercased() }
    )
  }

  @Test func `has counts, the last reply and what the server claims`() throws {
    let lines = try suppress(["-f", "jsonl"]).output.split(separator: "\n").map {
      try JSONValue(parsing: $0.utf8)
    }
    #expect(lines.map { $0["count"] } == [2, 1, 1])
    #expect(lines[0]["reason"] == "user-unknown")
    #expect(lines[0]["first"] == "2026-11-20T10:00:00+00:00")
    #expect(lines[0]["last"] == "2026-11-21T10:00:01+00:00")
    #expect(lines[2]["forward_path"] == "new@e.test")
    #expect(lines[2]["reply"] == "User not local; please try <new@e.test>")
    let csv = try suppress(["-f", "csv"]).output
    #expect(csv.contains("\r\n\"'-x=1+1@d.test\",1,2026-11-21T12:00:00+00:00,"))
    let text = try suppress([]).output
    #expect(text.contains("mx.d.test says, not checked: mail to new@e.test\n"))
  }

  @Test func `leaves out an alias whose mail reached somebody, in any order`() throws {
    let arrival = Self.line("20 10:00:00", "A", "<= list@acme.example U=a P=local S=300")
    let remote = Self.line(
      "20 10:00:01", "A",
      "=> joe@e.test <team@here.test> R=all T=rs H=mx.e.test [192.0.2.2] C=\"250 ok\"")
    let local = Self.line("20 10:00:01", "A", "=> joe <team@here.test> R=local T=mailbox")
    let failure = Self.line(
      "20 10:00:01", "A",
      "** sam@d.test <team@here.test> R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<sam@d.test>: 550 5.1.1 user unknown"
    )
    let before =
      Self.line("19 10:00:00", "B", "<= list@acme.example U=a P=local S=300")
      + Self.line(
        "19 10:00:01", "B",
        "=> joe@e.test <team@here.test> R=all T=rs H=mx.e.test [192.0.2.2] C=\"250 ok\"")
    let between = before.replacing("11-19", with: "11-21").replacing("1xVB", with: "1xVC")
    let late = failure.replacing("11-20", with: "11-22")
    for (log, isListed) in [
      (arrival + remote + failure, false), (arrival + failure + remote, false),
      (arrival + local + failure, false), (remote + failure, false), (arrival + failure, true),
      (before + arrival + failure, true), (arrival + between + late, false),
    ] {
      let outcome = try bouncelog(["suppress", "-f", "addresses", "-"], input: log)
      #expect(outcome.output == (isListed ? "team@here.test\n" : ""), "\(log)")
    }
  }

  @Test(arguments: [
    "initial connection", "EHLO c.test", "HELO c.test", "STARTTLS", "MAIL FROM:<list@acme.example>",
    "pipelined MAIL FROM:<list@acme.example> SIZE=9",
  ])
  func `lists nobody for a refusal of the sender or of the client`(command: String) throws {
    let log = Self.failed("20 10:00:00", "A", "good@d.test", "550 5.1.1 user unknown")
      .replacing("RCPT TO:<good@d.test>", with: command)
    for words in [[], ["--reason", "user-unknown,sender-rejected,policy-rejected"]] {
      let outcome = try bouncelog(["suppress", "-f", "addresses", "-"] + words, input: log)
      #expect(outcome.status == 0)
      #expect(outcome.output == "")
    }
  }

  @Test func `takes an address for the same in any case`() throws {
    let failed = Self.failed("20 10:00:00", "A", "Bob@d.test", "550 5.1.1 user unknown")
    let delivered =
      Self.line("21 10:00:00", "B", "<= list@acme.example H=(c) [192.0.2.9] P=esmtp S=300")
      + Self.line(
        "21 10:00:01", "B", "=> bob@D.test R=all T=rs H=mx.d.test [192.0.2.1] C=\"250 ok\"")
    #expect(
      try bouncelog(["suppress", "-f", "addresses", "-"], input: failed).output == "Bob@d.test\n")
    #expect(
      try bouncelog(["suppress", "-f", "addresses", "-"], input: failed + delivered).output == "")
  }

  @Test func `refuses reasons that are none`() throws {
    let outcome = try suppress(["--reason", "gone"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--reason gone: use user-unknown, "))
  }
}
