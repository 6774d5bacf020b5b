import CZlib
import Glibc
import LogReading
import TestSupport

/// Everything a reader gives, block by block.
func blocks(of reader: BlockReader) throws -> [[UInt8]] {
  var blocks: [[UInt8]] = []
  while let block = try unsafe reader.next() { blocks.append(unsafe Array(block)) }
  return blocks
}

/// Everything a reader gives, as one text.
func text(of reader: BlockReader) throws -> String {
  String(decoding: try blocks(of: reader).joined(), as: UTF8.self)
}

/// The error that a call throws; nil when it throws none.
func readError(from call: () throws -> Void) -> ReadError? {
  do {
    try call()
    return nil
  } catch {
    return error as? ReadError
  }
}

/// What a follower gives next, as a word or as the text of a block.
func next(of follower: LogFollower, within milliseconds: Int = 5000) throws -> String {
  switch try follower.next(timeoutMilliseconds: milliseconds) {
  case .block(let block): unsafe String(decoding: block, as: UTF8.self)
  case .idle: "(idle)"
  case .rotated: "(rotated)"
  case .truncated: "(truncated)"
  case .stopped: "(stopped)"
  case .end: "(end)"
  }
}

/// The writing end of a FIFO or a pipe, closed with the object.
final class Writer {
  private let descriptor: Int32

  /// Opens a FIFO that has a reader, or a file at its end.
  init(to path: String) throws {
    descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 { throw TestFailure("\(path): errno \(errno)") }
  }

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  func write(_ text: String) throws { try write(bytes: Array(text.utf8)) }

  func write(bytes: [UInt8]) throws {
    let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
    if written != bytes.count { throw TestFailure("short write: errno \(errno)") }
  }
}

/// A pipe that asks a follower to stop once something is written.
final class StopRequest {
  let descriptor: Int32
  private let writer: Writer

  init() throws {
    var ends: [Int32] = [-1, -1]
    if unsafe pipe(&ends) != 0 { throw TestFailure("pipe: errno \(errno)") }
    descriptor = ends[0]
    writer = Writer(descriptor: ends[1])
  }

  deinit { close(descriptor) }

  func send() throws { try writer.write("!") }
}

extension TemporaryFolder {
  /// Makes a FIFO and gives its path.
  func makeFIFO(_ name: String) throws -> String {
    if unsafe mkfifo(file(name), 0o600) != 0 { throw TestFailure("\(name): errno \(errno)") }
    return file(name)
  }

  /// Renames a file inside the folder.
  func rename(_ old: String, to new: String) throws {
    if unsafe Glibc.rename(file(old), file(new)) != 0 {
      throw TestFailure("\(old): errno \(errno)")
    }
  }

  /// Removes a file.
  func remove(_ name: String) throws {
    if unsafe unlink(file(name)) != 0 { throw TestFailure("\(name): errno \(errno)") }
  }

  /// Makes a file shorter, as copytruncate does.
  func truncate(_ name: String, to length: Int = 0) throws {
    if unsafe Glibc.truncate(file(name), off_t(length)) != 0 {
      throw TestFailure("\(name): errno \(errno)")
    }
  }

  /// Compresses some bytes as one gzip member.
  func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let path = file("member.gz")
    guard let member = unsafe gzopen(path, "wb") else { throw TestFailure("gzopen failed") }
    let count = unsafe gzwrite(member, bytes, UInt32(bytes.count))
    guard unsafe gzclose(member) == Z_OK, count == bytes.count else {
      throw TestFailure("gzwrite failed")
    }
    return try contents(of: path)
  }

  private func contents(of path: String) throws -> [UInt8] {
    guard let stream = unsafe fopen(path, "r") else { throw TestFailure("\(path): errno \(errno)") }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    while case let byte = unsafe getc(stream), byte >= 0 { bytes.append(UInt8(byte)) }
    return bytes
  }
}

/// Log lines that do not compress to almost nothing: numbers of a fixed generator.
func logLines(_ count: Int) -> [UInt8] {
  var random = SplitMix(state: 1)
  return (0..<count).flatMap { number in Array("\(number) \(random.next())\n".utf8) }
}
