import Glibc
import LogReading
import TestSupport
import Testing

@Suite struct `Log follower` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func follower(of text: String, capacity: Int = 64) throws -> LogFollower {
    let path = try folder.write(text.utf8, to: "log")
    return try LogFollower(path: path, capacity: capacity)
  }

  @Test func `gives lines as they are appended`() throws {
    let follower = try follower(of: "one\ntw")
    #expect(try next(of: follower) == "one\n")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.append("o".utf8, to: "log")
    #expect(try next(of: follower, within: 20) == "(idle)")
    try folder.append("\nthree\n".utf8, to: "log")
    #expect(try next(of: follower) == "two\nthree\n")
  }

  @Test func `begins with an empty file`() throws {
    let follower = try follower(of: "")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.append("one\n".utf8, to: "log")
    #expect(try next(of: follower) == "one\n")
  }

  @Test(arguments: [10, 1000])
  func `passes over the lines that are there`(count: Int) throws {
    let path = try folder.write(logLines(count) + Array("ha".utf8), to: "log")
    let follower = try LogFollower(path: path, fromStart: false, capacity: 64)
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.append("lf\nnew\n".utf8, to: "log")
    #expect(try next(of: follower) == "half\nnew\n")
  }

  @Test func `cuts a long line`() throws {
    let follower = try follower(of: "0123456789abcdefghi", capacity: 16)
    #expect(try next(of: follower) == "0123456789abcdef")
    try folder.append("jkl\nnext\n".utf8, to: "log")
    #expect(try next(of: follower) == "next\n")
    #expect(follower.cutBytes == 6)
  }

  @Test func `goes over to the new file of a rotation`() throws {
    let follower = try follower(of: "one\n")
    #expect(try next(of: follower) == "one\n")
    try folder.append("two\nthr".utf8, to: "log")
    try folder.rename("log", to: "log.1")
    try folder.write("four\n".utf8, to: "log")
    #expect(try next(of: follower) == "two\n")
    #expect(try next(of: follower) == "thr")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "four\n")
  }

  @Test func `reads the old file while the new one is empty`() throws {
    let follower = try follower(of: "one\n")
    #expect(try next(of: follower) == "one\n")
    try folder.rename("log", to: "log.1")
    try folder.write([], to: "log")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.append("late\n".utf8, to: "log.1")
    #expect(try next(of: follower) == "late\n")
    try folder.append("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "new\n")
  }

  @Test func `reads the old file once more after the rotation`() throws {
    let follower = try follower(of: "one\n")
    #expect(try next(of: follower) == "one\n")
    try folder.rename("log", to: "log.1")
    try folder.write("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "new\n")
    try folder.append("late\nlater".utf8, to: "log.1")
    #expect(try next(of: follower) == "late\n")
    #expect(try next(of: follower, within: 0) == "later")
    #expect(try next(of: follower, within: 0) == "(idle)")
  }

  @Test func `follows one rotation after another`() throws {
    let follower = try follower(of: "0\n")
    #expect(try next(of: follower) == "0\n")
    for number in 1...4 {
      try folder.rename("log", to: "log.\(number)")
      try folder.write("\(number)\n".utf8, to: "log")
      #expect(try next(of: follower) == "(rotated)")
      #expect(try next(of: follower) == "\(number)\n")
    }
  }

  @Test func `does not pass over an empty file that is replaced`() throws {
    let follower = try follower(of: "one\n")
    #expect(try next(of: follower) == "one\n")
    try folder.rename("log", to: "log.2")
    try folder.write([], to: "log")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.rename("log", to: "log.1")
    try folder.append("between\n".utf8, to: "log.1")
    try folder.write("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "between\n")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "new\n")
  }

  @Test(arguments: [0, 2])
  func `reads a truncated file from its start`(length: Int) throws {
    let follower = try follower(of: "one\ntwo\nthr")
    #expect(try next(of: follower) == "one\ntwo\n")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try folder.truncate("log", to: length)
    #expect(try next(of: follower) == "thr")
    try folder.append("new line, longer\n".utf8, to: "log")
    #expect(try next(of: follower) == "(truncated)")
    #expect(try next(of: follower) == "one".prefix(length) + "new line, longer\n")
  }

  @Test func `waits for a deleted file`() throws {
    let follower = try follower(of: "one\nha")
    #expect(try next(of: follower) == "one\n")
    let writer = try Writer(to: folder.file("log"))
    try folder.remove("log")
    #expect(try next(of: follower, within: 0) == "(idle)")
    try writer.write("lf\nend")
    #expect(try next(of: follower) == "half\n")
    try folder.write("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "end")
    #expect(try next(of: follower) == "(rotated)")
    #expect(try next(of: follower) == "new\n")
  }

  @Test func `waits for a file in place of a folder`() throws {
    let follower = try follower(of: "one\n")
    #expect(try next(of: follower) == "one\n")
    try folder.remove("log")
    unsafe mkdir(folder.file("log"), 0o700)
    #expect(try next(of: follower, within: 0) == "(idle)")
    unsafe rmdir(folder.file("log"))
    try folder.write("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "(rotated)")
  }

  @Test func `stops when asked, with all that is there`() throws {
    let path = try folder.write("one\ntwo\nthr".utf8, to: "log")
    let request = try StopRequest()
    let follower = try LogFollower(
      path: path, wakeDescriptor: request.descriptor, capacity: 16)
    #expect(try next(of: follower) == "one\ntwo\n")
    try request.send()
    #expect(try next(of: follower) == "thr")
    #expect(try next(of: follower) == "(stopped)")
    try folder.append("ee\n".utf8, to: "log")
    #expect(try next(of: follower) == "(stopped)")
  }

  @Test func `does not read on for ever when asked to stop`() throws {
    let path = try folder.write([], to: "log")
    let request = try StopRequest()
    let follower = try LogFollower(
      path: path, wakeDescriptor: request.descriptor, capacity: 16)
    try folder.write("0123456789abcde\nsecond line\n".utf8, to: "log")
    try request.send()
    #expect(try next(of: follower) == "0123456789abcde\n")
    try folder.append("too late\n".utf8, to: "log")
    #expect(try next(of: follower) == "second line\n")
    #expect(try next(of: follower) == "(stopped)")
  }

  @Test func `reads the new file of a rotation before it stops`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    let request = try StopRequest()
    let follower = try LogFollower(path: path, wakeDescriptor: request.descriptor)
    #expect(try next(of: follower) == "one\n")
    try folder.append("two\n".utf8, to: "log")
    try folder.rename("log", to: "log.1")
    try folder.write("new\nend".utf8, to: "log")
    try request.send()
    #expect(try [next(of: follower), next(of: follower)] == ["two\n", "(rotated)"])
    #expect(try [next(of: follower), next(of: follower)] == ["new\n", "end"])
    #expect(try next(of: follower) == "(stopped)")
  }

  @Test func `reads the old file a last time before it stops`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    let request = try StopRequest()
    let follower = try LogFollower(path: path, wakeDescriptor: request.descriptor)
    #expect(try next(of: follower) == "one\n")
    try folder.rename("log", to: "log.1")
    try folder.write("new\n".utf8, to: "log")
    #expect(try next(of: follower) == "(rotated)")
    try folder.append("late\n".utf8, to: "log.1")
    try request.send()
    #expect(try [next(of: follower), next(of: follower)] == ["new\n", "late\n"])
    #expect(try next(of: follower) == "(stopped)")
  }

  @Test func `reads a pipe until it is closed`() throws {
    let path = try folder.makeFIFO("pipe")
    let follower = try LogFollower(path: path)
    #expect(try next(of: follower, within: 0) == "(idle)")
    var writer: Writer? = try Writer(to: path)
    #expect(try next(of: follower, within: 0) == "(idle)")
    try writer?.write("one\ntw")
    #expect(try next(of: follower) == "one\n")
    #expect(try next(of: follower, within: 20) == "(idle)")
    try writer?.write("o\nend")
    #expect(try next(of: follower) == "two\n")
    writer = nil
    #expect(try next(of: follower) == "end")
    #expect(try next(of: follower) == "(end)")
    #expect(try next(of: follower) == "(end)")
  }

  @Test func `stops at a pipe that is open`() throws {
    let path = try folder.makeFIFO("pipe")
    let request = try StopRequest()
    let follower = try LogFollower(path: path, wakeDescriptor: request.descriptor)
    let writer = try Writer(to: path)
    try writer.write("one\ntw")
    try request.send()
    #expect(try next(of: follower, within: -1) == "one\n")
    try writer.write("o\n")
    #expect(try next(of: follower, within: -1) == "tw")
    #expect(try next(of: follower, within: -1) == "(stopped)")
  }

  @Test func `stops at a pipe without a writer`() throws {
    let request = try StopRequest()
    let follower = try LogFollower(
      path: folder.makeFIFO("pipe"), wakeDescriptor: request.descriptor)
    try request.send()
    #expect(try next(of: follower, within: -1) == "(stopped)")
  }

  @Test func `reads a compressed file once`() throws {
    let path = try folder.write(folder.gzip(Array("one\ntwo".utf8)), to: "log")
    for fromStart in [true, false] {
      let follower = try LogFollower(path: path, fromStart: fromStart)
      #expect(try next(of: follower) == "one\n")
      #expect(try next(of: follower) == "two")
      #expect(try next(of: follower) == "(end)")
    }
  }

  @Test func `ends after an error`() throws {
    let archive = try folder.gzip(Array("one\ntwo".utf8)).dropLast(2)
    let follower = try LogFollower(path: folder.write(archive, to: "log"))
    #expect(try next(of: follower) == "one\n")
    #expect(try next(of: follower) == "two")
    #expect(readError { _ = try next(of: follower) }?.attempt == .decompress)
    #expect(try next(of: follower) == "(end)")
  }

  @Test func `needs a log to begin with`() throws {
    #expect(
      readError { _ = try LogFollower(path: folder.file("log")) }?.reason == .system(ENOENT))
    #expect(readError { _ = try LogFollower(path: folder.path) }?.reason == .isDirectory)
  }
}
