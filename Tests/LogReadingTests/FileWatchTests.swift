import TestSupport
import Testing

@testable import LogReading

@Suite struct `File watch` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func hasEvent(_ watch: FileWatch) -> Bool {
    defer { watch.reset() }
    return pollReadable([watch.descriptor], milliseconds: 0)[0]
  }

  @Test func `wakes at once for what a follower must see`() throws {
    let path = try folder.write("one\n".utf8, to: "log")
    let watch = FileWatch(folderOf: path)
    let number = watch.add(try LogSource(path: path).file)
    #expect(!hasEvent(watch))
    try folder.append("two\n".utf8, to: "log")
    #expect(hasEvent(watch))
    try folder.truncate("log")
    #expect(hasEvent(watch))
    try folder.rename("log", to: "log.1")
    #expect(hasEvent(watch))
    try folder.append("late\n".utf8, to: "log.1")
    #expect(hasEvent(watch))
    watch.remove(number)
    watch.reset()
    try folder.append("later\n".utf8, to: "log.1")
    #expect(!hasEvent(watch))
    try folder.write([], to: "log")
    #expect(hasEvent(watch))
  }
}
