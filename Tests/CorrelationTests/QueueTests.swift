import Aggregation
import Correlation
import LogPatterns
import MailTerms
import PatternFiles
import Testing

/// A line of Postfix's on 24 November 2026, by one of its programs.
private func postfix(_ clock: String, _ program: String, _ text: String) -> String {
  let tag = program.contains("/") ? program : "postfix/\(program)"
  return "2026-11-24T\(clock)+00:00 mx1 \(tag)[233]: \(text)"
}

private func from(
  _ clock: String, _ id: String, _ sender: String, instance: String = "postfix"
) -> String {
  postfix(clock, "\(instance)/qmgr", "\(id): from=<\(sender)>, size=324, nrcpt=1 (queue active)")
}

private func to(
  _ clock: String, _ id: String, _ recipient: String, relay: String = "mx.d1.test[192.0.2.1]:25",
  program: String = "smtp", _ status: String
) -> String {
  postfix(
    clock, program,
    "\(id): to=<\(recipient)>, relay=\(relay), delay=0.06, delays=0.01/0.02/0/0.03, dsn=5.1.1, status=\(status)"
  )
}

private func refused(_ host: String = "mx.d1.test[192.0.2.1]") -> String {
  "bounced (host \(host) said: 551 not our customer (in reply to RCPT TO command))"
}

private let first = "C16E6F78189"
private let second = "CD374F780C6"

/// One queue's lines as they are told apart and put together: ids that come again, that are those of another
/// program's lines, and that go on in others.
@Suite struct `Queues of Postfix` {
  // MARK: Senders

  @Test func `takes the sender of the queue manager's line, not that of a refused recipient`()
    throws
  {
    let story = try story([
      postfix("02:19:44", "smtpd", "\(first): client=gw.orig.test[192.0.2.7]"),
      postfix(
        "02:19:44", "smtpd",
        "\(first): reject: RCPT from gw.orig.test[192.0.2.7]: 550 5.1.1 <bad@d1.test>: Recipient address rejected: no such user; from=<joe@orig.test> to=<bad@d1.test> proto=ESMTP helo=<gw.orig.test>"
      ),
      from("02:19:44", first, "SRS0=abcd=XY=orig.test=joe@srs.here.test"),
      to("02:19:45", first, "bob@d1.test", refused()),
    ])
    #expect(story.section(.failures).contains("sender srs.here.test 1 of 1"))
    #expect(story.events.map(\.senderDomain) == ["srs.here.test"])
  }

  @Test func `takes the sender of the queue manager's line, not that of the message before it`()
    throws
  {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      postfix("02:19:44", "cleanup", "\(second): message-id=<1@shop.example>"),
      to(
        "02:19:44", first, "list@here.test", relay: "local", program: "local",
        "sent (forwarded as \(second))"),
      from("02:19:44", second, "owner-list@mx1.example.net"),
      to("02:19:45", second, "bob@d1.test", refused()),
    ])
    #expect(story.section(.failures).contains("sender mx1.example.net 1 of 1"))
    #expect(story.figures.contains("delivered 0"))
    #expect(story.figures.contains("tried 1"))
  }

  @Test func `knows the message that an alias makes before its first line`() throws {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      to(
        "02:19:44", first, "list@here.test", relay: "local", program: "local",
        "sent (forwarded as \(second))"),
      postfix("02:19:44", "cleanup", "\(second): message-id=<1@shop.example>"),
      to("02:19:45", second, "bob@d1.test", refused()),
    ])
    #expect(story.section(.failures).contains("sender shop.example 1 of 1"))
    #expect(story.figures.contains("delivered 0"))
  }

  // MARK: Programs with names of their own

  @Test(arguments: [first, "4cnPbh0Gz5zB3Q8"])
  func `joins the lines of programs that log under another name`(id: String) throws {
    let story = try story([
      postfix(
        "02:19:44", "postfix-submission/smtpd",
        "\(id): client=host.example[192.0.2.7], sasl_method=PLAIN, sasl_username=alice"),
      postfix("02:19:44", "cleanup", "\(id): message-id=<1@shop.example>"),
      from("02:19:44", id, "joe@shop.example"),
      to("02:19:45", id, "bob@d1.test", program: "postfix-ip1/smtp", refused()),
      postfix("02:19:45", "qmgr", "\(id): removed"),
    ])
    #expect(story.section(.failures).contains("sender shop.example 1 of 1"))
    #expect(story.events.map(\.authenticatedUser) == ["alice"])
    #expect(story.messages == 1)
    #expect(story.open == 0)
  }

  @Test func `joins them where the id was another message's before`() throws {
    let story = try story([
      from("02:10:44", first, "eva@other.example"),
      postfix("02:10:45", "qmgr", "\(first): removed"),
      postfix(
        "02:19:44", "postfix-in/smtpd",
        "\(first): client=c.example[192.0.2.7], sasl_method=PLAIN, sasl_username=alice"),
      postfix("02:19:44", "cleanup", "\(first): message-id=<1@shop.example>"),
      from("02:19:44", first, "joe@shop.example"),
      to("02:19:45", first, "bob@d1.test", refused()),
      postfix("02:19:45", "qmgr", "\(first): removed"),
    ])
    #expect(story.events.map(\.authenticatedUser) == ["alice"])
    #expect(story.messages == 2)
    #expect(story.open == 0)
  }

  @Test func `joins a line that comes behind the end of its message`() throws {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      postfix("02:19:45", "qmgr", "\(first): removed"),
      to("02:19:45", first, "bob@d1.test", program: "relay-out/smtp", refused()),
      // Another instance is known by now.
      to("02:19:45", first, "eva@d1.test", program: "relay-out/smtp", refused()),
    ])
    #expect(story.section(.failures).contains("sender shop.example 2 of 2"))
    #expect(story.messages == 1)
    #expect(story.open == 0)
  }

  /// Before 3.10 no line ends a message that was refused for what it is, or thrown away.
  @Test(arguments: [
    ("milter-reject: END-OF-MESSAGE from a[192.0.2.7]: 5.7.1 no; from=<a@b.test> to=<c@d.test>", 0),
    (
      "reject: header Subject: x from a[192.0.2.7]; from=<a@b.test> to=<c@d.test> proto=SMTP: no", 0
    ),
    (
      "reject: END-OF-MESSAGE from a[192.0.2.7]: bare <LF> received; from=<a@b.test> to=<c@d.test>",
      0
    ),
    ("reject: DATA from a[192.0.2.7]: 551 <DATA>: no; from=<a@b.test> to=<c@d.test>", 0),
    ("discard: header Subject: x from a[192.0.2.7]; from=<a@b.test> to=<c@d.test> proto=SMTP", 0),
    ("queue file size limit exceeded", 0),
    ("milter-discard: END-OF-MESSAGE from a[192.0.2.7]: x; from=<a@b.test> to=<c@d.test>", 0),
    ("reject: RCPT from a[192.0.2.7]: 551 5.1.1 no; from=<a@b.test> to=<c@d.test>", 1),
    ("milter-reject: RCPT from a[192.0.2.7]: 551 5.1.1 no; from=<a@b.test> to=<c@d.test>", 1),
    ("hold: header Subject: x from a[192.0.2.7]; from=<a@b.test> to=<c@d.test> proto=SMTP", 1),
  ])
  func `ends a message that is refused as a whole`(text: String, open: Int) throws {
    let begin = postfix("02:19:44", "smtpd", "\(first): client=a[192.0.2.7]")
    let described = postfix("02:19:44", "cleanup", "\(first): message-id=<1@b.test>")
    let level = text.hasPrefix("queue file") ? "warning: " : ""
    let line = postfix("02:19:44", "cleanup", "\(level)\(first): \(text)")
    #expect(try story([begin, described, line]).open == open)
    // Another process may tell of a header behind the refusal.
    #expect(try story([begin, line, described]).open == open)
    #expect(try story([begin, line, described]).messages == 1)
    // The same id is used again.
    #expect(try story([begin, described, line, begin, described]).open == 1)
  }

  @Test func `does not take for a message what a client gave up before its content`() throws {
    let begin = postfix("02:19:44", "smtpd", "\(first): client=a[192.0.2.7]")
    let asked = try story([begin])
    #expect(asked.messages == 0)
    #expect(asked.open == 0)
    let described = postfix("02:19:44", "cleanup", "\(first): message-id=<1@b.test>")
    // A bounce that bounce(8) gave up, since it is not wanted.
    #expect(try story([described]).open == 0)
    let another = try story([begin, begin, described])
    #expect(another.messages == 1)
    #expect(another.open == 1)
  }

  /// With NOTIFY=NEVER, 3.11 and later name the bounce all the same.
  @Test func `does not count a bounce that nobody wants`() throws {
    let lines = [
      from("02:19:44", first, "joe@shop.example"), to("02:19:45", first, "bob@d1.test", refused()),
      postfix("02:19:45", "bounce", "\(first): sender non-delivery notification: \(second)"),
      postfix("02:19:45", "cleanup", "\(second): message-id=<2@mx1.test>"),
    ]
    #expect(try story(lines).notices.bounced == 1)
    let unwanted = try story(
      lines + [
        postfix("02:19:45", "cleanup", "\(second): removed (canceled)"),
        postfix("02:19:45", "qmgr", "\(first): removed"),
      ])
    #expect(unwanted.notices.messages == 1)
    #expect(unwanted.notices.bounced == 0)
    #expect(unwanted.notices.untold == 1)
    #expect(unwanted.open == 0)
  }

  @Test func `ends a message that was requeued under another id`() throws {
    let story = try story([
      postfix("02:19:44", "smtpd", "\(first): client=gw.orig.test[192.0.2.7]"),
      from("02:19:44", first, "joe@orig.test"),
      to("02:19:45", first, "bob@d1.test", "deferred (connect to d1.test[192.0.2.1]:25: refused)"),
      postfix("03:19:45", "postsuper", "\(first): requeued"),
      postfix("03:20:45", "pickup", "\(second): uid=89 from=<joe@orig.test> orig_id=\(first)"),
      from("03:20:45", second, "joe@orig.test"),
      to("03:20:46", second, "bob@d1.test", refused()),
    ])
    #expect(story.open == 1)
    #expect(story.events.map(\.messageID) == [second])
    #expect(story.events.map(\.clientIP) == ["192.0.2.7"])
  }

  @Test func `keeps two instances apart that use the same short id one after the other`() throws {
    let story = try story([
      from("02:19:44", first, "joe@shop.example", instance: "postfix-in"),
      to(
        "02:19:44", first, "a@d1.test", program: "postfix-in/smtp",
        "sent (250 2.0.0 Ok: queued as 4B2C1D0E3F)"),
      postfix("02:19:44", "postfix-in/qmgr", "\(first): removed"),
      postfix("02:19:50", "postfix-out/smtpd", "\(first): client=host.example[192.0.2.8]"),
      from("02:19:50", first, "eva@other.example", instance: "postfix-out"),
      to("02:19:51", first, "bob@d1.test", program: "postfix-out/smtp", refused()),
    ])
    #expect(story.section(.failures).contains("sender other.example 1 of 1"))
    #expect(story.messages == 2)
  }

  @Test func `keeps two instances apart that use the same short id at once`() throws {
    let story = try story([
      postfix("02:19:44", "postfix-in/smtpd", "\(first): client=host.example[192.0.2.7]"),
      from("02:19:44", first, "joe@shop.example", instance: "postfix-in"),
      postfix("02:19:44", "postfix-out/smtpd", "\(first): client=host.example[192.0.2.8]"),
      from("02:19:44", first, "eva@other.example", instance: "postfix-out"),
      to("02:19:45", first, "a@d1.test", program: "postfix-in/smtp", refused()),
      to("02:19:45", first, "b@d1.test", program: "postfix-out/smtp", refused()),
    ])
    #expect(story.events.map(\.sender) == ["joe@shop.example", "eva@other.example"])
    #expect(story.messages == 2)
  }

  // MARK: Messages that go on under another id

  @Test func `does not give up a recipient who went on under another id`() throws {
    let story = try story(
      [
        from("02:19:44", first, "joe@shop.example"),
        to(
          "02:19:44", first, "list@here.test", relay: "local", program: "local",
          "deferred (temporary failure)"),
        to(
          "02:19:44", first, "b@d2.test", relay: "none",
          "deferred (connect to mx.d2.test[192.0.2.2]:25: Connection timed out)"),
        postfix("02:30:00", "cleanup", "\(second): message-id=<1@shop.example>"),
        to(
          "02:30:00", first, "list@here.test", relay: "local", program: "local",
          "sent (forwarded as \(second))"),
        from("02:30:00", second, "joe@shop.example"),
        to("02:30:01", second, "a@d1.test", "sent (250 2.0.0 ok)"),
        postfix(
          "03:19:44", "qmgr",
          "\(first): from=<joe@shop.example>, status=expired, returned to sender"),
      ], codes: ["all"])
    #expect(
      story.short.filter { $0.hasPrefix("failed") } == ["failed b@d2.test - joe@shop.example"])
    #expect(story.figures.contains("failed 1"))
    #expect(story.figures.contains("tried 2"))
  }

  @Test(arguments: [
    // A filter on this machine that is reached by one address and comes back from another.
    ("localhost[::1]:10024", "client=localhost[127.0.0.1]"),
    // One elsewhere, which the second message's own line names.
    (
      "filter.here.test[10.0.0.5]:10024",
      "client=filter.here.test[10.0.0.6], orig_queue_id=\(first), orig_client=c.example[192.0.2.7]"
    ),
  ])
  func `does not count what a filter took`(relay: String, client: String) throws {
    let story = try story([
      postfix("02:19:44", "smtpd", "\(first): client=c.example[192.0.2.7]"),
      from("02:19:44", first, "joe@shop.example"),
      postfix("02:19:45", "postfix/10025/smtpd", "\(second): \(client)"),
      to(
        "02:19:45", first, "bob@d1.test", relay: relay,
        "sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as \(second))"),
      to("02:19:46", second, "bob@d1.test", refused()),
    ])
    #expect(story.section(.failures).contains("sender shop.example 1 of 1"))
    #expect(story.figures.contains("tried 1"))
    #expect(story.figures.contains("delivered 0"))
  }

  @Test func `does not believe a stranger who names a message of ours that no client sent`() throws
  {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      to("02:19:45", first, "bob@d1.test", refused()),
      postfix("02:19:45", "cleanup", "\(second): message-id=<2@mx1.test>"),
      from("02:19:45", second, ""),
      postfix("02:19:45", "bounce", "\(first): sender non-delivery notification: \(second)"),
      to("02:19:46", second, "joe@shop.example", "sent (250 2.0.0 Ok)"),
      from("02:20:44", "EEEEEF78189", "eva@shop.example"),
      to(
        "02:20:45", "EEEEEF78189", "x@evil.example", relay: "evil.example[192.0.2.66]:25",
        "sent (250 2.0.0 Ok: queued as \(second))"),
    ])
    #expect(story.figures.contains("tried 3"))
    #expect(story.figures.contains("delivered 2"))
  }

  // MARK: Ids that come again

  @Test func `tells by its sender that an id is another message's`() throws {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      to("02:19:45", first, "bob@d1.test", refused()),
      from("04:19:44", first, "carl@other.example"),
      to("04:19:45", first, "bob@d1.test", refused()),
    ])
    #expect(story.section(.failures).contains("total 2"))
    #expect(story.section(.failures).contains("sender other.example 1 of 1"))
    #expect(story.messages == 2)
  }

  @Test func `takes the queue manager's next line of a message for the same message`() throws {
    let story = try story([
      from("02:19:44", first, "joe@shop.example"),
      to("02:19:45", first, "bob@d1.test", "deferred (host mx.d1.test[192.0.2.1] said: 451 later)"),
      from("03:19:44", first, "joe@shop.example"),
      to("03:19:45", first, "bob@d1.test", refused()),
    ])
    #expect(story.events.map(\.attempts) == [1])
    #expect(story.messages == 1)
    #expect(story.figures.contains("deferred 1"))
  }

  @Test func `gives the id of an ended message to the bounce that is named before its lines`()
    throws
  {
    let story = try story(
      [
        from("02:10:44", second, "eva@shop.example"),
        to("02:10:45", second, "a@d1.test", "sent (250 2.0.0 Ok)"),
        postfix("02:10:45", "qmgr", "\(second): removed"),
        from("02:19:44", first, "joe@shop.example"),
        to("02:19:45", first, "bob@d1.test", refused()),
        postfix("02:19:45", "bounce", "\(first): sender non-delivery notification: \(second)"),
        postfix("02:19:45", "cleanup", "\(second): message-id=<2@mx1.test>"),
        from("02:19:45", second, ""),
        to("02:19:46", second, "joe@shop.example", "sent (250 2.0.0 Ok)"),
      ], codes: ["all"])
    let delivered = story.events.filter { $0.kind == .delivered }
    #expect(delivered.map(\.sender) == ["eva@shop.example", "<>"])
    #expect(delivered.map(\.parentID) == [nil, first])
    #expect(story.messages == 3)
  }

  @Test
  func `gives the id of a message without an end to the bounce that is named before its lines`()
    throws
  {
    let story = try story(
      [
        from("02:10:44", second, "eva@shop.example"),
        from("02:19:44", first, "joe@shop.example"),
        to("02:19:45", first, "bob@d1.test", refused()),
        postfix("02:19:45", "bounce", "\(first): sender non-delivery notification: \(second)"),
        postfix("02:19:45", "cleanup", "\(second): message-id=<2@mx1.test>"),
        from("02:19:45", second, ""),
        to("02:19:46", second, "joe@shop.example", refused()),
      ])
    #expect(story.events.last?.parentID == first)
    #expect(story.notices.bounces(.failed) == 1)
  }

  /// A slot is used again when its message is forgotten, a thousand ended messages later.
  @Test func `takes no later message for the one that another names as its first`() throws {
    var lines = [
      from("02:19:44", first, "joe@shop.example"),
      postfix(
        "02:19:44", "smtpd", "\(second): client=f.example[192.0.2.9], orig_queue_id=\(first)"),
      from("02:19:44", second, "joe@shop.example"),
      postfix("02:19:44", "qmgr", "\(first): removed"),
    ]
    for number in 0..<1024 {
      let id = "4cnPbh\(1000 + number)zB3Q8"
      lines.append(from("02:19:45", id, "x@other.example"))
      lines.append(postfix("02:19:45", "qmgr", "\(id): removed"))
    }
    lines.append(from("02:20:44", "DDDDDF78189", "eva@shop.example"))
    lines.append(
      to(
        "02:20:45", "DDDDDF78189", "x@evil.example", relay: "evil.example[192.0.2.66]:25",
        "sent (250 2.0.0 Ok: queued as \(second))"))
    #expect(try story(lines).figures.contains("delivered 1"))
  }

  // MARK: Tables and events

  /// Every failure and deferral of every case of the pattern files counts for the domain that its event names.
  @Test func `counts for the sender that the event names`() throws {
    let catalog = try #require(builtIn)
    for aCase in catalog.files.flatMap(\.cases) {
      var configuration = Correlator.Configuration(
        selection: Selection(codes: .everything), edge: "relay")
      configuration.events = Set(EventKind.allCases)
      configuration.showsEveryCode = true
      var correlator = Correlator(configuration: configuration, catalog: catalog)
      var assembler = RecordAssembler(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
      var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
      correlator.receive(log: Array(aCase.log.utf8), by: &parser, through: &assembler)
      correlator.finish(&assembler)
      var counted: [String] = []
      for index in 0..<correlator.outcomes.count {
        let outcome = correlator.outcomes[index]
        guard outcome.kind == .failed || outcome.kind == .deferred else { continue }
        counted.append(correlator.names.name(outcome.senderDomain))
      }
      let told = correlator.events.filter { $0.kind == .failed || $0.kind == .deferred }
      #expect(counted.sorted() == told.map(\.senderDomain).sorted(), "\(aCase.name)")
    }
  }
}

@Suite struct `Bounces of Exim` {
  /// Exim's failures do not name the sender.
  @Test func `are told as they ended though the log begins behind their message`() throws {
    let story = try story([
      failure("02:11:21", a), bounce("02:11:22", b, of: a),
      delivery("02:11:23", b, "alice@acme.example"), completion("02:11:23", b),
      completion("02:11:23", a),
    ])
    #expect(story.notices.bounces(.delivered) == 1)
    #expect(story.notices.bounced == 1)
  }

  /// A bounce is forgotten a thousand ended messages later, and its message counts once all the same.
  @Test func `count once for each message`() throws {
    var lines = [
      arrival("02:11:20", a), failure("02:11:21", a), bounce("02:11:22", b, of: a),
      delivery("02:11:23", b, "alice@acme.example"), completion("02:11:23", b),
    ]
    for number in 0..<1024 {
      lines.append(completion("02:12:00", "1xVg\(10 + number / 100)-00\(1000 + number)-05"))
    }
    lines += [
      failure("04:11:21", a, "eva@d1.test"), bounce("04:11:22", c, of: a),
      failure("04:11:23", c, "alice@acme.example"),
    ]
    let story = try story(lines)
    #expect(story.notices.bounced == 1)
    #expect(story.notices.bounces(.delivered) == 1)
  }

  @Test func `are those for the failures that are asked for`() throws {
    let story = try story([
      arrival("02:11:20", a), failure("02:11:21", a, reply: "550 no such user"),
      bounce("02:11:22", b, of: a), delivery("02:11:23", b, "alice@acme.example"),
      completion("02:11:23", b), failure("04:11:21", a, "eva@d1.test"),
      bounce("04:11:22", c, of: a), failure("04:11:23", c, "alice@acme.example"),
    ])
    #expect(story.notices.bounces(.failed) == 1)
    #expect(story.notices.bounced == 1)
  }
}

@Suite struct `Recipients of Exim` {
  @Test func `takes what retries gave up for the address that was deferred in lower case`() throws {
    let story = try story(
      [
        arrival("02:11:20", a),
        line(
          "02:11:21", a,
          "== eva@d1.test <Team@alias.test> R=all T=rs defer (-44) H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<Eva@D1.test>: 450 4.2.0 greylisted"
        ),
        line("06:11:21", a, "** Eva@D1.Test <Team@alias.test>: retry timeout exceeded"),
      ], codes: ["450"])
    let failed = story.events.filter { $0.kind == .failed }
    #expect(failed.map(\.remoteHost) == ["mx.d1.test"])
    #expect(failed.map { $0.reply?.code } == [450])
    #expect(story.section(.expired).contains("total 1"))
  }

  @Test(arguments: [
    ["=> info <info@l1.test> R=virtual T=lmtp", "=> info <info@l2.test> R=virtual T=lmtp"],
    ["=> save inbox <bob@d1.test> R=filter", "=> save inbox <joe@d1.test> R=filter"],
    ["=> discarded <bob@d1.test> R=filter", "=> discarded <joe@d1.test> R=filter"],
    ["=> |/bin/true <bob@d1.test> R=f T=p", "=> |/bin/true <joe@d1.test> R=f T=p"],
    ["=> :blackhole: <bob@d1.test> R=f", "=> :blackhole: <joe@d1.test> R=f"],
  ])
  func `tells local deliveries apart by the addresses they came from`(lines: [String]) throws {
    let story = try story([arrival("02:11:20", a)] + lines.map { line("02:11:21", a, $0) })
    #expect(story.figures.contains("delivered 2"))
    #expect(story.figures.contains("tried 2"))
  }

  @Test(arguments: [
    [
      "== info@l1.test R=virtual T=lmtp defer (111): Connection refused",
      "=> info <info@l1.test> R=virtual T=lmtp",
    ]
  ])
  func `takes both forms of an address for one recipient`(lines: [String]) throws {
    let story = try story(
      [arrival("02:11:20", a)] + lines.map { line("02:11:21", a, $0) }, codes: ["all"])
    #expect(story.figures.contains("tried 1"))
    #expect(story.figures.contains("deferred 1"))
    let last = try #require(story.events.last)
    #expect(last.attempts == 1)
  }
}
