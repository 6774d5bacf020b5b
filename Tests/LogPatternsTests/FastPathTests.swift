import MailTerms
import PatternFiles
import TestSupport
import Testing

@testable import LogPatterns

/// Lines read by hand give what their patterns give: the same rule, the same fields.
@Suite struct FastPathTests {
  private let catalog: PatternCatalog
  private let lines: [[UInt8]]

  init() throws {
    catalog = try PatternCatalog(files: PatternFolders.files(overlaidBy: []))
    var lines: [String] = []
    for entry in catalog.entries {
      lines += entry.step.samples.map(\.line) + entry.step.nearMisses.map(\.line)
    }
    for file in catalog.files {
      for aCase in file.cases { lines += aCase.log.split(separator: "\n").map(String.init) }
    }
    self.lines = lines.map { Array($0.utf8) }
  }

  private func parser(byHand: Bool) -> RecordParser {
    RecordParser(
      catalog: catalog, clock: TimeReader(reference: 1_764_000_000), readsByHand: byHand,
      keepsChain: true)
  }

  /// A difference between the two ways, as a sentence; nil where there is none.
  private func difference(
    _ line: [UInt8], _ fast: inout RecordParser, _ slow: inout RecordParser
  ) -> String? {
    let a = fast.record(of: line.span)
    let b = slow.record(of: line.span)
    let text = String(decoding: line, as: UTF8.self)
    guard let a, let b else {
      return (a == nil) == (b == nil) ? nil : "recognised by one way only: \(text)"
    }
    if fast.chain != slow.chain { return "other patterns: \(text)" }
    if a.kind != b.kind || a.origin != b.origin || a.time != b.time || a.stepStart != b.stepStart {
      return "another record: \(text)"
    }
    for field in Field.allCases where a[field] != b[field] {
      return "\(field.name) is \(a[field].range), not \(b[field].range): \(text)"
    }
    return nil
  }

  @Test func `reads something by hand with the built-in patterns`() {
    let fast = FastPath(catalog)
    let steps = [
      fast.frame, fast.received, fast.delivered, fast.failedAddress, fast.failedByReply,
      fast.deferredAddress, fast.deferredByReply, fast.deferredHere, fast.completed,
    ]
    #expect(!steps.contains(nil))
    #expect(fast.answers > 0 && fast.failures > 0 && fast.deferrals > 0)
    let postfix = fast.postfix
    let ofPostfix = [
      postfix.syslog, postfix.syslogISO, postfix.queueID, postfix.clientNoise, postfix.client,
      postfix.messageID, postfix.sender, postfix.removed, postfix.delivery, postfix.sentByReply,
    ]
    #expect(!ofPostfix.contains(nil))
    #expect(postfix.tagged > 0 && postfix.sent > 0 && postfix.bounced > 0 && postfix.deferred > 0)
  }

  @Test func `gives the same record for every sample, near miss and case`() {
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    for line in lines { #expect(difference(line, &fast, &slow) == nil) }
  }

  @Test(arguments: 0..<8) func `gives the same record for altered lines`(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    let bits = [
      " ", ":", ": ", " : ", "\"", " <\"", " <a\\ b@x.test>", "<", ">", "(", "[", "]", "@", "\\",
      "|", "/", "=", " H=", " R=",
      " T=", " DT=1s", "R=1xVg0C-0006Kj-05", "\\n", "\n", "\u{0}", "é", "551 ", "551-",
      "host x [1.2.3.4]: ",
      " F=<>", " F=<a@b>", " P=<a@b>", " I=[192.0.2.9]:25", " I=[192.0.2.9]39000",
      " X=TLS1.3:A:256 CV=yes", ".551",
      " +0000", " [551]",
      " QT=1s", " DN=\"a\"", " C=\"250 ok\"", " S=12", ":25", "*", "defer (-44)", " defer",
      " defer (no)", "**", "==", "<=", "=>", "Completed",
      "****", "/", "[551]: ", "mx1 ", "]: ", "Nov 24 02:11:24 ", "Nov  4 02:11:24 ",
      "2026-11-24T02:11:24.551+00:00 ", "stdout F ", "INFO ", "mail.info ", "[ID 551 mail.info] ",
      "postfix/smtp[551]: ", "4F9D195432C: ", "3PvXkh2Lz5zNqb1: ", "to=<", "from=<", ">, ",
      "relay=",
      "none", "orig_to=<a@b>, ", ", dsn=5.5.1", "status=", "status=sent (",
      " queued as 4F9D195432C",
      "removed", "client=", ", orig_queue_id=4F9D195432C", "message-id=", "connect from ",
      ", nrcpt=1",
      ", size=551", " (queue active)", "forwarded as ", ")", "(", "(in reply to RCPT TO command)",
    ].map { Array($0.utf8) }
    for _ in 0..<8000 {
      var line = lines[random.next(below: lines.count)]
      for _ in 0..<(1 + random.next(below: 3)) where !line.isEmpty {
        let at = random.next(below: line.count)
        switch random.next(below: 5) {
        case 0: line.remove(at: at)
        case 1: line.insert(contentsOf: bits[random.next(below: bits.count)], at: at)
        case 2: line[at] = UInt8(truncatingIfNeeded: random.next())
        case 3: line.removeSubrange(at...)
        default:
          let other = lines[random.next(below: lines.count)]
          let from = random.next(below: other.count)
          line.replaceSubrange(at..., with: other[from...])
        }
      }
      let found = difference(line, &fast, &slow)
      #expect(found == nil)
    }
  }

  @Test(arguments: [
    (
      "exim", "=>", "quiet@",
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 => quiet@x.test R=r T=t H=h [192.0.2.1]"
    ),
    (
      "postfix", "to=", "to=<quiet@",
      "Nov 24 02:11:24 mx1 postfix/smtp[1]: 4F9D195432C: to=<quiet@x.test>, relay=h[192.0.2.1]:25, delay=1, status=sent (250 ok)"
    ),
    (
      "postfix", "sent", "250 quiet",
      "Nov 24 02:11:24 mx1 postfix/smtp[1]: 4F9D195432C: to=<a@x.test>, relay=h[192.0.2.1]:25, delay=1, status=sent (250 quiet)"
    ),
    (
      "postfix", "/", "connect ",
      "Nov 24 02:11:24 mx1 postfix/smtpd[1]: connect from quiet[192.0.2.1]"
    ),
    ("postfix", "/", "4F9D", "Nov 24 02:11:24 mx1 postfix/qmgr[1]: 4F9D195432C: removed"),
  ])
  func `a rule of the user's goes before what is read by hand`(
    mta: String, key: String, regex: String, text: String
  ) throws {
    let file = """
      mta = "\(mta)"
      [[rule]]
      name = "mine"
      key = "\(key)"
      event = "lost"
      regex = '''\(regex.replacing(" ", with: "\\ "))'''
      [[rule.sample]]
      line = '''\(text)'''
      expect = { event = "lost" }
      """
    let mine = try PatternFileReader.read(name: "mine.toml", path: "mine.toml", text: file)
    let catalog = try PatternCatalog(files: [mine] + PatternFolders.files(overlaidBy: []))
    let builtIn = try PatternCatalog(files: PatternFolders.files(overlaidBy: []))
    let line = Array(text.utf8)
    var overlaid = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    var plain = RecordParser(catalog: builtIn, clock: TimeReader(reference: 1_795_564_800))
    let record = overlaid.record(of: line.span)
    let without = plain.record(of: line.span)
    #expect(record?.kind == .lost)
    #expect(without != nil)
    #expect(without?.kind != .lost)
  }

  /// What tells that a line is of the machine and instance of another one tells it of no other line.
  @Test func `gives lines one source for one machine and instance`() {
    var fast = parser(byHand: true)
    var named: [UInt64: [String?]] = [:]
    var known = 0
    let texts = [
      "4F9D195432C: removed", "4F9D195432C: host mx.test[192.0.2.1] said: 450 later", "x",
    ]
    for round in 0..<2000 {
      let machine = ["mx1", "mx2", "mx", "mx1.rather-long-name.example.org", "10.0.0.1"][round % 5]
      let instance = ["postfix", "postfix-out", "postfix2"][round / 5 % 3]
      let stamp = ["Nov 24 02:11:24", "2026-11-24T02:11:24.551934+01:00"][round / 15 % 2]
      let line = Array("\(stamp) \(machine) \(instance)/smtp[551]: \(texts[round % 7 % 3])".utf8)
      guard let record = fast.record(of: line.span), record.sourceHash != 0 else { continue }
      let view = RecordView(record, line: line.span)
      let source = [view.text(.edge), view.text(.instance)]
      #expect(named[record.sourceHash, default: source] == source)
      named[record.sourceHash] = source
      known += 1
    }
    #expect(named.count == 9, "\(named.values)")
    #expect(Set(named.values.map { "\($0)" }).count == named.count)
    #expect(known > 500)
  }

  /// Lines that a rule's scanner takes, each part of which may be there or not.
  @Test func `gives the same record for every form of Postfix's lines`() {
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    let stamps = [
      "Nov 24 02:11:24", "Nov  4 02:11:24", "Nov 04 02:11:60", "Nov 31 02:11:24", "nov 24 02:11:24",
      "Nov 24 02:11:24.551", "2026-11-24T02:11:24+00:00", "2026-11-24T02:11:24.551934Z",
      "2026-11-24T02:11:24,5+0100", "2026-11-24 02:11:24", "2026-13-24T02:11:24+00:00",
      "2026-11-24T02:11:24.551934+01:00", "2026-11-24T02:11:59.000001+01:00",
      "2026-11-24T02:11:60.551934+01:00", "2026-11-24T02:11:24,551934+01:00",
      "2026-11-24T02:11:24.55193x+01:00", "2026-11-24T02:11:24.551934-03:30",
      "2026:11:24T02:11:24.551934+01:00", "2026-11-24-02:11:24.551934+01:00",
    ]
    let machines = [
      "mx1 ", "mx1.example.org ", "mx1.rather-long-name.example.org ", "std1 ", "MX1 ", "10.0.0.1 ",
      "mx1  ", "mx1: ", "", "mail.info ",
    ]
    let tags = [
      "postfix/smtp[551]: ", "postfix/smtp: ", "postfix-out/submission/smtpd[1]: ",
      "post.fix/smtp[1]: ",
      "postfix/smtp[12345678901]: ", "postfix[1]: ", "postfix/smtp[1]: [ID 1 mail.info] ",
    ]
    let texts = [
      "4F9D195432C: removed", "4F9D195432C: removed (by hand)", "4F9D19543_C: removed",
      "4F9D1: removed",
      "3PvXkh2Lz5zNqb1: removed", "3PvXkh2LzAzNqb1: removed", "4F9D195432C4F9D195432C4: removed",
      "NOQUEUE: removed", "4F9D195432C:removed", "4F9D195432C: ",
      "4F9D195432C: from=<a@b.test>, size=551, nrcpt=1 (queue active)",
      "4F9D195432C: from=<>, size=551, nrcpt=1 (queue active)",
      "4F9D195432C: from=<a@b.test>, size=551, nrcpt=1", "4F9D195432C: from=<a@b.test>, size=551",
      "4F9D195432C: from=<a@b.test>, size=551, nrcpt=1 (queue active) x",
      "4F9D195432C: from=<a b@b.test>, size=551, nrcpt=1 (queue active)",
      "4F9D195432C: from=<a@b.test>, status=expired, returned to sender",
      "4F9D195432C: client=mx.test[192.0.2.1]", "4F9D195432C: client=mx.test[192.0.2.1]:25",
      "4F9D195432C: client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=x",
      "4F9D195432C: client=mx.test[192.0.2.1], orig_queue_id=4F9D195432D, orig_client=a[192.0.2.2]",
      "4F9D195432C: client=mx.test[unknown]", "4F9D195432C: client=[192.0.2.1]",
      "4F9D195432C: message-id=<551@b.test>", "4F9D195432C: message-id=", "4F9D195432C: message-id",
      "connect from mx.test[192.0.2.1]", "disconnect from mx.test[192.0.2.1] quit=1",
      "connect to mx.test",
      "connect from", "warning: connect from mx.test",
    ]
    for stamp in stamps {
      for machine in machines {
        for tag in tags {
          for text in texts {
            let line = Array("\(stamp) \(machine)\(tag)\(text)".utf8)
            if let found = difference(line, &fast, &slow) { Issue.record("\(found)") }
          }
        }
      }
    }
  }

  @Test func `gives the same record for every form of Postfix's deliveries`() {
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    let recipients = [
      "a@b.test", "a", "", "\"a b\"@b.test", "a b@b.test", "a>b@b.test", "a=b/c+d@b.test",
      "é@b.test",
    ]
    let originals = [
      "", "orig_to=<root>, ", "orig_to=<>, ", "orig_to=<a@c.test>, ", "orig_to=<a b>, ",
    ]
    let relays = [
      "none", "mx.test[192.0.2.1]:25", "mx.test[192.0.2.1]", "none.test[192.0.2.1]:25",
      "mx.test[private/lmtp]", "local", "mx.test[2001:db8::1%eth0]:25", "mx.test[192.0.2.1]:",
      "[192.0.2.1]:25",
    ]
    let timings = [
      "delay=1, ", "delay=0.55, delays=0.1/0/0.1/0.35, dsn=2.0.0, ", "", "conn_use=2, delay=1, ",
      "status=odd, ", "a b=1, ", "=1, ",
    ]
    let fates = [
      "status=sent (250 2.0.0 Ok: queued as 4F9D195432C)",
      "status=sent (250 ok queued as x queued as 4F9D195432C)",
      "status=sent (250 ok queued as 4F9D195432Cx)", "status=sent (250)", "status=sent (250",
      "status=sent (2",
      "status=sent (forwarded as 4F9D195432C)", "status=sent (delivered to mailbox)", "status=sent",
      "status=sent (250-2.0.0 two))", "status=sent (650 no)", "status=sent(250 ok)",
      "status=sent  (250 ok)",
      "status=bounced (host mx.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))",
      "status=bounced (551 no)", "status=deferred (host mx.test[192.0.2.1] said: 450 later)",
      "status=deferred (connect to mx.test[192.0.2.1]:25: Connection refused)",
      "status=undeliverable-but-not-cached (551 no)", "status=deliverable (250 ok)",
      "status=SOFTBOUNCE (551 no)",
    ]
    for recipient in recipients {
      for original in originals {
        for relay in relays {
          for timing in timings {
            for fate in fates {
              let text = "to=<\(recipient)>, \(original)relay=\(relay), \(timing)\(fate)"
              let line = Array("Nov 24 02:11:24 mx1 postfix/smtp[551]: 4F9D195432C: \(text)".utf8)
              if let found = difference(line, &fast, &slow) { Issue.record("\(found)") }
            }
          }
        }
      }
    }
  }
}
