import LogReading
import TestSupport
import Testing

@Suite struct `Gzip` {
  static let log = logLines(12_000)
  let log = Gzip.log
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func reader(of bytes: some Sequence<UInt8>) throws -> BlockReader {
    BlockReader(try LogSource(path: folder.write(bytes, to: "log")))
  }

  /// Reads until the error that must come, and checks that only the end follows.
  func readToError(_ reader: BlockReader) throws -> (bytes: [UInt8], error: ReadError?) {
    var bytes: [UInt8] = []
    let error = readError { while let block = try unsafe reader.next() { unsafe bytes += block } }
    #expect(try unsafe reader.next() == nil)
    return (bytes, error)
  }

  /// How many bytes of the log some bytes begin with.
  func sharedLength(_ bytes: [UInt8]) -> Int { zip(bytes, log).prefix { $0 == $1 }.count }

  @Test(arguments: [
    [], [0], [UInt8](repeating: 0, count: 100_000), Array("garbage".utf8), [0x1f],
    [0, 0x1f, 0x8b],
  ])
  func `reads members one after another, and not what follows them`(tail: [UInt8]) throws {
    let second = Array("one\ntwo".utf8)
    let archive = try folder.gzip(log) + folder.gzip([]) + folder.gzip(second) + tail
    let bytes = try Array(blocks(of: reader(of: archive)).joined())
    let isSame = bytes == log + second
    #expect(isSame)
  }

  @Test func `reads an archive without content`() throws {
    #expect(try blocks(of: reader(of: folder.gzip([]))).isEmpty)
  }

  @Test(arguments: [2, 3, 10, 11, 1000, 70_000, -100, -8, -4, -1])
  func `gives all of a truncated archive before the error`(length: Int) throws {
    let archive = try folder.gzip(log)
    let reader = try reader(of: archive.prefix(length < 0 ? archive.count + length : length))
    let (bytes, error) = try readToError(reader)
    let isComplete = (-8..<0).contains(length)
    #expect(bytes.count == log.count || !isComplete)
    #expect(sharedLength(bytes) == bytes.count)
    #expect(error?.description == "\(folder.file("log")): truncated gzip data")
  }

  /// Behind the damage some garbage may be decoded before zlib sees it.
  @Test(arguments: [(3, 0), (80_000, 100_000), (-8, Gzip.log.count)])
  func `gives what comes before corrupt data`(place: Int, length: Int) throws {
    var archive = try folder.gzip(log)
    for offset in 0..<4 { archive[(place < 0 ? archive.count : 0) + place + offset] ^= 0xff }
    let (bytes, error) = try readToError(reader(of: archive))
    #expect(sharedLength(bytes) >= length)
    let description = try #require(error?.description)
    #expect(description.hasPrefix("\(folder.file("log")): corrupt gzip data: "))
  }

  @Test func `gives the lines of a pipe as they can be decoded`() throws {
    let path = try folder.makeFIFO("pipe")
    let reader = BlockReader(try LogSource(path: path))
    var writer: Writer? = try Writer(to: path)
    for line in ["one\n", "two\n"] {
      try writer?.write(bytes: folder.gzip(Array(line.utf8)))
      #expect(try unsafe reader.next().map { unsafe Array($0) } == Array(line.utf8))
    }
    writer = nil
    #expect(try unsafe reader.next() == nil)
  }
}
