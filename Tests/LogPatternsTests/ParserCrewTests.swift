import Glibc
import LogPatterns
import MailTerms
import Synchronization
import Testing

@Suite struct `Parser crew` {
  static let lines = (0..<4000).map { number in
    switch number % 5 {
    case 0: "2026-11-24 02:11:\(10 + number % 50) 1xVg0C-0006Kj-\(10 + number % 90) Completed"
    case 1: "Nov 24 02:11:36 mx\(number % 3) postfix/qmgr[9]: C16E6F7\(1000 + number): removed"
    case 2: "what is this \(number)"
    case 3:
      #"{"log":"postfix/qmgr[9]: C16E6F78\#(number): removed\n","time":"2026-11-24T02:11:36Z"}"#
    default:
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** b@d\(number).test R=a T=b H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d\(number).test>: 551 no"
    }
  }

  /// The lines in blocks of a few whole lines, of sizes that change.
  static func blocks(of size: Int) -> [[UInt8]] {
    var blocks: [[UInt8]] = []
    var rest = lines[...]
    while !rest.isEmpty {
      let count = max(1, (size * (blocks.count % 3 + 1)) / 2)
      blocks.append(Array(rest.prefix(count).joined(separator: "\n").utf8) + [10])
      rest = rest.dropFirst(count)
    }
    return blocks
  }

  static func describe(_ batch: borrowing RecordBatch, _ block: Span<UInt8>) -> [String] {
    (0..<batch.records.count).map { index in
      let record = batch.records[index]
      let view = RecordView(record, line: batch.line(at: index, in: block))
      return RecordView.names.map { view.value(named: $0) ?? "-" }.joined(separator: " ")
    }
  }

  @Test(arguments: [1, 2, 7], [1, 2, 50, 5000])
  func `gives what one parser gives, in order`(workers: Int, size: Int) throws {
    let catalog = try builtInCatalog()
    var parser = RecordParser(catalog: catalog, clock: clock)
    var wanted: [String] = []
    var batch = RecordBatch()
    let whole = Array(Self.lines.joined(separator: "\n").utf8)
    var next = 0
    while next < whole.count {
      batch.removeAll()
      parser.parse(whole.span, from: &next, into: &batch)
      wanted += Self.describe(batch, whole.span)
    }

    let crew = ParserCrew(catalog: catalog, clock: clock, workers: workers)
    var counts = RecordParser(catalog: catalog, clock: clock).counts
    var given: [String] = []
    func take(_ parsed: ParsedBlock) {
      given += Self.describe(parsed.batch, parsed.lines)
      counts.add(parsed.counts)
      #expect(!parsed.hasParts)
      crew.giveBack(parsed)
    }
    let blocks = Self.blocks(of: size)
    let isFed = crew.feed {
      for block in blocks where !crew.submit(block.span, reference: clock.reference) {
        Issue.record("a block was not taken")
      }
    }
    #expect(isFed)
    while let parsed = crew.next() { take(parsed) }
    crew.stop()

    let isSame = given == wanted
    #expect(isSame)
    #expect(counts.lines == parser.counts.lines)
    #expect(counts.unrecognised == parser.counts.unrecognised)
    #expect(counts.examples == parser.counts.examples)
    #expect(counts.first == parser.counts.first)
    #expect(counts.last == parser.counts.last)
  }

  @Test func `tells blocks with parts of an entry, which may go on in the next`() throws {
    let crew = ParserCrew(catalog: try builtInCatalog(), clock: clock, workers: 2)
    defer { crew.stop() }
    let entry = entryStart.utf8
    let isFed = crew.feed {
      for block in [Array(entry.prefix(30)), Array("2026-11-24 02:11:24 x\n".utf8)] {
        _ = crew.submit(block.span, reference: clock.reference)
      }
    }
    #expect(isFed)
    for hasParts in [true, false] {
      let parsed = try #require(crew.next())
      #expect(parsed.hasParts == hasParts)
      crew.giveBack(parsed)
    }
    #expect(crew.next() == nil)
  }

  @Test(.timeLimit(.minutes(1))) func `lets go of a feeder that waits for room when it stops`()
    throws
  {
    let crew = ParserCrew(catalog: try builtInCatalog(), clock: clock, workers: 2)
    let refused = Mutex(false)
    let isFed = crew.feed {
      let line = Array("2026-11-24 02:11:24 x\n".utf8)
      while crew.submit(line.span, reference: clock.reference) {}
      refused.withLock { $0 = true }
    }
    #expect(isFed)
    _ = try #require(crew.next())
    crew.stop()
    while !refused.withLock({ $0 }) { usleep(1000) }
  }
}

private let entryStart = "__CURSOR=s=1;i=2\n_HOSTNAME=mx1\n"
