import Aggregation
import Correlation
import MailTerms
@testable import Reporting
import TestSupport
import Testing

@Suite struct `JSON report` {
  let json: JSONValue

  init() throws { json = try JSONValue(parsing: JSONRenderer.render(report(smallLog))) }

  @Test func `is one line`() throws {
    let bytes = try JSONRenderer.render(report(smallLog))
    #expect(bytes.last == 10)
    #expect(bytes.count(where: { $0 == 10 }) == 1)
  }

  @Test func `has the members of the contract`() {
    #expect(json["schema"] == "bouncelog.report/1")
    #expect(json["generated_at"] == "2026-11-25T01:00:00+01:00")
    #expect(json["edge"] == "mx01.example.org")
    #expect(
      json["period"] == ["from": "2026-11-24T02:10:00+00:00", "to": "2026-11-24T03:20:00+00:00"])
    #expect(json["filter"] == ["code": ["551"]])
    let input = json["input"]
    #expect(input?["files"] == ["mainlog"])
    #expect(input?["bytes"]?.integer == smallLog.reduce(0) { $0 + $1.utf8.count + 1 })
    #expect(input?["lines"] == 15)
    #expect(input?["recognised"] == 14)
    #expect(input?["unrecognised"] == 1)
    #expect(input?["lost"] == 0)
    let sections = ["failures", "deferrals", "refusals", "callouts", "local"]
    for section in sections {
      let keys = [
        "total", "attempts", "by_remote_host", "by_remote_ip", "by_sender_domain", "by_pair",
        "by_recipient_domain", "by_reason", "by_reply", "by_hour",
      ]
      #expect(keys.allSatisfy { json[section]?[$0] != nil }, "\(section)")
    }
  }

  /// A (three recipients), B (two) and C (two): seven outcomes, one of them deferred; six were tried.
  @Test func `has totals of everything`() {
    #expect(
      json["totals"] == [
        "messages": 3, "tried": 6, "delivered": 2, "deferred": 1, "failed": 4, "rejected": 1,
        "in_progress": 2,
      ])
  }

  @Test func `has tables of the failures`() {
    let failures = json["failures"]
    #expect(failures?["total"] == 3)
    #expect(failures?["attempts"] == 4)
    #expect(
      failures?["by_remote_host"] == [
        ["remote_host": "mx1.d1.test", "count": 2, "tried": 3, "rate": 0.666667],
        ["remote_host": "mx.d3.test", "count": 1, "tried": 1, "rate": 1.0],
      ])
    #expect(
      failures?["by_remote_ip"] == [
        ["remote_ip": "127.0.1.1", "count": 2], ["remote_ip": "2001:db8::3", "count": 1],
      ])
    #expect(
      failures?["by_sender_domain"] == [
        ["sender_domain": "acme.example", "count": 2, "tried": 3, "rate": 0.666667],
        ["sender_domain": "bcorp.example", "count": 1, "tried": 2, "rate": 0.5],
      ])
    let pairs = failures?["by_pair"]?.elements ?? []
    #expect(pairs.map { $0["remote_host"] } == ["mx1.d1.test", "mx.d3.test"])
    #expect(pairs.map { $0["sender_domain"] } == ["acme.example", "bcorp.example"])
    #expect(pairs.map { $0["count"] } == [2, 1])
    #expect(
      pairs.map { $0["first"] } == ["2026-11-24T02:11:00+00:00", "2026-11-24T03:11:00+00:00"])
    #expect(pairs.map { $0["last"] } == ["2026-11-24T02:11:01+00:00", "2026-11-24T03:15:00+00:00"])
    #expect(
      failures?["by_recipient_domain"] == [
        ["recipient_domain": "d1.test", "count": 2], ["recipient_domain": "d3.test", "count": 1],
      ])
    #expect(
      failures?["by_reply"] == [
        ["reply": "not our customer", "count": 2], ["reply": #"say "ja" \ nein"#, "count": 1],
      ])
    #expect(
      failures?["by_hour"] == [
        ["hour": "2026-11-24T02:00:00+00:00", "count": 2],
        ["hour": "2026-11-24T03:00:00+00:00", "count": 1],
      ])
    let reasons = failures?["by_reason"]?.elements ?? []
    #expect(reasons.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } == 3)
  }

  @Test func `never mixes the other sections with the failures`() {
    #expect(json["deferrals"]?["total"] == 1)
    #expect(json["deferrals"]?["by_remote_host"]?[0]?["remote_host"] == "mx1.d1.test")
    #expect(json["deferrals"]?["by_sender_domain"]?[0]?["sender_domain"] == "<>")
    #expect(json["refusals"]?["total"] == 1)
    #expect(json["refusals"]?["by_remote_host"]?[0]?["remote_host"] == "192.0.2.4")
    #expect(json["refusals"]?["by_reply"]?[0]?["reply"] == "go away")
    #expect(json["callouts"]?["total"] == 1)
    #expect(json["callouts"]?["by_remote_host"]?[0]?["remote_host"] == "mx1.d1.test")
    #expect(json["callouts"]?["by_sender_domain"]?[0]?["sender_domain"] == "r.example")
    #expect(json["local"]?["total"] == 1)
    #expect(json["local"]?["by_remote_host"] == [])
    #expect(json["local"]?["by_pair"]?[0]?["remote_host"] == .null)
    #expect(json["local"]?["by_reply"]?[0]?["reply"] == "User not local")
  }

  @Test func `has nulls where nothing was read`() throws {
    let empty = try JSONValue(parsing: JSONRenderer.render(report([])))
    #expect(empty["period"] == ["from": nil, "to": nil])
    #expect(empty["failures"]?["total"] == 0)
    #expect(empty["failures"]?["by_pair"] == [])
    #expect(empty["totals"]?["tried"] == 0)
  }

  @Test func `sorts rows by count, then by name`() throws {
    let lines = [("A", "z.test"), ("B", "a.test"), ("C", "m.test"), ("D", "m.test")].flatMap {
      id, host in
      [
        arrival("02:10:00", id, "x@x.example"),
        failure("02:11:00", id, "b@c.test", "\(host) [192.0.2.1]", "551 no"),
      ]
    }
    let json = try JSONValue(parsing: JSONRenderer.render(report(lines)))
    let hosts = json["failures"]?["by_remote_host"]?.elements ?? []
    #expect(hosts.map { $0["remote_host"] } == ["m.test", "a.test", "z.test"])
  }

  @Test func `has a table of the dimensions that were asked for`() throws {
    let json = try JSONValue(
      parsing: JSONRenderer.render(
        report(smallLog, by: [.recipientDomain, .code, .hour, .sender, .edge])))
    #expect(
      json["failures"]?["by_group"] == [
        [
          "recipient_domain": "d1.test", "code": 551, "hour": "2026-11-24T02:00:00+00:00",
          "sender": "alice@acme.example", "edge": "mx01.example.org", "count": 2,
        ],
        [
          "recipient_domain": "d3.test", "code": 551, "hour": "2026-11-24T03:00:00+00:00",
          "sender": "root@bcorp.example", "edge": "mx01.example.org", "count": 1,
        ],
      ])
  }

  @Test func `escapes what strangers wrote`() throws {
    let hostile = "\"\\\u{1}\u{1B}[31m\t\u{7F}\u{202E}\u{FFFD}</script>ü日"
    let bytes = try JSONRenderer.render(report(smallLog, edge: hostile, file: hostile))
    #expect(!bytes.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
    let json = try JSONValue(parsing: bytes)
    #expect(json["edge"] == .string(hostile))
    #expect(json["input"]?["files"]?[0] == .string(hostile))
  }
}

@Suite struct `JSON event` {
  @Test func `has every field in the order of the contract`() {
    var event = MailEvent(
      kind: .failed, time: LogTime(microseconds: 1_795_486_296_934_000, utcOffset: 3600),
      edge: "mx01.example.org", mta: .exim)
    event.eventID = "0123456789abcdef"
    event.messageID = "1xVg0C-0006Kj-05"
    event.origin = .remote
    event.sender = "Alice@Acme.Example"
    event.recipient = "bob@D1.test"
    event.originalRecipient = "list@d9.test"
    event.remoteHost = "mx1.d1.test"
    event.remoteIP = "192.0.2.1"
    event.remotePort = 25
    event.command = .rcptTo
    event.reply = Reply(raw: Array(#"551-5.7.1 a\n551 5.7.1 b"#.utf8)[...])
    event.arrivedAt = LogTime(microseconds: 1_795_486_290_000_000, utcOffset: 3600)
    event.clientHost = "host.example"
    event.clientIP = "192.0.2.9"
    event.authenticatedUser = "alice"
    event.size = 300
    event.headerMessageID = "1@x"
    event.subject = "\"hi\"\n"
    event.attempts = 2
    event.reason = .userMoved
    event.nature = .hard
    event.forwardPath = "bob@new.test"
    #expect(
      String(decoding: JSONRenderer.render(event), as: UTF8.self) == #"""
        {"schema":"bouncelog.event/1","event":"failed","event_id":"0123456789abcdef","time":"2026-11-24T03:11:36.934+01:00","edge":"mx01.example.org","mta":"exim","message_id":"1xVg0C-0006Kj-05","origin":"remote","sender":"Alice@Acme.Example","sender_domain":"acme.example","recipient":"bob@D1.test","recipient_domain":"d1.test","original_recipient":"list@d9.test","remote_host":"mx1.d1.test","remote_ip":"192.0.2.1","remote_port":25,"command":"RCPT TO","code":551,"enhanced":"5.7.1","reply":"a b","reason":"user-moved","nature":"hard","forward_path":"bob@new.test","arrived_at":"2026-11-24T03:11:30+01:00","client_host":"host.example","client_ip":"192.0.2.9","authenticated_user":"alice","size":300,"header_message_id":"1@x","subject":"\"hi\"\n","parent_id":null,"bounce_id":null,"remote_queue_id":null,"attempts":2,"lines":1}

        """#)
  }

  @Test func `has nulls for what is not known`() throws {
    let event = MailEvent(kind: .notified, time: .unknown, edge: "mx", mta: .postfix)
    let json = try JSONValue(parsing: JSONRenderer.render(event))
    #expect(json["event"] == "notified")
    #expect(json["mta"] == "postfix")
    for key in [
      "time", "message_id", "origin", "sender", "recipient", "recipient_domain",
      "original_recipient", "remote_host", "remote_ip", "remote_port", "command", "code",
      "enhanced",
      "reply", "forward_path", "arrived_at", "client_host", "client_ip", "authenticated_user",
      "size",
      "header_message_id", "subject", "parent_id", "bounce_id", "remote_queue_id",
    ] {
      #expect(json[key] == .null, "\(key)")
    }
    #expect(json["sender_domain"] == "(unknown)")
    #expect(json["attempts"] == 1)
  }

  /// Shares and small numbers are written digit by digit, in the form in which Swift writes a number.
  @Test func `writes numbers as they are written elsewhere`() {
    for millionths in [0, 1, 99, 100, 101, 999, 1000, 123_456, 500_000, 999_999, 1_000_000] {
      let rate = Double(millionths) / 1_000_000
      for nearby in [rate, rate.nextUp, rate + 0.000_000_4, max(0, rate - 0.000_000_4)] {
        var json = JSONWriter()
        json.value(rate: nearby)
        #expect(json.bytes == Array("\((nearby * 1_000_000).rounded() / 1_000_000)".utf8))
      }
    }
    for number in [-10, -1, 0, 1, 9, 10, 99, .max, .min] {
      var json = JSONWriter()
      json.value(number)
      #expect(json.bytes == Array("\(number)".utf8))
    }
  }

  @Test func `is valid JSON whatever bytes a reply has`() throws {
    for byte in UInt8.min ... .max {
      var event = MailEvent(kind: .failed, time: .unknown, edge: "mx", mta: .exim)
      event.reply = Reply(raw: Array("551 <".utf8) + [byte] + Array("\u{2028}>".utf8)[...])
      let bytes = JSONRenderer.render(event)
      #expect(bytes.count(where: { $0 < 0x20 }) == 1)
      let text = byte < 0x80 ? String(Unicode.Scalar(byte)) : "\u{FFFD}"
      #expect(try JSONValue(parsing: bytes)["reply"] == .string("<\(text)\u{2028}>"))
    }
  }
}
