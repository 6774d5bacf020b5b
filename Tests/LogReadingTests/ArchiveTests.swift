import LogReading
import TestSupport
import Testing

@Suite struct `Archives` {
  static let log = logLines(12_000)
  let log = Archives.log
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

  /// What may follow the last member; named by number, since a test's arguments are printed.
  static let tails: [[UInt8]] = [
    [], [0], [UInt8](repeating: 0, count: 100_000), Array("garbage".utf8), [0x1f],
    [0, 0x1f, 0x8b], [0xfd, 0x37], [0x28, 0xb5, 0x2f], Array("BZ".utf8),
  ]

  @Test(arguments: Archive.allCases, tails.indices)
  func `are read member by member, and not what follows them`(
    format: Archive, tail: Int
  ) throws {
    let second = Array("one\ntwo".utf8)
    let members = try [log, [], second].map { try format.pack($0, in: folder) }
    let source = try LogSource(
      path: folder.write(members.joined() + Self.tails[tail], to: "log"))
    let bytes = try Array(blocks(of: BlockReader(source)).joined())
    let isSame = bytes == log + second
    #expect(isSame)
    // Zeros are padding for gzip and xz.
    let isPadding = (format == .gzip || format == .xz) && Self.tails[tail].allSatisfy { $0 == 0 }
    #expect((source.garbageBehind == nil) == (isPadding || Self.tails[tail].isEmpty))
  }

  @Test(arguments: Archive.allCases) func `may be without content`(format: Archive) throws {
    #expect(try blocks(of: reader(of: format.pack([], in: folder))).isEmpty)
  }

  @Test func `of zstd pass over frames that are not data`() throws {
    let skipped: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let frame = try Archive.zstd.pack(Array("one\n".utf8), in: folder)
    #expect(try text(of: reader(of: frame + skipped + frame)) == "one\none\n")
  }

  @Test func `of xz may have zeros between their streams`() throws {
    let stream = try Archive.xz.pack(Array("one\n".utf8), in: folder)
    let zeros = [UInt8](repeating: 0, count: 200_000)
    #expect(try text(of: reader(of: stream + zeros + stream + [0, 0, 0, 0])) == "one\none\n")
  }

  @Test(arguments: Archive.allCases, [6, 11, 40, 2000, 20_000, -100, -8, -4, -1])
  func `that are truncated are given in full before the error`(format: Archive, length: Int) throws
  {
    let archive = try format.pack(log, in: folder)
    let reader = try reader(of: archive.prefix(length < 0 ? archive.count + length : length))
    let (bytes, error) = try readToError(reader)
    #expect(sharedLength(bytes) == bytes.count)
    // All of the text of gzip is there before the eight bytes of its trailer.
    if format == .gzip, (-8..<0).contains(length) { #expect(bytes.count == log.count) }
    #expect(error?.description == "\(folder.file("log")): truncated \(format.rawValue) data")
  }

  /// Decompressed in another thread, an archive gives the same bytes, the same error and the same warning.
  @Test(arguments: Archive.allCases, [1, 1000, 300_000, 8 << 20])
  func `that are decompressed ahead are the same`(format: Archive, room: Int) throws {
    let log = Array(room == 1 ? log.prefix(10_000) : log[...])
    let whole = try format.pack(log, in: folder)
    let variants: [[UInt8]] = [
      whole, whole + whole + Array("garbage".utf8), Array(whole.dropLast(9)),
      Array(whole.prefix(whole.count / 2)),
    ]
    for bytes in variants {
      let path = try folder.write(bytes, to: "log")
      let source = try LogSource(path: path)
      let ahead = try #require(LogSource(ahead: path, room: room))
      func read(_ source: LogSource) throws -> (bytes: [UInt8], error: ReadError?) {
        var bytes: [UInt8] = []
        let reader = BlockReader(source)
        let error = readError {
          while let block = try unsafe reader.next() { unsafe bytes += block }
        }
        #expect(try unsafe reader.next() == nil)
        return (bytes, error)
      }
      let wanted = try read(source)
      let given = try read(ahead)
      let isSame = given.bytes == wanted.bytes
      #expect(isSame)
      #expect(given.error == wanted.error)
      #expect(ahead.garbageBehind == source.garbageBehind)
      #expect(ahead.readBytes == source.readBytes)
      #expect(ahead.modificationTime == source.modificationTime)
    }
  }

  @Test(arguments: Archive.allCases)
  func `that are decompressed ahead can be left at any time`(format: Archive) throws {
    let path = try folder.write(format.pack(log, in: folder), to: "log")
    for count in [0, 1, 1000, log.count] {
      let source = try #require(LogSource(ahead: path, room: 4096))
      #expect(try source.skip(to: count))
    }
  }

  @Test func `alone are decompressed ahead`() throws {
    #expect(try LogSource(ahead: folder.write(log, to: "log"), room: 4096) == nil)
    #expect(try LogSource(ahead: folder.makeFIFO("pipe"), room: 4096) == nil)
    #expect(LogSource(ahead: folder.file("none"), room: 4096) == nil)
    #expect(LogSource(ahead: "-", room: 4096) == nil)
  }

  /// Behind the damage some garbage may be decoded before a library sees it.
  @Test(arguments: Archive.allCases, [0.1, 0.5, 0.9])
  func `that are damaged are given up to the damage`(format: Archive, place: Double) throws {
    var archive = try format.pack(log, in: folder)
    let start = Int(Double(archive.count) * place)
    for offset in 0..<64 { archive[start + offset] ^= 0xff }
    let (bytes, error) = try readToError(reader(of: archive))
    #expect(sharedLength(bytes) < log.count)
    let description = try #require(error?.description)
    #expect(
      description.hasPrefix("\(folder.file("log")): corrupt \(format.rawValue) data")
        || description.hasSuffix("truncated \(format.rawValue) data"))
  }

  @Test(arguments: [(3, 0), (80_000, 100_000), (-8, Archives.log.count)])
  func `of gzip are given up to corrupt data`(place: Int, length: Int) throws {
    var archive = try folder.gzip(log)
    for offset in 0..<4 { archive[(place < 0 ? archive.count : 0) + place + offset] ^= 0xff }
    let (bytes, error) = try readToError(reader(of: archive))
    #expect(sharedLength(bytes) >= length)
    let description = try #require(error?.description)
    #expect(description.hasPrefix("\(folder.file("log")): corrupt gzip data: "))
  }

  @Test(arguments: Archive.allCases)
  func `of random bytes do no harm`(format: Archive) throws {
    var generator = SplitMix(state: 551)
    let magic = try format.pack([], in: folder).prefix(6)
    for _ in 0..<200 {
      let count = Int.random(in: 0..<300, using: &generator)
      let rest = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = try readToError(reader(of: magic + rest))
    }
  }

  @Test(arguments: Archive.allCases)
  func `in a pipe are given as they can be decoded`(format: Archive) throws {
    let path = try folder.makeFIFO("pipe")
    let reader = BlockReader(try LogSource(path: path))
    var writer: Writer? = try Writer(to: path)
    for line in ["one\n", "two\n"] {
      try writer?.write(bytes: format.pack(Array(line.utf8), in: folder))
      #expect(try unsafe reader.next().map { unsafe Array($0) } == Array(line.utf8))
    }
    writer = nil
    #expect(try unsafe reader.next() == nil)
  }
}
