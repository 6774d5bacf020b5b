import Glibc
import LogReading
import TestSupport
import Testing

@Suite struct `Block reader` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func reader(of text: String, capacity: Int) throws -> BlockReader {
    let path = try folder.write(text.utf8, to: "log")
    return BlockReader(try LogSource(path: path), capacity: capacity)
  }

  @Test(arguments: [
    "", "one\n", "one\ntwo\n", "one\ntwo", "\n\n\n", "one\r\ntwo\r\n", "a\0b\n\0\n",
  ])
  func `gives a short log unchanged`(text: String) throws {
    for capacity in [16, 17, 31, BlockReader.defaultCapacity] {
      #expect(try LogReadingTests.text(of: reader(of: text, capacity: capacity)) == text)
    }
  }

  @Test func `an empty log has no block`() throws {
    #expect(try blocks(of: reader(of: "", capacity: 16)).isEmpty)
  }

  @Test func `keeps half a line until its end`() throws {
    let reader = try reader(of: "first\nsecond line\nend", capacity: 16)
    let texts = try blocks(of: reader).map { String(decoding: $0, as: UTF8.self) }
    #expect(texts == ["first\n", "second line\n", "end"])
  }

  @Test func `gives the end only once`() throws {
    let reader = try reader(of: "one", capacity: 16)
    #expect(try unsafe reader.next() != nil)
    #expect(try unsafe reader.next() == nil)
    #expect(try unsafe reader.next() == nil)
  }

  /// Lines of every length around the capacity, compared with what the rules say.
  @Test(arguments: [16, 17, 23, 31, 64, 100, 1021, 4096], [false, true])
  func `cuts long lines and loses nothing else`(capacity: Int, isCompressed: Bool) throws {
    var log: [UInt8] = []
    var expected: [[UInt8]] = []
    var cut = 0
    for number in 0..<200 {
      let length = number * number * 7919 % (3 * capacity)
      // A NUL in front would be a hole.
      let line = (0..<length).map { UInt8(($0 + number) % 256) }.map { $0 == 10 ? 11 : $0 }
      log += line + [10]
      expected.append(length < capacity ? line + [10] : Array(line.prefix(capacity)))
      cut += max(0, length - capacity)
    }
    log += Array("rest".utf8)
    expected.append(Array("rest".utf8))

    let path = try folder.write(isCompressed ? folder.gzip(log) : log, to: "log")
    let source = try LogSource(path: path)
    let reader = BlockReader(source, capacity: capacity)
    var lines: [[UInt8]] = []
    for block in try blocks(of: reader) {
      let parts = block.split(separator: 10, omittingEmptySubsequences: false)
      lines += parts.dropLast().map { Array($0) + [10] }
      if let last = parts.last, !last.isEmpty { lines.append(Array(last)) }
    }
    let isSame = lines == expected
    #expect(isSame)
    #expect(reader.cutBytes == cut)
    #expect(source.deliveredBytes == log.count)
  }

  @Test func `cuts a line of ten megabytes`() throws {
    let length = 10 << 20
    let path = try folder.write(
      [UInt8](repeating: 120, count: length) + Array("\nnext\n".utf8), to: "log")
    let reader = BlockReader(try LogSource(path: path))
    let blocks = try blocks(of: reader)
    #expect(blocks.map(\.count) == [BlockReader.defaultCapacity, 5])
    #expect(blocks.last == Array("next\n".utf8))
    #expect(reader.cutBytes == length - BlockReader.defaultCapacity)
  }

  @Test func `gives a line that comes byte by byte at its end`() throws {
    let path = try folder.makeFIFO("pipe")
    let reader = BlockReader(try LogSource(path: path), capacity: 16)
    var writer: Writer? = try Writer(to: path)
    for line in ["\u{1f}first\n", "\n", "third\n"] {
      for byte in line { try writer?.write(String(byte)) }
      #expect(try unsafe reader.next().map { unsafe String(decoding: $0, as: UTF8.self) } == line)
    }
    try writer?.write("end")
    writer = nil
    #expect(try text(of: reader) == "end")
  }

  @Test func `waits for the writer of a pipe`() throws {
    let path = try folder.makeFIFO("pipe")
    let reader = BlockReader(try LogSource(path: path))
    let shell = unsafe popen("(sleep 0.05; echo one; sleep 0.05; printf two) > \(path)", "r")
    defer { if let shell = unsafe shell { unsafe pclose(shell) } }
    #expect(try blocks(of: reader) == [Array("one\n".utf8), Array("two".utf8)])
  }

  @Test func `needs room for a byte`() async {
    await #expect(processExitsWith: .failure) {
      _ = BlockReader(try LogSource(path: "/dev/null"), capacity: 0)
    }
  }
}
