import Aggregation
import Reporting
import TestSupport
import Testing

@Suite struct `Count table` {
  @Test func `counts as a dictionary does`() {
    var random = SplitMix(state: 551)
    var table = CountTable()
    var model: [UInt64: Int] = [:]
    for _ in 0..<50_000 {
      let key = CountTable.key(
        UInt32(random.next(below: 3000)), UInt32(random.next(below: 30)))
      let count = random.next(below: 3)
      table.prefetch(key)
      table.add(key, count)
      if count > 0 { model[key, default: 0] += count }
    }
    var listed: [UInt64: Int] = [:]
    table.forEach { listed[$0] = $1 }
    #expect(listed == model)
    var wrong = 0
    for host in 0..<3100 as Range<UInt32> {
      let key = CountTable.key(host, 7)
      if table[key] != model[key] ?? 0 { wrong += 1 }
    }
    #expect(wrong == 0)
    #expect(model.count > 25_000)
  }

  /// A table doubles in place, with entries that go round its end: all are found right behind it.
  @Test func `finds every key while it grows`() {
    var random = SplitMix(state: 551)
    var wrong = 0
    for _ in 0..<300 {
      var table = CountTable()
      var keys: [UInt64] = []
      for number in 1...400 {
        keys.append(random.next())
        table.add(keys[number - 1], number)
        // Twelve of sixteen, twenty-four of thirty-two ... places are filled when it grows.
        guard number.isMultiple(of: 12) || (number - 1).isMultiple(of: 12) else { continue }
        for (index, key) in keys.enumerated() where table[key] != index + 1 { wrong += 1 }
        if table[random.next()] != 0 { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }
}

@Suite struct `Rows of a report` {
  /// Rows with the same count are in the order of their names, and no text comes before any.
  @Test func `are ordered by count and name`() throws {
    let replies = ["551 b", "551 b", "551", "551 c", "551 a"]
    let lines = replies.enumerated().map { number, reply in
      "2026-11-24 02:11:2\(number) 1xVg0C-0006Kj-0\(number) ** x@h\(number % 3).test R=r T=t H=mx\(number % 2).test"
        + " [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<x@h\(number % 3).test>: \(reply)"
    }
    let report = try report(lines)
    let failures = report.sections[0]
    #expect(failures.byReply.map { $0.names[0] } == ["b", "", "a", "c"])
    #expect(failures.byRemoteHost.map { $0.names[0] } == ["mx0.test", "mx1.test"])
    #expect(failures.byRecipientDomain.map { $0.names[0] } == ["h0.test", "h1.test", "h2.test"])
  }
}
