import Aggregation
import Correlation
import LogPatterns
import MailTerms
import PatternFiles
import Testing

/// A run that goes on where another one ended counts what one run would have counted.
@Suite struct `Snapshot` {
  private static let logs: [(name: String, lines: [String])] = (builtIn?.files ?? []).flatMap {
    file in
    file.cases.map { ("\(file.name) \($0.name)", $0.log.split(separator: "\n").map(String.init)) }
  }

  /// How a correlator works whose open messages are kept.
  private static func configuration() throws -> Correlator.Configuration {
    var configuration = Correlator.Configuration(
      selection: Correlation.Selection(codes: try #require(CodeFilter(["all"]))), edge: "relay")
    configuration.countsEachCode = true
    return configuration
  }

  /// Counts lines by time; behind each number of lines in `ends` another correlator takes over.
  private func counted(_ lines: [String], ends: Set<Int>) throws -> [String] {
    let catalog = try #require(builtIn)
    let configuration = try Self.configuration()
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    var correlator = Correlator(configuration: configuration, catalog: catalog)
    var figures: [String: Int] = [:]
    func drain(_ correlator: inout Correlator) {
      var tally = TimedTally(present: 0)
      for index in 0..<correlator.outcomes.count {
        tally.add(&correlator.outcomes[index])
      }
      correlator.outcomes.removeAll()
      for (key, counts) in tally.outcomes {
        let names = [key.remoteHost, key.senderDomain, key.recipientDomain].map {
          correlator.names.name($0)
        }
        let name = "\(key.second) \(key.section) \(key.code) \(key.enhanced) \(names)"
        figures[name + " first", default: 0] += counts.first
        figures[name + " at host", default: 0] += counts.atHost
        figures[name + " at ip", default: 0] += counts.atIP
        figures[name + " lines", default: 0] += counts.lines
      }
      for (key, totals) in tally.totals {
        let names = [key.remoteHost, key.senderDomain].map { correlator.names.name($0) }
        for (fate, count) in [
          ("tried", totals.tried), ("at host", totals.triedAtHost),
          ("delivered", totals.fates.delivered),
          ("deferred", totals.fates.deferred), ("failed", totals.fates.failed),
          ("rejected", totals.fates.rejected),
        ] {
          figures["\(fate) \(key.minute) \(names)", default: 0] += count
        }
      }
      for (minute, count) in correlator.messagesByMinute {
        figures["messages of \(minute)", default: 0] += count
      }
      correlator.messagesByMinute.removeAll()
    }
    for (number, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      if var record = parser.record(of: bytes.span) {
        correlator.receive(&record, line: bytes.span)
      }
      guard ends.contains(number + 1) else { continue }
      drain(&correlator)
      let kept = correlator.snapshot()
      correlator = Correlator(configuration: configuration, catalog: catalog)
      try correlator.restore(kept)
      #expect(correlator.snapshot().count == kept.count)
    }
    correlator.settleOverdue(patience: nil, last: nil)
    drain(&correlator)
    figures["messages"] = correlator.messages
    figures["open"] = correlator.openMessages
    return figures.map { "\($0.key): \($0.value)" }.sorted()
  }

  @Test func `behind every line changes no figure, for every case of the pattern files`() throws {
    #expect(Self.logs.count > 20)
    for log in Self.logs {
      let whole = try counted(log.lines, ends: [])
      #expect(try counted(log.lines, ends: Set(1...log.lines.count)) == whole, "\(log.name)")
    }
  }

  @Test(arguments: [1, 3, 8]) func `changes no figure of many messages at a time`(
    every: Int
  ) throws {
    var lines: [String] = []
    for number in 0..<60 {
      let id = "1xVg0A-\(String(100_000 + number))-05"
      lines.append(arrival("02:11:\(10 + number / 4)", id, "alice@acme\(number % 7).example"))
      if number > 5 {
        let early = "1xVg0A-\(String(100_000 + number - 5))-05"
        for recipient in 0..<12 {
          lines.append(
            failure("02:12:\(10 + number / 4)", early, "bob\(recipient)@d\(recipient % 3).test"))
        }
        lines.append(completion("02:12:\(10 + number / 4)", early))
      }
    }
    let whole = try counted(lines, ends: [])
    let ends = Set(stride(from: every, to: lines.count, by: every))
    #expect(try counted(lines, ends: ends) == whole)
  }

  @Test func `is not taken for one where bytes are missing or strange`() throws {
    let catalog = try #require(builtIn)
    let configuration = Correlator.Configuration(
      selection: Correlation.Selection(codes: try #require(CodeFilter(["all"]))), edge: "relay")
    var correlator = Correlator(configuration: configuration, catalog: catalog)
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    for line in [arrival("02:11:20", a, "x@acme.example"), failure("02:11:21", b)] {
      let bytes = Array(line.utf8)
      let found = parser.record(of: bytes.span)
      var record = try #require(found)
      correlator.receive(&record, line: bytes.span)
    }
    let kept = correlator.snapshot()
    for end in 0..<kept.count {
      var other = Correlator(configuration: configuration, catalog: catalog)
      #expect(throws: SnapshotReader.Damaged.self) { try other.restore(Array(kept[..<end])) }
    }
    for at in 0..<kept.count {
      // Whatever a byte says, it neither crashes nor takes memory without end.
      var damaged = kept
      damaged[at] = 0xFF
      var other = Correlator(configuration: configuration, catalog: catalog)
      try? other.restore(damaged)
    }
  }

  @Test func `keeps why a server deferred what retries give up later`() throws {
    let catalog = try #require(builtIn)
    let configuration = try Self.configuration()
    var first = Correlator(configuration: configuration, catalog: catalog)
    var second = Correlator(configuration: configuration, catalog: catalog)
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    for (number, text) in [
      arrival("02:11:20", a), deferral("02:11:21", a, "eva@d1.test", reply: "450 4.2.0 greylisted"),
      line("06:11:21", a, "** eva@d1.test: retry timeout exceeded"),
    ].enumerated() {
      let bytes = Array(text.utf8)
      let found = parser.record(of: bytes.span)
      var record = try #require(found)
      if number < 2 {
        first.receive(&record, line: bytes.span)
      } else {
        try second.restore(first.snapshot())
        second.receive(&record, line: bytes.span)
      }
    }
    try #require(second.outcomes.count == 1)
    #expect(second.outcomes[0].reason == .greylisted)
  }

  /// A line that says nothing of a message shows as well that none about it is to come.
  @Test func `waits for a sender no longer than the log goes on`() throws {
    let catalog = try #require(builtIn)
    var correlator = Correlator(configuration: try Self.configuration(), catalog: catalog)
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    let line = Array(failure("02:11:21", a).utf8)
    let found = parser.record(of: line.span)
    var record = try #require(found)
    correlator.receive(&record, line: line.span)
    let failed = record.time.microseconds
    for (last, count) in [(nil, 0), (failed + 60_000_000, 0), (failed + 601_000_000, 1)]
      as [(Int64?, Int)]
    {
      correlator.settleOverdue(patience: 600, last: last)
      #expect(correlator.outcomes.count == count)
    }
  }

  @Test(arguments: [1, 2])
  func `of an earlier version still knows the senders`(version: Int) throws {
    let catalog = try #require(builtIn)
    let configuration = try Self.configuration()
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
    // What a correlator of that version kept of one open message: names, then all else.
    var kept = SnapshotWriter()
    kept.put(UInt32(2))
    for name in ["relay", "acme.example"] { kept.put(Array(name.utf8)) }
    kept.put(UInt64(551))
    kept.put(Int64(1_795_486_284))
    kept.put(UInt64(1))
    kept.put(UInt64(0))
    kept.put(UInt32(1))
    for place: UInt32 in [1, 0] { kept.put(place) }
    kept.put(Array("1xVg0C-0006Kj-05".utf8))
    for place: UInt32 in [2, 0] { kept.put(place) }
    kept.put(Int64(1_795_486_284))
    kept.put(UInt64(0))
    for isSet in [false, true, true, false, false, false, false] { kept.put(isSet) }
    for count: UInt32 in [0, 0, 0, 0] { kept.put(count) }
    var correlator = Correlator(configuration: configuration, catalog: catalog)
    try correlator.restore(kept.bytes, version: version)
    let line = Array(
      "2026-11-24 02:11:25 1xVg0C-0006Kj-05 ** b@d.test R=r T=t H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@d.test>: 551 no"
        .utf8)
    let found = parser.record(of: line.span)
    var record = try #require(found)
    correlator.receive(&record, line: line.span)
    #expect(correlator.messages == 1)
    try #require(correlator.outcomes.count == 1)
    #expect(correlator.names.name(correlator.outcomes[0].senderDomain) == "acme.example")
  }
}
