import TestSupport
import Testing

@Suite struct `Explain command` {
  /// The objects that a batch gives.
  private func batch(_ input: String) throws -> [JSONValue] {
    let outcome = try bouncelog(["explain", "--format", "jsonl", "-"], input: input)
    guard outcome.status == 0, outcome.errors.isEmpty else {
      throw TestFailure("exit code \(outcome.status): \(outcome.errors)")
    }
    return try outcome.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }

  /// The texts that this project is about, with their reasons, natures and forward paths.
  static let known: [(reply: String, reason: String, nature: String, path: String?)] = [
    ("551 5.1.1 recipient is not exist", "user-unknown", "hard", nil),
    ("551 5.1.1 user does not exist", "user-unknown", "hard", nil),
    ("551 Denied IVF", "policy-rejected", "policy", nil),
    ("551 not our customer", "not-local", "hard", nil),
    ("551 a@b failed to route the address", "routing-failed", "hard", nil),
    ("551 <a@b>... User not local", "not-local", "hard", nil),
    ("551 <a@b>... User not locali", "not-local", "hard", nil),
    ("551 Relay request denied", "relay-denied", "policy", nil),
    (
      "551 This is not a relay host – mail must be to or from host domain.", "relay-denied",
      "policy", nil
    ),
    ("551 Unknown user.", "user-unknown", "hard", nil),
    ("551 User not local. Authentication required for relay", "relay-denied", "policy", nil),
    ("551 User not local; please try <forward-path>", "user-moved", "hard", nil),
    ("551 User not local; please try <a@b>", "user-moved", "hard", "a@b"),
  ]

  @Test func `explains a batch, one object a line in the same order`() throws {
    let objects = try batch(Self.known.map { $0.reply + "\n" }.joined())
    try #require(objects.count == Self.known.count)
    for (object, known) in zip(objects, Self.known) {
      #expect(object["code"] == 551)
      #expect(object["reason"] == .string(known.reason), "\(known.reply)")
      #expect(object["nature"] == .string(known.nature), "\(known.reply)")
      #expect(object["forward_path"] == known.path.map { .string($0) } ?? .null)
    }
    #expect(objects[0]["enhanced"] == "5.1.1")
    #expect(objects[2]["enhanced"] == .null)
    #expect(objects[12]["reply"] == "User not local; please try <a@b>")
  }

  @Test func `gives an object for every line, whatever it is`() throws {
    let objects = try batch("\n\u{1B}[31m\n551\r\n550 5.1.1\n \n551 x")
    #expect(objects.count == 6)
    #expect(objects.map { $0["code"] ?? .null } == [.null, .null, 551, 550, .null, 551])
    #expect(objects[0]["reason"] == "unknown" && objects[0]["reply"] == "")
    #expect(objects[2]["reason"] == "not-local" && objects[2]["reply"] == "")
    #expect(objects[3]["reason"] == "user-unknown" && objects[3]["enhanced"] == "5.1.1")
    #expect(try batch("").isEmpty)
    // Mail headers are a batch too when they come this way.
    #expect(try batch("From: a@b\nSubject: c\n\n").count == 3)
  }

  @Test(arguments: [
    ("smtp; 551 not our customer", 551, nil, "not our customer"),
    ("<<< 551 not our customer", 551, nil, "not our customer"),
    ("said: 551 5.1.1 no such user", 551, "5.1.1", "no such user"),
    ("551-5.7.1 a\\n551 5.7.1 b", 551, "5.7.1", "a b"),
    ("551-5.7.1 a 551 5.7.1 b", 551, "5.7.1", "a b"),
    ("550 551 not our customer", 550, nil, "551 not our customer"),
    ("551 no (#5.1.1)", 551, "5.1.1", "no (#5.1.1)"),
    ("5511 x", nil, nil, "5511 x"), ("151 x", nil, nil, "151 x"), ("651 x", nil, nil, "651 x"),
    ("see 551 x", nil, nil, "see 551 x"),
    ("550 Empf\\303\\244nger unbekannt", 550, nil, "Empf\u{E4}nger unbekannt"),
  ])
  func `takes a reply apart`(
    _ line: String, _ code: Int?, _ enhanced: String?, _ reply: String
  ) throws {
    let object = try #require(try batch(line + "\n").first)
    #expect(object["code"] == code.map { .number(Double($0)) } ?? .null)
    #expect(object["enhanced"] == enhanced.map { .string($0) } ?? .null)
    #expect(object["reply"] == .string(reply))
  }

  @Test(arguments: [
    "551-5.7.1 a\n551 5.7.1 b", "551-5.7.1 a\r\n551 5.7.1 b\r\n",
    "    551-5.7.1 a\n    551 5.7.1 b\n\n", "\t551 5.7.1 a b",
  ])
  func `takes a reply as people paste it`(_ text: String) throws {
    let outcome = try bouncelog(["explain", "--format", "json", text])
    let object = try JSONValue(parsing: outcome.output.utf8)
    #expect(object["code"] == 551 && object["enhanced"] == "5.7.1" && object["reply"] == "a b")
  }

  @Test func `tells people what to do`() throws {
    let outcome = try bouncelog([
      "explain", "551", "User not local; please try <robert@new.example>",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.lines.first == "551 User not local; please try <robert@new.example>")
    #expect(outcome.output.contains("reason      user-moved\n"))
    #expect(outcome.output.contains("hard: this recipient will not get this mail"))
    #expect(outcome.output.contains("1. Ask the recipient by another way"))
    #expect(outcome.output.contains("\"robert@new.example\"\n"))
    #expect(outcome.output.contains("claimed by the server, not checked"))
    #expect(!outcome.output.contains("\u{1B}"))
    let coloured = try bouncelog(["explain", "--color", "always", "551 Relay request denied"])
    #expect(coloured.output.contains("\u{1B}[33mrelay-denied\u{1B}[0m"))
  }

  @Test func `strips what a stranger could send to the terminal`() throws {
    let outcome = try bouncelog(["explain", "551 5.1.6 try <a\u{1B}[2J@b>\u{202E} \u{7}"])
    #expect(outcome.status == 0)
    #expect(!outcome.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!outcome.output.contains("\u{202E}"))
  }

  @Test func `takes the reply out of a line of a log`() throws {
    let exim = String(monday.split(separator: "\n")[1])
    let outcome = try bouncelog(["explain", exim])
    #expect(
      outcome.lines.prefix(2) == [
        "551 5.1.1 not our customer", "from mx1.d1.test, about bob@d1.test",
      ])
    let postfix =
      "Nov 23 10:00:01 mx postfix/smtp[233]: 3C5F12A: to=<bob@d1.test>, relay=mx.d1.test[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.6, status=bounced (host mx.d1.test[192.0.2.1] said: 551 5.1.6 User has moved; please try <bob@D1.test> or try <r@new.test> (in reply to RCPT TO command))"
    let text = try bouncelog(["explain", "--format", "json", postfix])
    let object = try JSONValue(parsing: text.output.utf8)
    #expect(object["reason"] == "user-moved")
    #expect(object["remote_host"] == "mx.d1.test" && object["recipient"] == "bob@d1.test")
    // The recipient's own address is no forward path.
    #expect(object["forward_path"] == "r@new.test")
    #expect(object["matched"] != nil && object["advice"] != nil && object["cause"] != nil)
  }

  /// Lines of a log with what their fields tell: code, reply, reason, who said it, and about whom.
  static let lines: [(line: String, code: Int?, reply: String, reason: String, sides: [String?])] =
    [
      (
        "H=(x) [192.0.2.77] F=<bob@d1.test> rejected RCPT <z@here.test>: 551 not our customer", 551,
        "not our customer", "not-local", [nil, "z@here.test"]
      ),
      (
        "H=(x) [192.0.2.77] F=<bob@d1.test> rejected RCPT <z@here.test>: Unrouteable address", nil,
        "Unrouteable address", "routing-failed", [nil, "z@here.test"]
      ),
      (
        "1xVg0C-0006Kj-05 H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after initial connection: 554 5.7.1 blocked using zen.spamhaus.org",
        554, "blocked using zen.spamhaus.org", "blocklisted", ["mx1.d1.test", nil]
      ),
      (
        "1xVg0C-0006Kj-05 ** bob@d1.test: Unrouteable address", nil, "Unrouteable address",
        "routing-failed", [nil, "bob@d1.test"]
      ),
      (
        "1xVg0C-0006Kj-05 == bob@d1.test R=a T=b defer (111): Connection refused H=mx.d1.test [192.0.2.1]: mailbox full",
        nil, "", "unknown", ["mx.d1.test", "bob@d1.test"]
      ),
      (
        "1xVg0C-0006Kj-05 <= a@b.test H=(x) [192.0.2.9] P=esmtp S=300 T=\"mailbox full 551\"", nil,
        "",
        "unknown", [nil, nil]
      ),
      (
        "1xVg0C-0006Kj-05 => bob@d1.test R=a T=b H=mx.d1.test [192.0.2.1] C=\"250 ok\"", 250, "ok",
        "unknown", ["mx.d1.test", "bob@d1.test"]
      ),
      (
        "1xVg0C-0006Kj-05 cancelled by system filter: mailbox full", nil, "", "unknown", [nil, nil]
      ),
    ]

  @Test func `explains a line of a log by its fields alone`() throws {
    let log = Self.lines.map { "2026-11-24 03:12:27 \($0.line)\n" }.joined()
    let outcome = try bouncelog(["explain", "-f", "json", "-"], input: log)
    let objects = try JSONValue(parsing: outcome.output.utf8).elements
    try #require(objects.count == Self.lines.count)
    for (object, (line, code, reply, reason, sides)) in zip(objects, Self.lines) {
      #expect(object["code"]?.integer == code, "\(line)")
      #expect(object["reply"]?.text == reply, "\(line)")
      #expect(object["reason"]?.text == reason, "\(line)")
      #expect(object["remote_host"]?.text == sides[0], "\(line)")
      #expect(object["recipient"]?.text == sides[1], "\(line)")
    }
    let text = try bouncelog(["explain", "-"], input: log + " mailbox full\n").output
    #expect(
      text.contains("551 not our customer\nfrom this server to 192.0.2.77, about z@here.test\n"))
    // Nobody refused anything there.
    #expect(
      text.contains("\n\nno reply\nfrom mx.d1.test, about bob@d1.test\n\nno reply\n\n250 ok\n"))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("reason ") } == 5)
    // What only begins as the rest of an entry does is a reply.
    #expect(text.contains("mailbox full\nreason      mailbox-full\n"))
  }

  @Test func `explains the replies of a file`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("551 not our customer\n\n550 no such user\n".utf8, to: "replies")
    let text = try bouncelog(["explain", path])
    #expect(text.output.contains("not-local") && text.output.contains("user-unknown"))
    let json = try JSONValue(parsing: bouncelog(["explain", "-f", "json", path]).output.utf8)
    guard case .array(let objects) = json else { throw TestFailure("no list") }
    #expect(objects.map { $0["reason"] ?? .null } == ["not-local", "unknown", "user-unknown"])
    #expect(try bouncelog(["explain", folder.file("none.eml")]).status == 66)
    #expect(try bouncelog(["explain", folder.path]).status == 66)
    #expect(try bouncelog(["explain", "--format", "xml", "551 x"]).status == 64)
  }

  @Test func `uses a user's rules and advice`() throws {
    let folder = try TemporaryFolder()
    let rule = """
      [[reason]]
      key = "policy-rejected"
      steps = ["Call Bob."]
      [[rule]]
      name = "ivf"
      reason = "policy-rejected"
      regex = '''\\bivf\\b'''
      sample = ['''551 Denied IVF''']

      """
    try folder.write(rule.utf8, to: "replies.toml")
    let outcome = try bouncelog(["explain", "--patterns", folder.path, "551 Denied IVF"])
    #expect(outcome.output.contains("by the rule ivf") && outcome.output.contains("1. Call Bob."))
    #expect(try bouncelog(["patterns", "test", folder.path]).status == 0)
    try folder.write(rule.replacing("\\bivf", with: "(ivf").utf8, to: "replies.toml")
    let wrong = try bouncelog(["explain", "--patterns", folder.path, "551 Denied IVF"])
    #expect(wrong.status == 65)
    #expect(wrong.errors.contains("/replies.toml:7:"))
    #expect(try bouncelog(["patterns", "test", folder.path]).status == 65)
  }

  @Test func `shows and lists the rules of replies`() throws {
    let list = try bouncelog(["patterns", "list"])
    #expect(
      list.lines.contains { $0.hasPrefix("not-our-customer ") && $0.contains("(reply) strong") })
    let rule = try bouncelog(["patterns", "show", "not-our-customer"])
    #expect(rule.output.contains("reason:   not-local\n") && rule.output.contains("sample:   "))
    let reason = try bouncelog(["patterns", "show", "relay-denied"])
    #expect(reason.output.contains("relay"))
    #expect(try bouncelog(["patterns", "show", "replies.toml"]).output.contains("[[reason]]"))
    #expect(try bouncelog(["patterns", "show", "not-local"]).status == 0)
  }
}
