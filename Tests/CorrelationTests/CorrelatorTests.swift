import Correlation
import LogPatterns
import MailTerms
import Testing

@Suite struct `Joining lines` {
  @Test func `tells a failure with all that is known of its message`() throws {
    let story = try story([
      line(
        "02:11:20.5", a,
        #"<= alice@Acme.Example H=host.example (c) [192.0.2.9]:4711 P=esmtpsa A=plain:alice S=300 id=1@x T="it's \"551\"""#
      ),
      line(
        "02:11:21", a,
        "** bob@D1.Test <list@d9.test> R=all T=rs H=MX1.d1.test [127.0.1.1]:25: SMTP error from remote mail server after pipelined RCPT TO:<bob@D1.Test>: 551-5.7.1 not\\n551 5.7.1 our customer DT=1s"
      ),
      completion("02:11:22", a),
    ])
    try #require(story.events.count == 1)
    let event = story.events[0]
    #expect(event.kind == .failed)
    #expect(event.origin == .remote)
    #expect(event.time.rfc3339 == "2026-11-24T02:11:21+00:00")
    #expect(event.edge == "relay")
    #expect(event.mta == .exim)
    #expect(event.messageID == a)
    #expect(event.sender == "alice@Acme.Example")
    #expect(event.senderDomain == "acme.example")
    #expect(event.recipient == "bob@D1.Test")
    #expect(event.recipientDomain == "d1.test")
    #expect(event.originalRecipient == "list@d9.test")
    #expect(event.remoteHost == "mx1.d1.test")
    #expect(event.remoteIP == "127.0.1.1")
    #expect(event.remotePort == 25)
    #expect(event.command == .rcptTo)
    #expect(event.reply?.code == 551)
    #expect(event.reply?.enhanced?.description == "5.7.1")
    #expect(event.value(named: "reply") == "not our customer")
    #expect(event.arrivedAt?.rfc3339 == "2026-11-24T02:11:20.500+00:00")
    #expect(event.clientHost == "host.example")
    #expect(event.clientIP == "192.0.2.9")
    #expect(event.authenticatedUser == "alice")
    #expect(event.size == 300)
    #expect(event.headerMessageID == "1@x")
    #expect(event.subject == "it's \"551\"")
    #expect(event.parentID == nil)
    #expect(event.bounceID == nil)
    #expect(event.attempts == 1)
    #expect(event.lines == 1)
    #expect(story.messages == 1)
    #expect(story.open == 0)
  }

  @Test func `counts a message the same in any order of its lines`() throws {
    let lines = [
      arrival("02:11:20", a), failure("02:11:21", a),
      deferral("02:11:21", a, "eva@d1.test", reply: "551 later"),
      delivery("02:11:22", a), completion("02:11:23", a),
    ]
    let expected = [
      "deferrals attempts 1", "deferrals code 551 1", "deferrals host mx1.d1.test 1 of 1",
      "deferrals ip 127.0.1.1 1",
      "deferrals pair mx1.d1.test acme.example 1 2026-11-24T02:11:21+00:00 2026-11-24T02:11:21+00:00",
      "deferrals recipient d1.test 1", "deferrals reply later 1",
      "deferrals sender acme.example 1 of 2", "deferrals total 1", "deferred 1", "delivered 1",
      "failed 1", "failures attempts 1", "failures code 551 1", "failures host mx1.d1.test 1 of 1",
      "failures ip 127.0.1.1 1",
      "failures pair mx1.d1.test acme.example 1 2026-11-24T02:11:21+00:00 2026-11-24T02:11:21+00:00",
      "failures recipient d1.test 1", "failures reply not our customer 1",
      "failures sender acme.example 1 of 2", "failures total 1", "rejected 0", "tried 2",
    ]
    for order in permutations(lines) {
      let story = try story(order)
      #expect(story.figures == expected, "\(order)")
      #expect(story.messages == 1, "\(order)")
      #expect(
        Set(story.short) == [
          "failed bob@d1.test 551 alice@acme.example",
          "deferred eva@d1.test 551 alice@acme.example",
        ])
    }
  }

  @Test func `takes the sender from F= where the arrival is missing`() throws {
    let known = try story([failure("02:11:21", a, sender: "alice@Acme.example")])
    #expect(known.section(.failures).contains("sender acme.example 1 of 1"))
    #expect(known.short == ["failed bob@d1.test 551 alice@Acme.example"])
    let null = try story([failure("02:11:21", a, sender: "")])
    #expect(null.section(.failures).contains("sender <> 1 of 1"))
    #expect(null.short == ["failed bob@d1.test 551 <>"])
    let later = try story([
      failure("02:11:21", a), failure("02:11:21", a, "eva@d1.test", sender: "alice@acme.example"),
    ])
    #expect(later.section(.failures).contains("sender acme.example 2 of 2"))
  }

  @Test func `calls a sender unknown that no line tells`() throws {
    let story = try story([failure("02:11:21", a), completion("02:11:22", a)])
    #expect(story.section(.failures).contains("sender (unknown) 1 of 1"))
    #expect(story.events.map(\.sender) == [nil])
    #expect(story.events.map(\.senderDomain) == ["(unknown)"])
  }

  @Test func `has words for senders without a domain`() throws {
    let story = try story([
      arrival("02:11:20", a, "<>"), failure("02:11:21", a), arrival("02:11:20", b, "root"),
      failure("02:11:21", b),
    ])
    #expect(story.section(.failures).contains("sender <> 1 of 1"))
    #expect(story.section(.failures).contains("sender (none) 1 of 1"))
    #expect(story.events.map(\.sender) == ["<>", "root"])
  }

  /// A log may begin and end anywhere: every failure whose line is there counts once.
  @Test func `loses no failure of a log that is cut at either end`() throws {
    let log = [
      arrival("02:11:20", a), arrival("02:11:20", b, "eva@bcorp.example"), failure("02:11:21", a),
      failure("02:11:21", b), bounce("02:11:22", c, of: a), completion("02:11:22", a),
      failure("02:11:23", b, "dan@d1.test"), completion("02:11:23", b), completion("02:11:24", c),
    ]
    for start in 0...log.count {
      for end in start...log.count {
        let part = Array(log[start..<end])
        let failures = part.filter { $0.contains(" ** ") }
        let unknown = failures.filter { line in
          !part.contains(arrival("02:11:20", a)) && line.contains(a)
            || !part.contains(arrival("02:11:20", b, "eva@bcorp.example")) && line.contains(b)
        }
        let story = try story(part)
        #expect(story.figures.contains("failed \(failures.count)"))
        let section = story.section(.failures)
        if !failures.isEmpty { #expect(section.contains("total \(failures.count)")) }
        if !unknown.isEmpty {
          #expect(section.contains("sender (unknown) \(unknown.count) of \(unknown.count)"))
        }
        #expect(story.events.count(where: { $0.kind == .failed }) == failures.count)
      }
    }
  }

  @Test func `counts a failure once, however often its line is logged`() throws {
    let story = try story([
      arrival("02:11:20", a, "<>"), failure("02:11:21", a), failure("03:11:21", a),
      failure("04:11:21", a),
    ])
    let section = story.section(.failures)
    #expect(section.contains("total 1"))
    #expect(section.contains("attempts 3"))
    #expect(section.contains("host mx1.d1.test 1 of 1"))
    #expect(
      section.contains(
        "pair mx1.d1.test <> 1 2026-11-24T02:11:21+00:00 2026-11-24T04:11:21+00:00"))
    #expect(story.figures.contains("failed 1"))
    #expect(story.figures.contains("tried 1"))
    #expect(story.events.map(\.attempts) == [1, 2, 3])
    #expect(Set(story.events.map(\.eventID)).count == 3)
  }

  @Test(arguments: [1, 7, 8, 9, 10, 500])
  func `counts each of a message's recipients once`(recipients: Int) throws {
    let addresses = (1...recipients).map { "r\($0)@d1.test" }
    let lines =
      [arrival("02:11:20", a)] + addresses.map { failure("02:11:21", a, $0) }
      + addresses.reversed().map { failure("02:11:22", a, $0) }
    // Enough other messages end that the first is forgotten, and its memory used again.
    let others = (0..<(Correlator.grace + 50)).flatMap { number in
      let id = "1other-\(String(100_000 + number))-00"
      return [arrival("02:11:23", id), failure("02:11:23", id), completion("02:11:23", id)]
    }
    let story = try story(lines + [completion("02:11:22", a)] + others + lines)
    let total = recipients * 2 + Correlator.grace + 50
    #expect(story.figures.contains("failed \(total)"))
    #expect(story.section(.failures).contains("total \(total)"))
    #expect(story.section(.failures).contains("attempts \(total + recipients * 2)"))
  }

  @Test func `counts a recipient at each host that refused it`() throws {
    let story = try story([
      arrival("02:11:20", a), failure("02:11:21", a),
      failure("02:11:22", a, host: "mx2.d1.test [127.0.1.2]"),
    ])
    let section = story.section(.failures)
    #expect(section.contains("total 1"))
    #expect(section.contains("attempts 2"))
    #expect(section.contains("host mx1.d1.test 1 of 1"))
    #expect(section.contains("host mx2.d1.test 1 of 1"))
    #expect(section.contains("sender acme.example 1 of 1"))
  }

  @Test func `never counts a 551 of a host that was only tried`() throws {
    let attempt = line(
      "02:11:21", a,
      "H=mx0.d1.test [127.0.1.9]: SMTP error from remote mail server after initial connection: 551 go away"
    )
    let delivered = try story([arrival("02:11:20", a), attempt, delivery("02:11:22", a)])
    #expect(delivered.section(.failures) == [])
    #expect(delivered.events.isEmpty)
    let failed = try story([
      arrival("02:11:20", a), attempt,
      line(
        "02:11:21", a,
        "** bob@d1.test R=all T=rs H=mx0.d1.test [127.0.1.9]: SMTP error from remote mail server after initial connection: 551 go away"
      ),
    ])
    #expect(failed.section(.failures).contains("total 1"))
    #expect(failed.section(.failures).contains("attempts 1"))
    #expect(failed.events.map(\.command) == [.connect])
  }

  @Test func `never counts another code that quotes 551`() throws {
    let story = try story([
      arrival("02:11:20", a), failure("02:11:21", a, reply: "550 551 not our customer"),
      deferral("02:11:21", a, "eva@d1.test", reply: "451 4.7.1 551 later"),
      line("02:11:21", a, "=> dan@d1.test R=all T=rs H=mx [192.0.2.1] C=\"250 551 ok\" QT=551s"),
      line("02:11:21", a, "** gus@d1.test R=x: Unrouteable address 551"),
    ])
    #expect(story.section(.failures) == [])
    #expect(story.section(.deferrals) == [])
    #expect(story.section(.local) == [])
    #expect(story.events.isEmpty)
    #expect(story.figures.contains("failed 2"))
  }

  @Test func `keeps what this host decided apart`() throws {
    let story = try story([
      arrival("02:11:20", a), line("02:11:21", a, "** x@fail.example R=failr : 551 User not local"),
    ])
    #expect(story.section(.failures) == [])
    #expect(story.section(.local).contains("total 1"))
    #expect(!story.section(.local).contains { $0.hasPrefix("host ") })
    #expect(story.events.map(\.origin) == [.local])
    #expect(story.events.map(\.remoteHost) == [nil])
  }

  /// What a program wrote that was asked to deliver, and what Postfix calls it.
  @Test(arguments: [
    ("SOFTBOUNCE (user unknown. Command output: 551 User not local )", 1),
    ("deferred (temporary failure. Command output: 551 backend down )", 0),
  ])
  func `tells a failure that soft_bounce keeps from a temporary one`(
    status: String, count: Int
  ) throws {
    let story = try story([
      "Nov 24 02:19:44 mx1 postfix/qmgr[185]: C16E6F78189: from=<a@acme.example>, size=324, nrcpt=1 (queue active)",
      "Nov 24 02:19:44 mx1 postfix/pipe[487]: C16E6F78189: to=<u5@p.test>, relay=backend, delay=0.01, delays=0/0/0/0, dsn=4.3.0, status=\(status)",
    ])
    #expect(story.section(.local).contains("total 1") == (count == 1))
    #expect(story.section(.deferrals) == [])
    #expect(story.figures.contains("deferred 1"))
  }

  @Test func `counts each refusal and each callout on a line without an id`() throws {
    let refusal =
      "2026-11-24 02:12:21 +0000 H=mail.client.example (x) [192.0.2.3] F=<ext@remote.example> rejected RCPT <a@nope.example>: 551 5.7.1 not our customer"
    let callout =
      "2026-11-24 02:12:21 +0000 H=(client.example) [192.0.2.4] F=<ext@remote.example> rejected RCPT <a@ver.example>: mx1.d3.test [127.0.1.3] : SMTP error from remote mail server after RCPT TO:<a@ver.example>: 551 not our customer"
    let story = try story([refusal, refusal, callout])
    #expect(story.section(.refusals).contains("total 2"))
    #expect(story.section(.refusals).contains("host mail.client.example 2 of 0"))
    #expect(story.section(.callouts).contains("total 1"))
    #expect(story.section(.callouts).contains("host mx1.d3.test 1 of 0"))
    #expect(story.section(.callouts).contains("sender remote.example 1 of 0"))
    #expect(story.section(.failures) == [])
    #expect(story.figures.contains("rejected 2"))
    #expect(story.events.map(\.kind) == [.rejected, .rejected, .callout])
    #expect(story.messages == 0)
  }

  @Test func `takes the sender that an administrator set`() throws {
    let story = try story([
      arrival("02:11:20", a),
      line("02:11:21", a, "sender address changed to <new@x.example> by root"),
      failure("02:11:22", a),
    ])
    #expect(story.section(.failures).contains("sender x.example 1 of 1"))
    #expect(story.events.map(\.sender) == ["new@x.example"])
  }

  @Test func `knows a message after its end`() throws {
    let story = try story([
      arrival("02:11:20", a), completion("02:11:21", a), failure("02:11:21", a),
    ])
    #expect(story.section(.failures).contains("sender acme.example 1 of 1"))
  }

  @Test func `takes one id on two machines, or of two instances, for two messages`() throws {
    func syslog(_ host: String, _ tag: String, _ text: String) -> String {
      "2026-11-24T02:11:20+00:00 \(host) \(tag)[1]: \(text)"
    }
    let story = try story([
      syslog("mx1", "exim", "\(a) <= x@one.example H=(c) [192.0.2.9] P=esmtp S=3"),
      syslog("mx2", "exim", "\(a) <= x@two.example H=(c) [192.0.2.9] P=esmtp S=3"),
      syslog("mx1", "exim-in", "\(a) <= x@three.example H=(c) [192.0.2.9] P=esmtp S=3"),
      syslog("mx2", "exim", String(failure("02:11:21", a).dropFirst(26))),
      syslog("mx1", "exim", String(failure("02:11:21", a).dropFirst(26))),
      syslog("mx1", "exim-in", String(failure("02:11:21", a).dropFirst(26))),
    ])
    #expect(story.messages == 3)
    #expect(story.events.map(\.edge) == ["mx2", "mx1", "mx1"])
    #expect(story.events.map(\.senderDomain) == ["two.example", "one.example", "three.example"])
    #expect(story.section(.failures).contains("total 3"))
  }

  @Test func `tells ids apart by case`() throws {
    let story = try story([
      arrival("02:11:20", "1xVg0A-0006Kj-05", "x@one.example"),
      arrival("02:11:20", "1xVg0a-0006Kj-05", "x@two.example"),
      failure("02:11:21", "1xVg0a-0006Kj-05"),
    ])
    #expect(story.messages == 2)
    #expect(story.section(.failures).contains("sender two.example 1 of 1"))
  }
}

@Suite struct `Retries that give up` {
  static func expiry(_ clock: String, _ text: String = "retry timeout exceeded") -> String {
    line(clock, a, "** bob@d1.test: \(text)")
  }

  @Test(arguments: [
    "retry timeout exceeded",
    "all hosts for 'd1.test' have been failing for a long time (and retry time not reached)",
  ])
  func `have the last answer as their cause`(text: String) throws {
    let story = try story(
      [
        arrival("02:11:20", a), deferral("02:11:21", a, reply: "450 4.2.0 greylisted"),
        deferral("03:11:21", a, reply: "551 5.7.1 later", host: "mx2.d1.test [127.0.1.2]:26"),
        line("04:11:21", a, "== bob@d1.test routing defer (-52): retry time not reached"),
        Self.expiry("05:11:21", text), completion("05:11:21", a),
      ], settings: { $0.events = [.failed] })
    #expect(story.section(.failures) == [])
    #expect(story.section(.expired).contains("total 1"))
    #expect(story.section(.expired).contains("code 551 1"))
    #expect(story.section(.expired).contains("reply later 1"))
    #expect(story.section(.expired).contains("host mx2.d1.test 1 of 1"))
    try #require(story.events.count == 1)
    let event = story.events[0]
    #expect(event.origin == .expired)
    #expect(event.reply?.code == 551)
    #expect(event.reply?.enhanced?.description == "5.7.1")
    #expect(event.value(named: "reply") == "later")
    #expect(event.remoteHost == "mx2.d1.test")
    #expect(event.remoteIP == "127.0.1.2")
    #expect(event.remotePort == 26)
    #expect(event.command == .rcptTo)
    #expect(event.sender == "alice@acme.example")
  }

  @Test func `have the host that was tried last where none answered`() throws {
    let story = try story(
      [
        arrival("02:11:20", a),
        line(
          "02:11:21", a,
          "== bob@d1.test R=all T=rs defer (110): Connection timed out H=mx1.d1.test [127.0.1.1]"),
        line(
          "03:11:21", a,
          "== bob@d1.test R=all T=rs defer (-18) H=mx2.d1.test [127.0.1.2]: Remote host closed connection"
        ),
        line(
          "04:11:21", a,
          "== bob@d1.test R=all T=rs defer (-54): retry time not reached for any host"),
        Self.expiry("05:11:21"),
      ], codes: ["all"], settings: { $0.events = [.failed] })
    #expect(story.section(.expired).contains("host mx2.d1.test 1 of 1"))
    #expect(story.section(.expired).contains("code - 1"))
    try #require(story.events.count == 1)
    #expect(story.events[0].remoteHost == "mx2.d1.test")
    #expect(story.events[0].remoteIP == "127.0.1.2")
    #expect(story.events[0].reply == nil)
  }

  @Test func `have no code where no answer was logged`() throws {
    let story = try story([arrival("02:11:20", a), Self.expiry("05:11:21")], codes: ["all"])
    #expect(story.section(.expired).contains("code - 1"))
    #expect(story.events.map { $0.reply?.code } == [nil])
    #expect(story.events.map(\.remoteHost) == [nil])
    #expect(try self.story551().isEmpty)
  }

  private func story551() throws -> [String] {
    try story([arrival("02:11:20", a), Self.expiry("05:11:21")]).section(.expired)
  }

  @Test func `do not take another recipient's answer`() throws {
    let story = try story([
      arrival("02:11:20", a), deferral("02:11:21", a, "eva@d1.test", reply: "551 later"),
      Self.expiry("05:11:21"),
    ])
    #expect(story.section(.expired) == [])
    #expect(story.section(.deferrals).contains("total 1"))
  }
}

@Suite struct `Bounces` {
  @Test func `tell the sender, in either order of the lines`() throws {
    let lines = [arrival("02:11:20", a), failure("02:11:21", a), bounce("02:11:22", b, of: a)]
    // A bounce that comes behind the failure and before the sender is known gets lost.
    let lost = [lines[1], lines[2], lines[0]]
    for order in permutations(lines) where order != lost { try check(order) }
    try check(lost)
    try check([lines[1], lines[2]])
    let notice = try #require(try story(lines).events.last)
    #expect(notice.sender == "alice@acme.example")
    #expect(notice.arrivedAt?.rfc3339 == "2026-11-24T02:11:20+00:00")
  }

  private func check(_ lines: [String]) throws {
    let story = try story(lines)
    let notices = story.events.filter { $0.kind == .notified }
    #expect(story.events.map(\.kind) == [.failed, .notified], "\(lines)")
    #expect(notices.map(\.messageID) == [a], "\(lines)")
    #expect(notices.map(\.bounceID) == [b], "\(lines)")
    #expect(notices.map(\.time.rfc3339) == ["2026-11-24T02:11:22+00:00"], "\(lines)")
  }

  @Test func `are told apart from warnings about a delay and from automatic answers`() throws {
    let delayed = [
      arrival("02:11:20", a), deferral("02:11:21", a, reply: "551 later"),
      bounce("06:11:22", b, of: a),
    ]
    #expect(try story(delayed).events.map(\.kind) == [.deferred])
    #expect(try story(delayed, codes: ["all"]).events.map(\.kind) == [.deferred])
    let failed = delayed + [failure("08:11:21", a), bounce("08:11:22", c, of: a)]
    let events = try story(failed).events
    #expect(events.map(\.kind) == [.deferred, .failed, .notified])
    #expect(events.last?.bounceID == c)
    // Of the two recipients one has failed; the other is warned of later.
    let both = [
      arrival("02:11:20", a), failure("02:11:21", a),
      deferral("02:11:21", a, "eva@d2.test", reply: "451 later"), bounce("02:11:22", b, of: a),
      deferral("06:11:21", a, "eva@d2.test", reply: "451 later"), bounce("06:11:22", c, of: a),
    ]
    for order in [both, Array(both[1...]), [both[0], both[2], both[1]] + both[3...]] {
      for isStreaming in [false, true] {
        let story = try story(order) { $0.isStreaming = isStreaming }
        let notices = story.events.filter { $0.kind == .notified }
        #expect(notices.map(\.bounceID) == [b])
      }
    }
    // Bounces to several addresses (errors_to) come together.
    let several = try story(Array(both[..<4]) + [bounce("02:11:22", c, of: a)]).events
    #expect(several.map(\.bounceID) == [nil, b, c])
    let answered = [arrival("02:11:20", a), delivery("02:11:21", a), bounce("02:11:22", b, of: a)]
    #expect(try story(answered, codes: ["all"]).events.allSatisfy { $0.kind == .delivered })
  }

  @Test func `of other failures are not shown`() throws {
    let lines = [
      arrival("02:11:20", a), failure("02:11:21", a, reply: "550 no such user"),
      bounce("02:11:22", b, of: a),
    ]
    #expect(try story(lines).events.isEmpty)
    #expect(try story(lines, codes: ["5xx"]).events.map(\.kind) == [.failed, .notified])
    #expect(
      try story(lines, settings: { $0.showsEveryCode = true }).events.map(\.kind)
        == [.failed, .notified])
  }

  @Test func `of a message whose beginning is not there are shown with all failures`() throws {
    let lines = [
      failure("02:11:21", a, reply: "550 no such user"), bounce("02:11:22", b, of: a),
      completion("02:11:22", a),
    ]
    for isStreaming in [false, true] {
      let all = try story(lines) {
        $0.showsEveryCode = true
        $0.isStreaming = isStreaming
      }
      #expect(all.events.map(\.kind) == [.failed, .notified])
      #expect(try story(lines, settings: { $0.isStreaming = isStreaming }).events.isEmpty)
    }
    // What was not asked for does not make it a notice of what was.
    let later = try story(lines + [failure("02:11:23", a, "eva@d2.test")]).events
    #expect(later.map(\.kind) == [.failed, .notified])
    #expect(
      try story(lines + [arrival("02:11:20", a)], settings: { $0.showsEveryCode = true }).events
        .map(\.kind) == [.failed, .notified])
  }

  @Test func `whose message is not in the log are shown only among all events`() throws {
    let lines = [bounce("02:11:22", b, of: a), delivery("02:11:23", b, "alice@acme.example")]
    #expect(try story(lines).events.isEmpty)
    let all = try story(lines, codes: ["all"], settings: { $0.showsEveryCode = true }).events
    #expect(all.map(\.kind) == [.notified, .delivered])
    #expect(all.first?.messageID == a)
    #expect(all.last?.parentID == a)
    #expect(all.last?.senderDomain == "<>")
  }

  @Test func `from elsewhere tell nothing of a message here`() throws {
    let story = try story([
      arrival("02:11:20", a, "<>"), delivery("02:11:22", a), completion("02:11:23", a),
    ])
    #expect(story.events.isEmpty)
  }
}

@Suite struct `Many messages` {
  static func id(of number: Int) -> String {
    let digits = String(number)
    return "1xW000-" + String(repeating: "0", count: 6 - digits.count) + digits + "-00"
  }

  @Test func `between its lines change nothing of a message`() throws {
    let own = [
      arrival("02:11:20", a), failure("02:11:21", a),
      deferral("02:11:22", a, "eva@d1.test", reply: "551 x"),
      failure("02:11:23", a, "eva@d1.test"), completion("02:11:24", a),
    ]
    let alone = try story(own)
    var lines: [String] = []
    var number = 0
    for line in own {
      lines.append(line)
      for _ in 0..<1500 {
        let id = Self.id(of: number)
        number += 1
        lines.append(arrival("02:11:20", id, "x@other.example"))
        if number % 3 != 0 { lines.append(failure("02:11:20", id, reply: "550 no")) }
        if number % 2 == 0 { lines.append(completion("02:11:20", id)) }
      }
    }
    let among = try story(lines)
    #expect(among.events.map(\.eventID) == alone.events.map(\.eventID))
    #expect(
      among.section(.failures).filter { !$0.hasPrefix("host") }
        == alone.section(.failures).filter { !$0.hasPrefix("host") })
    #expect(among.messages == number + 1)
    #expect(among.open == number - number / 2)
    #expect(among.evicted == 0)
  }

  @Test func `beyond the capacity are forgotten, counted, and lose no failure`() throws {
    let lines = (0..<1000).map { failure("02:11:20", Self.id(of: $0)) }
    let story = try story(lines, settings: { $0.capacity = 100 })
    #expect(story.evicted == 900)
    #expect(story.messages == 1000)
    #expect(story.section(.failures).contains("total 1000"))
    #expect(story.section(.failures).contains("sender (unknown) 1000 of 1000"))
    #expect(story.events.count == 1000)
  }

  @Test(arguments: [100, 500_000], [nil, "2026-11-24T02:11:24Z "])
  func `may have no times, or some of them`(capacity: Int, stamp: String?) throws {
    // A container's log; every third message does not end, so that places are used again.
    let lines = (0..<4000).flatMap { number -> [String] in
      let id = "3AB7" + String(100_000 + number, radix: 16, uppercase: true)
      let time = number % 2 == 0 ? stamp ?? "" : ""
      let head = "mail-1  | \(time)postfix"
      let server = "relay=mx.d.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1"
      let answer = "(host mx.d.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))"
      return [
        "\(head)/qmgr[9]: \(id): from=<a@acme.example>, size=1, nrcpt=1 (queue active)",
        "\(head)/smtp[9]: \(id): to=<b@d.test>, \(server), status=bounced \(answer)",
      ] + (number % 3 == 0 ? [] : ["\(head)/qmgr[9]: \(id): removed"])
    }
    let story = try story(lines, settings: { $0.capacity = capacity })
    #expect(story.section(.failures).contains("total 4000"))
    #expect(story.section(.failures).contains("sender acme.example 4000 of 4000"))
  }

  @Test func `beyond the capacity go, the oldest first`() throws {
    let ids = (0..<150).map { Self.id(of: $0) }
    let lines =
      (0..<150).map { arrival("02:10:\(10 + $0 / 3)", ids[$0]) }
      + (0..<150).reversed().map { failure("02:11:\(10 + (149 - $0) / 3)", ids[$0]) }
    let story = try story(lines, settings: { $0.capacity = 100 })
    // Those whose sender is still known came last.
    #expect(story.section(.failures).contains("sender acme.example 100 of 100"))
    #expect(story.section(.failures).contains("sender (unknown) 50 of 50"))
    #expect(story.evicted == 50 + 50)
    #expect(story.section(.failures).contains("total 150"))
  }

  @Test func `that have ended are no loss when they are forgotten`() throws {
    let lines = (0..<1000).flatMap { number in
      let id = Self.id(of: number)
      return [arrival("02:11:20", id), failure("02:11:20", id), completion("02:11:20", id)]
    }
    let story = try story(lines, settings: { $0.capacity = 100 })
    #expect(story.evicted == 0)
    #expect(story.open == 0)
    #expect(story.section(.failures).contains("sender acme.example 1000 of 1000"))
  }
}

@Suite struct `Events` {
  static let log = [
    arrival("02:11:20", a), failure("02:11:21", a), bounce("02:11:22", b, of: a),
    completion("02:11:22", a), failure("02:11:23", c, "dan@d1.test"), delivery("02:11:24", b),
    failure("03:11:21", c, "dan@d1.test"), deferral("03:11:21", c, "eva@d1.test", reply: "551 x"),
  ]

  @Test func `have the same ids for a log in one piece or in two`() throws {
    let all: (inout Correlator.Configuration) -> Void = { $0.showsEveryCode = true }
    let whole = try story(Self.log, settings: all).events.map(\.eventID)
    #expect(whole.count == 6)
    #expect(Set(whole).count == whole.count)
    #expect(whole.allSatisfy { $0.utf8.count == 16 && $0.allSatisfy(\.isHexDigit) })
    for cut in 0...Self.log.count {
      let first = try story(Array(Self.log[..<cut]), settings: all).events
      let second = try story(Array(Self.log[cut...]), settings: all).events
      #expect(Set((first + second).map(\.eventID)) == Set(whole), "cut at \(cut)")
    }
  }

  @Test func `have other ids on another machine`() throws {
    let here = try story(Self.log).events.map(\.eventID)
    let there = try story(Self.log, settings: { $0.edge = "mx2" }).events.map(\.eventID)
    #expect(here.count == there.count)
    #expect(Set(here).isDisjoint(with: there))
  }

  @Test func `go out at once when they are streamed, or wait for the sender`() throws {
    let lines = [failure("02:11:21", a), arrival("02:11:22", a)]
    let streamed = try story(lines, settings: { $0.isStreaming = true })
    #expect(streamed.short == ["failed bob@d1.test 551 -"])
    let waited = try story(lines)
    #expect(waited.short == ["failed bob@d1.test 551 alice@acme.example"])
    #expect(streamed.figures == waited.figures)
    #expect(streamed.events.map(\.eventID) == waited.events.map(\.eventID))
  }

  @Test func `are of the kinds that were asked for`() throws {
    let none = try story(Self.log, settings: { $0.events = [] })
    #expect(none.events.isEmpty)
    let some = try story(Self.log, settings: { $0.events = [.deferred, .notified] })
    #expect(Set(some.events.map(\.kind)) == [.deferred, .notified])
    #expect(none.figures == some.figures)
  }
}
