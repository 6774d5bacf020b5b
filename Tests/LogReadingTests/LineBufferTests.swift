import Testing

@testable import LogReading

@Suite struct `Line buffer` {
  /// What a buffer gives after each of some reads.
  func blocks(capacity: Int, reads: [String]) -> (blocks: [String], rest: String?, cut: Int) {
    var buffer = LineBuffer(capacity: capacity)
    var blocks: [String] = []
    for read in reads {
      unsafe buffer.room().copyBytes(from: read.utf8)
      buffer.add(read.utf8.count)
      while let block = unsafe buffer.takeLines() {
        blocks.append(unsafe String(decoding: block, as: UTF8.self))
      }
    }
    let rest = unsafe buffer.takeRest().map { unsafe String(decoding: $0, as: UTF8.self) }
    return (blocks, rest, buffer.cutBytes)
  }

  @Test func `joins a line from several reads`() {
    let result = blocks(capacity: 16, reads: ["a", "b", "c\nd", "e\nf\ng"])
    #expect(result.blocks == ["abc\n", "de\nf\n"])
    #expect(result.rest == "g")
  }

  @Test(arguments: [
    (["abcd", "\nx\n"], 0), (["abcd", "efgh", "ij\nx", "\n"], 6), (["abcd", "e\nx\n"], 1),
  ])
  func `drops what is behind the capacity`(reads: [String], cut: Int) {
    let result = blocks(capacity: 4, reads: reads)
    #expect(result.blocks == ["abcd", "x\n"])
    #expect(result.rest == nil)
    #expect(result.cut == cut)
  }

  /// A hole can be longer than any line, and is no part of one.
  @Test(arguments: [
    ["\0\0\0\0", "\0\0\0\0", "\0\0ab", "\nx", "\n"], ["\0\0\0a", "b\nx", "\n"],
  ])
  func `drops a hole in front of a line`(reads: [String]) {
    let result = blocks(capacity: 4, reads: reads)
    #expect(result.blocks.joined().drop { $0 == "\0" } == "ab\nx\n")
    #expect(result.cut == 0)
  }

  @Test func `begins a new line after the rest`() {
    var buffer = LineBuffer(capacity: 4)
    for _ in 0..<2 {
      unsafe buffer.room().copyBytes(from: "abcd".utf8)
      buffer.add(4)
      #expect(unsafe buffer.takeLines()?.count == 4)
      #expect(unsafe buffer.takeRest() == nil)
    }
    #expect(buffer.cutBytes == 0)
  }
}
