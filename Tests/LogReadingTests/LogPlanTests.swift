import LogReading
import TestSupport
import Testing

/// Runs over a log that is rotated in between read every line once, in order.
@Suite struct `Log plan` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A line that is as much of a head as tells a file from others.
  private let long = String(repeating: "x", count: KnownFile.longestHead)

  /// What is remembered between runs.
  final class Memory {
    var known: [KnownFile] = []
    var lastScan: Int64?
    var gaps = 0
  }

  /// One run: the text that it reads, a file's name in front of each part.
  private func run(_ memory: Memory, log: String = "log") throws -> String {
    let plan = try LogPlan(
      path: folder.file(log), known: memory.known, lastScan: memory.lastScan)
    if plan.hasGap { memory.gaps += 1 }
    var text = ""
    var files = memory.known
    for place in files.indices { files[place].isCurrent = plan.found[place]?.isCurrent ?? false }
    for part in plan.parts {
      let known = part.known.map { memory.known[$0] }
      let opened = try PartReader(part, known: known)
      let reader = try #require(opened)
      while let block = unsafe try reader.next() {
        text += unsafe String(decoding: block, as: UTF8.self)
      }
      text += "\n"
      let finished = try reader.finish(lastTime: nil)
      let file = try #require(finished)
      if let place = part.known { files[place] = file } else { files.append(file) }
    }
    let kept = files.indices.filter { !plan.replaced.contains($0) }
    memory.known = plan.passed + kept.map { files[$0] }
    memory.lastScan = 1
    return text.split(separator: "\n").joined(separator: " ")
  }

  private func add(_ text: String, to name: String = "log") throws {
    try folder.append(text.utf8, to: name)
  }

  @Test func `reads on where the last run ended, whole lines only`() throws {
    let memory = Memory()
    try add("one\ntwo\nhal")
    #expect(try run(memory) == "one two")
    #expect(try run(memory) == "")
    try add("f\nthree\n")
    #expect(try run(memory) == "half three")
    #expect(try run(memory) == "")
  }

  /// The hole is longer than the buffer, and the line behind it is not whole yet.
  @Test func `reads on behind a hole`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try add(String(repeating: "\0", count: 600_000) + "hal")
    #expect(try run(memory) == "")
    try add("f\nthree\n")
    // What is left of the hole is the parser's matter.
    #expect(try run(memory).drop { $0 == "\0" } == "half three")
  }

  @Test func `passes over what was rotated before the first run`() throws {
    let memory = Memory()
    try add("old\n", to: "log.1")
    _ = try folder.gzip("older\n".utf8, to: "log.2.gz")
    try add("one\n")
    #expect(try run(memory) == "one")
    try add("late\n", to: "log.1")
    let late = try run(memory)
    #expect(late == "late")
    #expect(try run(memory) == "")
  }

  @Test func `follows a renamed file, and what a late writer adds to it`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try add("two\n")
    try folder.rename("log", to: "log.1")
    try add("three\n")
    #expect(try run(memory) == "two three")
    try add("late\n", to: "log.1")
    try add("four\n")
    #expect(try run(memory) == "late four")
    #expect(memory.gaps == 0)
  }

  @Test func `finds two rotations between runs, compressed or not`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try add("two\n")
    let first = try folder.contents(of: "log")
    try folder.rename("log", to: "log.1")
    try add("three\n")
    let second = try folder.contents(of: "log")
    _ = try folder.gzip(first.utf8, to: "log.2.gz")
    try folder.remove("log.1")
    try folder.remove("log")
    _ = try folder.gzip(second.utf8, to: "log.1.gz")
    try add("four\n")
    #expect(try run(memory) == "two three four")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 0)
  }

  @Test(arguments: ["new\n", "new\nand longer than the old one was\nby far\n"])
  func `sees a log that was copied and truncated, even if it is longer by now`(new: String) throws {
    let memory = Memory()
    try add("one\ntwo\n")
    #expect(try run(memory) == "one two")
    try add("three\n")
    try folder.write(folder.contents(of: "log").utf8, to: "log.1")
    // The same file, the same inode, another content.
    try folder.write(new.utf8, to: "log")
    let lines = new.split(separator: "\n").joined(separator: " ")
    #expect(try run(memory) == "three \(lines)")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 0)
  }

  @Test(arguments: [false, true])
  func `misses nothing in a copy that was made before the last lines were read`(isPacked: Bool)
    throws
  {
    let memory = Memory()
    try add(long + "\ntwo\n")
    let copy = try folder.contents(of: "log")
    try add("three\n")
    #expect(try run(memory) == "\(long) two three")
    if isPacked {
      _ = try folder.gzip(copy.utf8, to: "log.1.gz")
    } else {
      try folder.write(copy.utf8, to: "log.1")
    }
    try folder.write("four\n".utf8, to: "log")
    #expect(try run(memory) == "four")
    #expect(try run(memory) == "")
    try add("five\n")
    #expect(try run(memory) == "five")
    #expect(memory.gaps == 0)
  }

  @Test func `goes on at the end of a log that was cut, and tells of it`() throws {
    let memory = Memory()
    try add(long + "\ntwo\nthree\n")
    #expect(try run(memory) == "\(long) two three")
    try folder.write((long + "\ntwo\n").utf8, to: "log")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 1)
    try add("four\n")
    #expect(try run(memory) == "four")
    #expect(memory.gaps == 1)
  }

  @Test(arguments: [2, 3, 4, 5])
  func `takes the copy with the most lines, plain or compressed`(lines: Int) throws {
    let memory = Memory()
    let all = [long, "two", "three", "four", "five"]
    func text(_ count: Int) -> String { all.prefix(count).map { $0 + "\n" }.joined() }
    try add(text(3))
    _ = try run(memory)
    // As `gunzip -k` leaves it that was stopped, or as gzip leaves it that is at work.
    try folder.remove("log")
    _ = try folder.gzip(text(5).utf8, to: "log.1.gz")
    try folder.write(text(lines).utf8, to: "log.1")
    try add("six\n")
    #expect(try run(memory) == "four five six")
    #expect(try run(memory) == "")
    // The same of a log that is new as a whole.
    try folder.rename("log", to: "log.3")
    let new = "y" + text(5)
    _ = try folder.gzip(new.utf8, to: "log.2.gz")
    try folder.write(("y" + text(lines)).utf8, to: "log.2")
    #expect(try run(memory) == "y\(long) two three four five")
    #expect(try run(memory) == "")
  }

  @Test func `does not count a copy, whatever its name`() throws {
    let memory = Memory()
    try add("one\ntwo\n")
    #expect(try run(memory) == "one two")
    try folder.write("one\ntwo\n".utf8, to: "log.1")
    _ = try folder.gzip("one\ntwo\n".utf8, to: "log.2.gz")
    try folder.write("one\ntwo\n".utf8, to: "log-20261124")
    try folder.write("one\ntwo\n".utf8, to: "log.bak")
    try add("three\n")
    #expect(try run(memory) == "three")
  }

  /// Logs of one day have their first bytes in common, and a look can come when that is all there is.
  @Test func `knows a file by all that is known of its beginning`() throws {
    let memory = Memory()
    try add("2026-11-26 one\n\(long)\n")
    #expect(try run(memory) == "2026-11-26 one \(long)")
    try folder.rename("log", to: "log.1")
    try add("2026-11-26")
    #expect(try run(memory) == "")
    try add(" two\n")
    let first = try folder.contents(of: "log.1")
    _ = try folder.gzip(first.utf8, to: "log.2.gz")
    try folder.remove("log.1")
    try folder.rename("log", to: "log.1")
    try add("2026-11-26 three\n")
    let text = try run(memory)
    #expect(text == "2026-11-26 two 2026-11-26 three")
    #expect(memory.gaps == 0)
  }

  @Test func `tells of a log that was deleted before it was read to its end`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try folder.remove("log")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 1)
    try add("two\n")
    #expect(try run(memory) == "two")
    #expect(memory.gaps == 1)
  }

  @Test func `waits for a log that is created later, and for one that is empty at first`() throws {
    let memory = Memory()
    #expect(try run(memory) == "")
    try add("")
    #expect(try run(memory) == "")
    try add("one\n")
    #expect(try run(memory) == "one")
    #expect(memory.gaps == 0)
    // Emptied again, which nobody can tell from lost lines, and then filled.
    try folder.write([UInt8](), to: "log")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 1)
    try add("two\n")
    #expect(try run(memory) == "two")
    #expect(memory.gaps == 1)
  }

  /// A run saw the log empty, and another rotation came before the next run.
  @Test(arguments: [false, true], [0, 1, 2])
  func `reads the files behind one that was empty in their order`(isCopied: Bool, more: Int) throws
  {
    let memory = Memory()
    var rotations = 0
    func rotate() throws {
      for number in stride(from: rotations, to: 0, by: -1) {
        try folder.rename("log.\(number)", to: "log.\(number + 1)")
      }
      rotations += 1
      if isCopied {
        try folder.write(folder.contents(of: "log").utf8, to: "log.1")
      } else {
        try folder.rename("log", to: "log.1")
      }
      try folder.write([UInt8](), to: "log")
    }
    try add("one\n")
    #expect(try run(memory) == "one")
    try rotate()
    #expect(try run(memory) == "")
    try add("two\n")
    for number in 0..<more {
      try rotate()
      try add("\(number)\n")
    }
    #expect(try run(memory) == (["two"] + (0..<more).map { "\($0)" }).joined(separator: " "))
    #expect(try run(memory) == "")
    // The order holds for what late writers add as well.
    for number in 1...rotations { try add("late \(number)\n", to: "log.\(number)") }
    try add("new\n")
    let late = (1...rotations).reversed().map { "late \($0)" }.joined(separator: " ")
    #expect(try run(memory) == late + " new")
    #expect(memory.gaps == 0)
  }

  @Test func `does not take a new file for another one that has its name by then`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try folder.rename("log", to: "log.2")
    try add("two\n")
    let plan = try LogPlan(path: folder.file("log"), known: memory.known, lastScan: 1)
    try folder.rename("log", to: "log.1")
    try add("three\n")
    for part in plan.parts where part.known == nil {
      #expect(try PartReader(part, known: nil) == nil)
    }
    #expect(try run(memory) == "two three")
  }

  /// Nothing of it was seen by which the archive could be known again.
  @Test(arguments: ["", "two\n"])
  func `misses nothing of a log that was empty, and packed before the next run`(
    text: String
  ) throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try folder.rename("log", to: "log.2")
    try add("")
    _ = try Program.run("/usr/bin/touch", ["-d", "2026-11-20 03:00", folder.file("log")])
    #expect(try run(memory) == "")
    if !text.isEmpty { try add(text) }
    let archive = try folder.gzip(text.utf8, to: "log.1.gz")
    _ = try Program.run("/usr/bin/touch", ["-r", folder.file("log"), archive])
    try folder.remove("log")
    try add("")
    #expect(try run(memory) + "\n" == (text.isEmpty ? "\n" : text))
    #expect(memory.gaps == 0)
    // With nothing in its place it is lost, with whatever came into it.
    try folder.remove("log")
    #expect(try run(memory) == "")
    #expect(memory.gaps == 1)
  }

  @Test func `does not count the copy of a log that was empty before`() throws {
    let memory = Memory()
    try add("")
    #expect(try run(memory) == "")
    try add("one\n")
    try folder.write("one\n".utf8, to: "log.1")
    #expect(try run(memory) == "one")
    try folder.write("two\n".utf8, to: "log")
    #expect(try run(memory) == "two")
    #expect(memory.gaps == 0)
  }

  /// Compressing and copying give files other times.
  @Test func `orders new rotated files as their names say`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    try folder.rename("log", to: "log.4")
    try add("four\n", to: "log.1")
    try add("three\n", to: "log.2")
    try add("five\n")
    _ = try folder.gzip("two\n".utf8, to: "log.3.gz")
    #expect(try run(memory) == "two three four five")
    #expect(try run(memory) == "")
  }

  @Test func `takes the last line of an archive even without its end`() throws {
    let memory = Memory()
    try add("one\n")
    #expect(try run(memory) == "one")
    _ = try folder.gzip("one\ntwo\nthree".utf8, to: "log.1.gz")
    try folder.write("four\n".utf8, to: "log")
    #expect(try run(memory) == "two three four")
  }

  @Test func `gives the lines before the new ones as context`() throws {
    let path = folder.file("log")
    try add("one\ntwo\nthree\n")
    let first = try LogPlan(path: path, known: [], lastScan: nil)
    let opened = try PartReader(first.parts[0], known: nil)
    let reader = try #require(opened)
    #expect(reader.context.isEmpty)
    while unsafe try reader.next() != nil {}
    let read = try reader.finish(lastTime: nil)
    try add("four\n")
    let second = try LogPlan(path: path, known: [try #require(read)], lastScan: 1)
    let again = try PartReader(second.parts[0], known: read)
    #expect(String(decoding: try #require(again).context, as: UTF8.self) == "one\ntwo\nthree\n")
  }

  /// Two names, and whether the first one is that of the older file; nil where they do not tell.
  @Test(
    arguments: [
      ("log.1", "log", true), ("/a/log.2.gz", "/a/log.1", true), ("log.10.xz", "log.9", true),
      ("log-20261123", "log-20261124.gz", true), ("log-20261124", "log", true),
      ("log.1.gz", "/a/log.gz", nil), ("/a/log.1.gz", "/a/log.gz", true), ("log.1", "log.xz", true),
      ("log", "log.gz", nil), ("log.old", "log", true), ("log.1", "log.1.gz", nil),
      ("/a/log.1", "/b/log", nil),
      ("log", "other.1", nil), ("log.1", "log-20261124", nil), ("a-1/log", "a-1/log.1", false),
    ] as [(String, String, Bool?)])
  func `tells the older file by the names that rotation gives`(a: String, b: String, isOlder: Bool?)
  {
    #expect(RotatedLogs.isOlder(a, than: b) == isOlder)
    #expect(RotatedLogs.isOlder(b, than: a) == isOlder.map { !$0 })
  }

  @Test(arguments: [
    ("log.1", true), ("log.12.gz", true), ("log-20261124", true), ("log-20261124.xz", true),
    ("log.old", true), ("log.2026-11-24T01:00.zst", true), ("log.0", true), ("log.01", true),
    ("log.bak", false), ("log.1.swp", false), ("logs.1", false), ("log.gz", false),
    ("log.offset", false), ("otherlog.1", false), ("log-", false),
  ])
  func `takes only names that a rotation gives`(name: String, isRotated: Bool) throws {
    let memory = Memory()
    try add("current\n")
    _ = try run(memory)
    try folder.write("new\n".utf8, to: name)
    let isCompressed = name.hasSuffix("z") || name.hasSuffix("zst")
    // The content tells, not the name.
    #expect(try run(memory) == (isRotated ? "new" : ""), "\(isCompressed)")
  }
}
