import TestSupport
import Testing

/// What of people's addresses lies in a state's files.
@Suite struct `Stored addresses` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Failures whose replies name the recipient, another address, and a local part alone; the last one waits for
  /// its sender.
  private static let log = """
    2026-11-24 10:00:00 1xVA00-000001-01 <= send.secret@s.test H=c.test [192.0.2.1] P=esmtp S=9
    2026-11-24 10:00:01 1xVA00-000001-01 ** anna.secret@r.test R=r T=t H=mx.r.test [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<anna.secret@r.test>: 551 <anna.secret@r.test>: User unknown
    2026-11-24 10:00:01 1xVA00-000001-01 ** otto.secret@r.test R=r T=t H=mx.r.test [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<otto.secret@r.test>: 551 User not local; please try <new.secret@n.test>
    2026-11-24 10:00:01 1xVA00-000001-01 ** eve.secret@r.test R=r T=t H=mx.r.test [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<eve.secret@r.test>: 551 no Eve.Secret; see http://x.test/?id=eve.secret%40r.test
    2026-11-24 10:00:01 1xVB00-000001-01 ** wait.secret@r.test R=r T=t H=mx.r.test [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<wait.secret@r.test>: 551 <wait.secret@r.test>: moved to <next.secret@n.test>

    """

  /// Looks at the log with some setting, by an alert that names senders where it can.
  private func check(_ addresses: String, _ log: String) throws {
    let config = try folder.write(
      """
      [state]
      addresses = "\(addresses)"
      [[alert]]
      name = "any"
      by = ["\(addresses == "domain" ? "sender-domain" : "sender")"]
      per = "48h"
      warning = "0"

      """.utf8, to: "\(addresses).toml")
    let outcome = try bouncelog([
      "check", "--config", config, "--state", folder.file("state"), "--until", "2026-11-24 12:00",
      log,
    ])
    #expect(outcome.status == 1, "\(outcome.output)")
  }

  /// The replies and the forward-paths of a report of the state.
  private func reported() throws -> [JSONValue?] {
    let failures = try json(["--from", "state", "--state", folder.file("state")])["failures"]
    return [failures?["by_reply"], failures?["by_forward_path"]].map { rows in
      .array((rows?.elements ?? []).map { $0["reply"] ?? $0["forward_path"] ?? .null })
    }
  }

  private func isKept(_ words: String) throws -> Bool {
    try Program.run("/bin/grep", ["-rqiF", words, folder.file("state")]).status == 0
  }

  @Test func `are without local parts unless something else is asked for`() throws {
    try check("domain", folder.write(Self.log.utf8, to: "mainlog"))
    #expect(try !isKept(".secret"))
    #expect(
      try reported() == [
        [
          "<*@r.test>: User unknown", "User not local; please try <*@n.test>",
          "no *; see http://x.test/?id=*%40r.test",
        ],
        ["*@n.test"],
      ])
  }

  @Test func `are gone from the reply that led to a failure on a line that names nobody`() throws {
    let start = "2026-11-24T10:00:0"
    let log = """
      \(start)0Z h postfix/qmgr[1]: 4cnPbh0Gz5zB3Q8: from=<send.secret@s.test>, size=9, nrcpt=1 (queue active)
      \(start)1Z h postfix/smtp[2]: 4cnPbh0Gz5zB3Q8: to=<late.secret@r.test>, relay=mx.r.test[192.0.2.9]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=deferred (host mx.r.test[192.0.2.9] said: 551 no Late.Secret (in reply to RCPT TO command))
      \(start)2Z h postfix/qmgr[1]: 4cnPbh0Gz5zB3Q8: from=<send.secret@s.test>, status=expired, returned to sender

      """
    let outcome = try bouncelog([
      "check", "--state", folder.file("state"), "-c", "9", "--stale", "never",
      folder.write(log.utf8, to: "maillog"),
    ])
    #expect(outcome.status == 0)
    let report = try json(["--from", "state", "--state", folder.file("state")])
    #expect(report["expired"]?["total"] == 1)
    #expect(try !isKept(".secret"))
  }

  @Test func `are hashed, or stay, if that is asked for`() throws {
    let log = try folder.write(Self.log.utf8, to: "mainlog")
    try check("hash", log)
    #expect(try !isKept(".secret"))
    #expect(try isKept("@s.test"))
    try check("full", log)
    try folder.append(Self.log.replacing("1xV", with: "1xW").utf8, to: "mainlog")
    try check("full", log)
    for name in ["send.secret@s.test", "new.secret@n.test", "next.secret@n.test"] {
      #expect(try isKept(name))
    }
  }

  @Test(arguments: ["domain", "hash"])
  func `go when less may be kept, with those of open messages and of alerts`(
    addresses: String
  ) throws {
    let log = try folder.write(
      Self.log.replacing("no Eve.Secret", with: "no").utf8, to: "mainlog")
    try check("full", log)
    #expect(try isKept("<anna.secret@r.test>"))
    #expect(try isKept("next.secret@n.test"))
    // Another log has nothing to do with it.
    try check(addresses, folder.write(monday.utf8, to: "other"))
    #expect(try !isKept(".secret"))
    let failures = try json(["--from", "state", "--state", folder.file("state")])["failures"]
    #expect(failures?["total"] == 5)
    try folder.append(
      "2026-11-24 10:00:02 1xVB00-000001-01 <= w.secret@s.test U=w P=local S=9\n".utf8,
      to: "mainlog")
    try check(addresses, log)
    #expect(try !isKept(".secret"))
    let later = try json(["--from", "state", "--state", folder.file("state")])["failures"]
    #expect(later?["total"] == 6)
    #expect(later?["by_sender_domain"]?[0]?["sender_domain"] == "s.test")
  }

  @Test func `go from what an earlier version has kept`() throws {
    let log = try folder.write(Self.log.utf8, to: "mainlog")
    try check("full", log)
    try change(state: folder.file("state"), "UPDATE local_parts SET addresses = NULL")
    try check("domain", log)
    #expect(try !isKept("secret@"))
  }
}
