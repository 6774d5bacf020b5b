import LogPatterns
@testable import LogReading
import MailTerms
import PatternFiles
import TestSupport
import Testing

@Suite struct `Record parser` {
  static let names = ["event", "message_id", "recipient", "remote_host", "code", "reply", "time"]
  static let failure =
    "2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@d1.test R=all T=rs H=mx1.d1.test [127.0.1.1]: "
    + "SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 not our customer"
  static let fields = [
    "event": "failed", "message_id": "1xVg0C-0006Kj-05", "recipient": "bob@d1.test",
    "remote_host": "mx1.d1.test", "code": "551", "reply": "not our customer",
    "time": "2026-11-24 02:11:24",
  ]

  static func parser() throws -> RecordParser {
    RecordParser(catalog: try builtInCatalog(), clock: clock, keepsChain: true)
  }

  /// Every record of a block, as text.
  static func records(of blocks: [[UInt8]]) throws -> (records: [String], lines: Int, unknown: Int)
  {
    var parser = try parser()
    var batch = RecordBatch()
    var records: [String] = []
    for block in blocks {
      var next = 0
      while next < block.count {
        batch.records.removeAll()
        parser.parse(block.span, from: &next, into: &batch)
        for index in 0..<batch.records.count {
          let record = batch.records[index]
          let line = block.span.extracting(record.lineRange)
          let view = RecordView(record, line: line)
          records.append(
            RecordView.names.compactMap { view.value(named: $0) }.joined(separator: "|"))
        }
      }
    }
    return (records, parser.counts.lines, parser.counts.unrecognised)
  }

  @Test func `reads a line`() throws {
    var parser = try Self.parser()
    #expect(parser.values(Array(Self.failure.utf8), Self.names) == Self.fields)
    #expect(parser.counts.lines == 1)
    #expect(parser.counts.unrecognised == 0)
    let chain = parser.chain.map { parser.catalog.entries[Int($0)].step.name }
    #expect(chain == ["message", "failed-address", "failed-by-reply"])
  }

  /// Lines of Exim's and Postfix's, read by hand and by patterns, and what they must give.
  static let plain = [
    (failure, fields),
    (
      "Nov 24 02:19:44 mx1 postfix/qmgr[185]: C16E6F78189: from=<a@b.test>, size=324, nrcpt=1 (queue active)",
      ["event": "received", "message_id": "C16E6F78189"]
    ),
    (
      "Nov 24 02:19:44 mx1 postfix/smtp[9]: C16E6F78189: to=<bob@d1.test>, relay=mx.d1.test[192.0.2.1]:25, delay=0.06, delays=0.01/0.02/0/0.03, dsn=5.1.1, status=bounced (host mx.d1.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))",
      ["event": "failed", "reply": "no", "command": "RCPT TO"]
    ),
    (
      "Nov 24 02:19:44 mx1 postfix/qmgr[185]: C16E6F78189: removed",
      ["event": "completed", "message_id": "C16E6F78189"]
    ),
  ]

  @Test(arguments: plain, [" ", " \t ", " \r"])
  func `reads a line without the blanks at its end`(line: (String, [String: String]), end: String)
    throws
  {
    var parser = try Self.parser()
    let bytes = Array((line.0 + end).utf8)
    #expect(parser.values(bytes, Array(line.1.keys)) == line.1)
    let record = parser.record(of: bytes.span)
    #expect(record?.lineLength == UInt16(line.0.utf8.count))
  }

  @Test func `needs the blank at a line's end where nothing stands in front of it`() throws {
    var parser = try Self.parser()
    let values = parser.values(Array("Nov 24 02:19:44 mx1 kernel: ".utf8), ["event", "instance"])
    #expect(values == ["event": "ignore", "instance": "kernel"])
  }

  @Test func `keeps the blank at the end of a part of a line`() throws {
    var parser = try Self.parser()
    let line = "Nov 25 01:07:02 relay exim[36]: [1/2] 2026-11-25 01:07:02 1xW1TS-00000V-2A ** bob "
    let values = parser.values(Array(line.utf8), ["event", "part_text"])
    #expect(values == ["event": "fragment", "part_text": String(line.dropFirst(38))])
  }

  /// A hole that a truncated file has in front of a line, and an editor's mark.
  @Test(arguments: plain, [1, 100, 70_000])
  func `reads a line behind a hole`(line: (String, [String: String]), length: Int) throws {
    for mark in [[], Array("\u{FEFF}".utf8)] {
      var parser = try Self.parser()
      let bytes = [UInt8](repeating: 0, count: length) + mark + Array(line.0.utf8)
      let found = parser.record(of: bytes.span)
      let record = try #require(found)
      #expect(record.isUnpacked)
      #expect(parser.unpacked == Array(line.0.utf8))
      let view = RecordView(record, line: parser.unpacked.span)
      for (name, value) in line.1 { #expect(view.value(named: name) == value) }
      #expect(parser.counts.lines == 1)
      #expect(parser.counts.cut == 0)
    }
  }

  @Test func `drops the CR of a line end, and no other`() throws {
    var parser = try Self.parser()
    #expect(parser.values(Array((Self.failure + "\r").utf8), Self.names) == Self.fields)
    let twice = parser.values(Array((Self.failure + "\r\r").utf8), ["reply"])
    #expect(twice == ["reply": "not our customer\r"])
  }

  @Test func `keeps NUL and bytes that are not UTF-8`() throws {
    var parser = try Self.parser()
    let line = Array(Self.failure.utf8) + [0x20, 0x00, 0xFF, 0x1B, 0x5B, 0x20, 0xC3]
    #expect(
      parser.values(line, ["code", "reply"])
        == ["code": "551", "reply": "not our customer \u{0}\u{FFFD}\u{1B}[ \u{FFFD}"])
  }

  @Test func `counts lines that it does not know`() throws {
    let block = "\n\r\nhello world\n\(Self.failure)\n  continued\n\u{0}\u{1}\n\nend"
    var parser = try Self.parser()
    var batch = RecordBatch()
    var next = 0
    parser.parse(Array(block.utf8).span, from: &next, into: &batch)
    #expect(next >= block.utf8.count)
    let kinds = (0..<batch.records.count).map { batch.records[$0].kind }
    #expect(kinds == [.unrecognised, .failed, .unrecognised, .unrecognised])
    #expect(parser.counts.lines == 8)
    #expect(parser.counts.unrecognised == 3)
    #expect(
      parser.counts.examples.map { String(decoding: $0, as: UTF8.self) }
        == ["hello world", "\u{1}", "end"])
  }

  @Test func `cuts a line of ten megabytes and reads its beginning`() throws {
    var parser = try Self.parser()
    let line = Array(Self.failure.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000)
    #expect(parser.values(line, ["event", "code"]) == ["event": "failed", "code": "551"])
    #expect(parser.counts.cut == 1)
    #expect(parser.counts.lines == 1)
    let garbage = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000)
    #expect(parser.values(garbage, ["event"]) == nil)
    #expect(parser.counts.cut == 2)
    #expect(parser.counts.examples.map(\.count) == [300])
    #expect(parser.values(Array(Self.failure.utf8), Self.names) == Self.fields)
    #expect(parser.counts.cut == 2)
  }

  @Test(arguments: [(-1, 0), (0, 0), (1, 1)])
  func `cuts a line at its greatest length`(more: Int, cut: Int) throws {
    var parser = try Self.parser()
    let length = Record.maximumLineLength + more
    let beginning = Array(Self.failure.utf8)
    let line = beginning + [UInt8](repeating: UInt8(ascii: "x"), count: length - beginning.count)
    let values = parser.values(line, ["code", "reply"])
    let start = beginning.count - "not our customer".utf8.count
    #expect(values?["code"] == "551")
    #expect(values?["reply"]?.utf8.count == min(length, Record.maximumLineLength) - start)
    #expect(parser.counts.cut == cut)
  }

  @Test func `gives the same records wherever the bytes were cut`() throws {
    let log = Array(
      """
      2026-11-24 02:11:20 1xVg0C-0006Kj-05 <= a@acme.example H=(c) [192.0.2.9] P=esmtp S=300\r
      \(Self.failure)
      garbage\u{0}

      2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed
      """.utf8)
    let whole = try Self.records(of: [log])
    #expect(whole.records.count == 4)
    #expect(whole.lines == 5)
    for cut in 0...log.count {
      var buffer = LineBuffer(capacity: 4096)
      var blocks: [[UInt8]] = []
      for part in [log[..<cut], log[cut...]] {
        let room = unsafe buffer.room()
        unsafe room.copyBytes(from: part)
        buffer.add(part.count)
        while let block = unsafe buffer.takeLines() { blocks.append(unsafe Array(block)) }
      }
      if let rest = unsafe buffer.takeRest() { blocks.append(unsafe Array(rest)) }
      let parts = try Self.records(of: blocks)
      #expect(parts.records == whole.records, "cut at \(cut)")
      #expect(parts.lines == whole.lines, "cut at \(cut)")
      #expect(parts.unknown == whole.unknown, "cut at \(cut)")
    }
  }

  @Test func `gives up a user's regex that is too costly, names it, and goes on`() throws {
    let text = #"""
      mta = "exim"
      [[rule]]
      name = "costly"
      key = "session"
      event = "ignore"
      regex = '''(?:\w+\s?)+$'''
      [[rule.sample]]
      line = '''2026-11-24 02:11:24 hello'''
      """#
    var parser = RecordParser(
      catalog: try builtInCatalog(below: text), clock: clock, keepsChain: true)
    let costly = try #require(parser.catalog.entries.firstIndex { $0.step.name == "costly" })
    let stamp = Array("2026-11-24 02:11:24 ".utf8)
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 60)
    #expect(parser.values(stamp + letters + [0x21], ["event"]) == nil)
    #expect(parser.counts.limits[costly] == 1)
    #expect(parser.values(stamp + Array("Connection from \(letters)!".utf8), ["event"]) != nil)
    #expect(parser.values(stamp + Array("hello".utf8), ["event"]) == ["event": "ignore"])
    #expect(parser.values(Array(Self.failure.utf8), Self.names) == Self.fields)
    #expect(parser.counts.limits.reduce(0, +) == parser.counts.limits[costly])
    #expect(parser.counts.hits[costly] == 1)
  }

  /// Lines of the samples, then with bytes changed, dropped, doubled, and cut: nothing may crash, and
  /// the lines that are read by hand must give what the patterns give.
  @Test func `reads damaged lines by hand as the patterns do`() throws {
    let catalog = try builtInCatalog()
    var byHand = RecordParser(catalog: catalog, clock: clock, keepsChain: true)
    var byPattern = RecordParser(
      catalog: catalog, clock: clock, readsByHand: false, keepsChain: true)
    let lines = catalog.entries.flatMap { $0.step.samples }.map { Array($0.line.utf8) }
    var random = SplitMix(state: 551)
    var differences: [String] = []
    var costly = ""
    let rounds = 5000
    for round in 0..<rounds {
      var line = lines[round % lines.count]
      if round >= lines.count { damage(&line, with: lines, &random) }
      let one = byHand.record(of: line.span).map { Self.facts($0, line, byHand.chain) }
      let other = byPattern.record(of: line.span).map { Self.facts($0, line, byPattern.chain) }
      if byPattern.counts.limits.contains(where: { $0 != 0 }), costly.isEmpty {
        let names = zip(catalog.entries, byPattern.counts.limits).filter { $0.1 != 0 }
        costly =
          names.map(\.0.step.name).joined(separator: " ") + ": "
          + String(decoding: line, as: UTF8.self)
      }
      if one != other, differences.count < 5 {
        differences.append(
          "\(String(decoding: line, as: UTF8.self))\n\(one ?? "-")\n\(other ?? "-")")
      }
    }
    #expect(differences == [])
    #expect(byHand.counts.lines == rounds)
    #expect(byHand.counts.unrecognised == byPattern.counts.unrecognised)
    #expect(byHand.counts.hits == byPattern.counts.hits)
    #expect(costly == "")
  }

  /// All that a record holds, as text; its spans must lie in the line.
  static func facts(_ record: Record, _ line: [UInt8], _ chain: [Int32]) -> String {
    var text = "\(record.kind) \(record.origin.map { "\($0)" } ?? "-") \(record.mta) \(record.time)"
    text += " \(record.step)@\(record.stepStart) \(record.lineLength) \(chain)"
    for field in Field.allCases where record[field].isPresent {
      text += " \(field.name)=\(record[field].start)-\(record[field].end)"
      #expect(record[field].start <= record[field].end && Int(record[field].end) <= line.count)
    }
    let view = RecordView(record, line: line.span)
    for name in RecordView.names { text += " " + (view.value(named: name) ?? "") }
    return text
  }

  @Test func `keeps the earliest and the latest time`() throws {
    var parser = try Self.parser()
    for stamp in ["2026-11-24 02:11:24", "2026-11-23 02:11:24", "2026-11-25 02:11:24"] {
      _ = parser.values(Array("\(stamp) +0000 1xVg0C-0006Kj-05 Completed".utf8), [])
    }
    #expect(parser.counts.first?.rfc3339 == "2026-11-23T02:11:24+00:00")
    #expect(parser.counts.last?.rfc3339 == "2026-11-25T02:11:24+00:00")
  }

  /// What strangers write may look like anything: it decides nothing.
  @Test(arguments: [
    (
      #"<= a@b.example H=(551) [192.0.2.1] P=esmtp S=551 id=551@x T="x ** y@z.test R=a T=b: 551 no" for c@d"#,
      ["event": "received", "message_id": "1xVg0C-0006Kj-05"]
    ),
    (
      #"=> bob@d1.test R=all T=rs H=mx [192.0.2.1] C="250 551 ** ok" QT=551s"#,
      ["event": "delivered", "recipient": "bob@d1.test", "remote_host": "mx"]
    ),
    (
      "== bob@d1.test R=all T=rs defer (-44) H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 450 4.2.0 551 551",
      ["event": "deferred", "recipient": "bob@d1.test", "remote_host": "mx", "code": "450"]
    ),
    (
      "** bob@d1.test R=all T=rs H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 550 551 H=evil [192.0.2.66]: 551 x",
      ["event": "failed", "recipient": "bob@d1.test", "remote_host": "mx", "code": "550"]
    ),
    (
      "** x@fail.example R=failr: SMTP error from remote mail server: 551 no",
      ["event": "failed", "recipient": "x@fail.example"]
    ),
    (
      "H=mx [192.0.2.1]: SMTP error from remote mail server after initial connection: 551 go away",
      ["event": "attempt", "remote_host": "mx"]
    ),
  ])
  func `is not misled by strangers' words`(text: String, expected: [String: String]) throws {
    var parser = try Self.parser()
    let values = parser.values(
      Array("2026-11-24 02:11:24 1xVg0C-0006Kj-05 \(text)".utf8),
      ["event", "message_id", "recipient", "remote_host", "code"])
    let wanted = expected.merging(["message_id": "1xVg0C-0006Kj-05"]) { old, _ in old }
    #expect(values == wanted)
  }
}
