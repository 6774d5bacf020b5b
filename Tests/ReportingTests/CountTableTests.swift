import Aggregation
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
}
