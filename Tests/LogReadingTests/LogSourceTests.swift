import Glibc
import LogReading
import TestSupport
import Testing

@Suite struct `Log source` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `refuses a directory`() {
    let error = readError { _ = try LogSource(path: folder.path) }
    #expect(error?.description == "\(folder.path): is a directory")
  }

  @Test func `names a missing file`() {
    let path = folder.file("missing")
    let error = readError { _ = try LogSource(path: path) }
    #expect(error?.reason == .system(ENOENT))
    #expect(error?.description == "\(path): No such file or directory")
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `names an unreadable file`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    unsafe chmod(path, 0)
    let error = readError { _ = try LogSource(path: path) }
    #expect(error?.reason == .system(EACCES))
  }

  @Test func `knows a file under another name`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    let other = try folder.write("one\n".utf8, to: "other")
    unsafe link(path, folder.file("again"))
    let identity = try LogSource(path: path).identity
    #expect(try LogSource(path: folder.file("again")).identity == identity)
    #expect(try LogSource(path: other).identity != identity)
  }

  @Test func `tells when a file was written, and not of a pipe`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    let time = try #require(try LogSource(path: path).modificationTime)
    #expect(abs(time - Glibc.time(nil)) < 60)
    #expect(try LogSource(path: folder.makeFIFO("pipe")).modificationTime == nil)
  }

  @Test func `reads standard input`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.write("one\ntwo".utf8, to: "log")
      try #require(dup2(unsafe open(path, O_RDONLY), STDIN_FILENO) == STDIN_FILENO)
      let reader = BlockReader(try LogSource(path: "-"))
      try #require(try text(of: reader) == "one\ntwo")
    }
  }

  @Test func `says that standard input is closed`() async {
    await #expect(processExitsWith: .success) {
      close(STDIN_FILENO)
      let error = readError { _ = try LogSource(path: "-") }
      try #require(error?.description == "standard input: Bad file descriptor")
    }
  }

  @Test func `needs room for a byte`() async {
    await #expect(processExitsWith: .failure) {
      _ = try unsafe LogSource(path: "/dev/null").read(into: .init(start: nil, count: 0))
    }
  }

  @Test(arguments: [0, 1, 2, 3, 10, 1000])
  func `gives the head of a log`(count: Int) throws {
    let log = Array("first line\nsecond line\n".utf8)
    let plain = try folder.write(log, to: "log")
    let compressed = try folder.write(folder.gzip(log), to: "log.gz")
    let damaged = try folder.write(folder.gzip(log).dropLast(8), to: "damaged.gz")
    for path in [plain, compressed, damaged] {
      #expect(LogSource.head(of: path, bytes: count) == Array(log.prefix(count)))
    }
    let pipe = try folder.makeFIFO("pipe")
    #expect(LogSource.head(of: pipe, bytes: count) == [])
  }
}
