import LogPatterns
import MailTerms
import Testing

@Suite struct `Fragment joiner` {
  /// Lines as a syslog file has them, and the whole lines that come out: during the log, and at its end.
  static func join(_ lines: [String]) throws -> (during: [String], atEnd: [String]) {
    var parser = RecordParser(catalog: try builtInCatalog(), clock: clock)
    var joiner = FragmentJoiner()
    var during: [String] = []
    for line in lines {
      let bytes = Array(line.utf8)
      let found = parser.record(of: bytes.span)
      let record = try #require(found, "\(line)")
      try #require(record.kind == .fragment, "\(line)")
      during += joiner.add(record, line: bytes.span).map { String(decoding: $0, as: UTF8.self) }
    }
    return (during, joiner.finish().map { String(decoding: $0, as: UTF8.self) })
  }

  static func line(_ pid: Int, _ text: String) -> String {
    "Nov 25 01:07:02 relay exim[\(pid)]: \(text)"
  }

  static let first = "2026-11-25 01:07:02 1xW1TS-00000V-2A ** bob@d1.test R=all T=rs H=mx "

  @Test func `joins the parts of a line`() throws {
    let (during, atEnd) = try Self.join([
      Self.line(36, "[1/3] \(Self.first)"), Self.line(36, "[2/3] [192.0.2.1]: SMTP error"),
      Self.line(36, "[3/3]  from remote"),
    ])
    #expect(during == [Self.line(36, "\(Self.first)[192.0.2.1]: SMTP error from remote")])
    #expect(atEnd == [])
  }

  @Test func `keeps processes apart`() throws {
    let (during, atEnd) = try Self.join([
      Self.line(36, "[1/2] a"), Self.line(37, "[1/2] b"), Self.line(38, "[1/2] c"),
      Self.line(37, "[2/2] B"), Self.line(36, "[2/2] A"),
    ])
    #expect(during == [Self.line(37, "bB"), Self.line(36, "aA")])
    #expect(atEnd == [Self.line(38, "c")])
  }

  @Test func `keeps machines and instances apart`() throws {
    let (during, atEnd) = try Self.join([
      "Nov 25 01:07:02 mx1 exim[36]: [1/2] a", "Nov 25 01:07:02 mx2 exim[36]: [1/2] b",
      "Nov 25 01:07:02 mx1 exim-in[36]: [1/2] c", "Nov 25 01:07:02 mx1 exim[36]: [2/2] A",
      "Nov 25 01:07:02 mx2 exim[36]: [2/2] B", "Nov 25 01:07:02 mx1 exim-in[36]: [2/2] C",
    ])
    #expect(
      during == [
        "Nov 25 01:07:02 mx1 exim[36]: aA", "Nov 25 01:07:02 mx2 exim[36]: bB",
        "Nov 25 01:07:02 mx1 exim-in[36]: cC",
      ])
    #expect(atEnd == [])
  }

  @Test func `ends a line whose next part was lost`() throws {
    let (during, atEnd) = try Self.join([
      Self.line(36, "[1/3] a"), Self.line(36, "[3/3] c"), Self.line(36, "[1/2] d"),
      Self.line(36, "[2/2] e"),
    ])
    #expect(during == [Self.line(36, "a"), Self.line(36, "de")])
    #expect(atEnd == [])
  }

  @Test func `ends a line when the next one begins`() throws {
    let (during, atEnd) = try Self.join([Self.line(36, "[1/3] a"), Self.line(36, "[1/2] b")])
    #expect(during == [Self.line(36, "a")])
    #expect(atEnd == [Self.line(36, "b")])
  }

  @Test func `makes nothing of parts without a beginning`() throws {
    let (during, atEnd) = try Self.join([Self.line(36, "[2/3] b"), Self.line(36, "[3/3] c")])
    #expect(during == [])
    #expect(atEnd == [])
  }

  /// `\` in place of `/`: the part ended at a LF, and what follows is a further line of the record.
  @Test func `leaves out what follows a line feed`() throws {
    let (during, atEnd) = try Self.join([
      Self.line(36, #"[1\3] Exim configuration error in line 18:"#),
      Self.line(36, #"[2\3]   main option unknown"#), Self.line(36, "[3/3] 551"),
    ])
    #expect(during == [Self.line(36, "Exim configuration error in line 18:")])
    #expect(atEnd == [])
  }

  @Test(arguments: ["[0/2] a", "[3/2] a"])
  func `makes nothing of numbers that cannot be`(text: String) throws {
    let (during, atEnd) = try Self.join([Self.line(36, text)])
    #expect(during == [])
    #expect(atEnd == [])
  }

  @Test func `gives up the oldest of too many open lines`() throws {
    let (during, atEnd) = try Self.join((1...300).map { Self.line($0, "[1/2] a") })
    #expect(during == (1...44).map { Self.line($0, "a") })
    #expect(atEnd == (45...300).map { Self.line($0, "a") })
  }
}

@Suite struct `Duplicate filter` {
  /// Which lines of a log are told to be copies, by their position.
  static func copies(in lines: [String]) throws -> [Int] {
    let catalog = try builtInCatalog()
    var parser = RecordParser(catalog: catalog, clock: clock)
    var filter = DuplicateFilter()
    var copies: [Int] = []
    for (position, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      guard var record = parser.record(of: bytes.span) else { continue }
      if filter.isCopy(&record, line: bytes.span, catalog) { copies.append(position) }
    }
    return copies
  }

  static func syslog(_ pid: Int, _ text: String) -> String {
    "Nov 25 01:07:02 relay exim[\(pid)]: 2026-11-25 01:07:02 \(text)"
  }

  static func last(_ times: Int) -> String {
    "Nov 25 01:07:03 relay last message repeated \(times) time\(times == 1 ? "" : "s")"
  }

  static func repeated(_ times: Int) -> String {
    refusal(1, "bob").replacing("]: 20", with: "]: message repeated \(times) times: [ 20") + "]"
  }

  static func refusal(_ pid: Int, _ name: String, edge: String = "relay", tag: String = "exim")
    -> String
  {
    "Nov 25 01:07:02 \(edge) \(tag)[\(pid)]: 2026-11-25 01:07:02 H=(c) [192.0.2.7] F=<a@b.example> rejected RCPT <\(name)@x.example>: 551 not here"
  }

  static func other(_ pid: Int) -> String {
    syslog(pid, "SMTP connection from [192.0.2.7]:53326 lost")
  }

  @Test func `takes the second of two for a copy`() throws {
    let bob = Self.refusal(1, "bob")
    let eva = Self.refusal(1, "eva")
    #expect(try Self.copies(in: [bob, bob, eva, eva, bob, bob]) == [1, 3, 5])
  }

  @Test func `finds the copy behind lines of other processes`() throws {
    let bob = Self.refusal(1, "bob")
    #expect(try Self.copies(in: [bob, Self.other(2), Self.refusal(3, "eva"), bob]) == [3])
  }

  @Test func `learns that an instance writes a refusal once`() throws {
    let bob = Self.refusal(1, "bob")
    #expect(try Self.copies(in: [bob, Self.refusal(1, "eva"), bob, bob]) == [])
    #expect(try Self.copies(in: [bob, Self.other(1), bob, bob]) == [])
  }

  /// `log_selector` leaves the first line out of the main log by default, so that no copy of it comes.
  @Test func `learns it for each rule alone`() throws {
    let unqualified = Self.syslog(1, "unqualified sender rejected: <bob> H=(h) [192.0.2.66]")
    let bob = Self.refusal(1, "bob")
    let eva = Self.refusal(2, "eva")
    #expect(
      try Self.copies(in: [unqualified, bob, bob, unqualified, unqualified, eva, eva]) == [2, 6])
  }

  /// A copy may be lost, or stand in the file before.
  @Test func `learns anew what one line alone seemed to tell`() throws {
    let bob = Self.refusal(1, "bob")
    let eva = Self.refusal(1, "eva")
    let log = [bob, eva, eva, bob, bob, Self.other(1), eva, bob, bob, eva, eva]
    #expect(try Self.copies(in: log) == [4, 8, 10])
  }

  @Test(arguments: [
    ([refusal(1, "bob"), last(1)], 1), ([refusal(1, "bob"), last(3)], 2),
    ([refusal(1, "bob"), last(2), refusal(1, "bob")], 2),
    ([refusal(1, "bob"), repeated(1)], 1), ([refusal(1, "bob"), repeated(3)], 2),
    ([repeated(4)], 2), ([refusal(1, "eva"), refusal(1, "bob"), last(1)], 3),
  ])
  func `takes half of what syslog counted for copies`(log: [String], refusals: Int) throws {
    let catalog = try builtInCatalog()
    var parser = RecordParser(catalog: catalog, clock: clock)
    var assembler = RecordAssembler(catalog: catalog, clock: clock)
    let bytes = Array((log.joined(separator: "\n") + "\n").utf8)
    var batch = RecordBatch()
    var next = 0
    parser.parse(bytes.span, from: &next, into: &batch)
    var count = 0
    for index in 0..<batch.records.count {
      let line = batch.line(at: index, in: bytes.span)
      var record = batch.records[index]
      if assembler.passes(&record, line: line) {
        count += Int(record.lines)
      } else {
        let made = assembler.made(of: record, line: line, at: index, in: batch, bytes.span)
        count += made.map { Int($0.record.lines) }.reduce(0, +)
      }
    }
    #expect(count == refusals)
  }

  @Test func `learns it for each machine and instance alone`() throws {
    let there = Self.refusal(1, "bob", edge: "mx2")
    let inside = Self.refusal(1, "bob", tag: "exim-in")
    let log = [Self.refusal(1, "bob"), Self.other(1), there, there, inside, inside]
    #expect(try Self.copies(in: log) == [3, 5])
  }

  @Test func `leaves Exim's own file alone`() throws {
    let line =
      "2026-11-25 01:07:02 H=(c) [192.0.2.7] F=<a@b.example> rejected RCPT <x@y.example>: 551 not here"
    #expect(try Self.copies(in: [line, line]) == [])
  }

  @Test func `leaves other equal lines alone`() throws {
    #expect(try Self.copies(in: [Self.other(1), Self.other(1)]) == [])
  }
}

@Suite struct `What an assembler knows` {
  @Test func `is not taken in where bytes are missing or too many, and names nobody`() throws {
    let catalog = try builtInCatalog()
    var parser = RecordParser(catalog: catalog, clock: clock)
    var assembler = RecordAssembler(catalog: catalog, clock: clock)
    let lines = [
      `Duplicate filter`.refusal(1, "bob"), `Duplicate filter`.refusal(1, "eva"),
      `Duplicate filter`.refusal(2, "bob", edge: "mx2"), `Fragment joiner`.line(36, "[1/2] bob"),
    ]
    let block = Array((lines.joined(separator: "\n") + "\n").utf8)
    var batch = RecordBatch()
    var next = 0
    parser.parse(block.span, from: &next, into: &batch)
    for index in 0..<batch.records.count {
      var record = batch.records[index]
      let line = batch.line(at: index, in: block.span)
      if !assembler.passes(&record, line: line) {
        _ = assembler.made(of: record, line: line, at: index, in: batch, block.span)
      }
    }
    let kept = assembler.snapshot()
    #expect(!String(decoding: kept, as: UTF8.self).contains("bob"))
    var other = RecordAssembler(catalog: catalog, clock: clock)
    for bytes in kept.indices.map({ Array(kept.prefix($0)) }) + [kept + [0]] {
      #expect(throws: SnapshotReader.Damaged.self) { try other.restore(bytes) }
    }
    try other.restore(kept)
    let awaitsParts = other.awaitsParts
    #expect(awaitsParts)
  }

  /// Version 3 knew of each instance whether it writes lines twice, by name.
  @Test func `takes over what an earlier version kept`() throws {
    var writer = SnapshotWriter()
    writer.put(UInt64(551))
    writer.put(UInt32(1))
    writer.put(UInt64(7))
    for counted in ["waiting", "single"] {
      writer.put(UInt32(1))
      writer.put(Array("relay".utf8))
      writer.put(Array("exim".utf8))
      guard counted == "waiting" else { continue }
      writer.put(Array("1".utf8))
      writer.put(UInt64(9))
    }
    let catalog = try builtInCatalog()
    var old = RecordAssembler(catalog: catalog, clock: clock)
    try old.restore(writer.bytes, version: 3)
    let oldAwaits = old.awaitsParts
    #expect(oldAwaits)
    let rewritten = try RecordAssembler.rewritten(writer.bytes, version: 3)
    var new = RecordAssembler(catalog: catalog, clock: clock)
    try new.restore(rewritten)
    let newAwaits = new.awaitsParts
    #expect(newAwaits)
    #expect(try RecordAssembler.rewritten(rewritten, version: SnapshotWriter.version) == rewritten)
  }
}

@Suite struct `Line shape` {
  @Test(arguments: [
    (
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 strange words for bob@x.example",
      "<DATE> <TIME> <ID> strange words for <ADDR>"
    ),
    ("16VDhn-000000001bo-D342 x", "<ID> x"),
    ("from [192.0.2.7]:53326 and 10.1.2.3", "from [<IP>]:<N> and <IP>"),
    ("at mx1.example.org now", "at <HOST> now"),
    ("1 2 3 x", "<N> x"),
    (String(repeating: "x", count: 41), "<LONG>"),
    ("", ""),
  ])
  func `has words for what differs`(line: String, shape: String) {
    #expect(LineShape.of(line) == shape)
  }
}
