import TestSupport
import Testing

@Suite struct `Patterns command` {
  static let rule = """
    mta = "exim"
    [[rule]]
    name = "greeting"
    key = "session"
    event = "ignore"
    regex = '''hello'''
    [[rule.sample]]
    line = '''2026-11-24 02:11:24 hello world'''
    expect = { event = "ignore" }

    """

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `proves the built-in patterns in any zone`() throws {
    for zone in ["UTC", "CET-1CEST,M3.5.0,M10.5.0/3", "<+1345>-13:45"] {
      let outcome = try bouncelog(["patterns", "test"], environment: ["TZ=\(zone)"])
      #expect(outcome.status == 0)
      #expect(outcome.output.contains(": all right\n"))
    }
  }

  @Test func `proves a user's rule, and says what is wrong with it`() throws {
    let path = try folder.write(Self.rule.utf8, to: "mine.toml")
    #expect(try bouncelog(["patterns", "test", "--patterns", folder.path]).status == 0)
    #expect(try bouncelog(["patterns", "test", path]).status == 0)
    try folder.write(
      Self.rule.replacing("{ event = \"ignore\" }", with: "{ event = \"received\" }").utf8,
      to: "mine.toml")
    let wrong = try bouncelog(["patterns", "test", folder.path])
    #expect(wrong.status == 1)
    #expect(
      wrong.lines.first == "\(path):7:1: greeting: event is \"ignore\", not \"received\"")
    try folder.write(Self.rule.replacing("hello world", with: "hallo Welt").utf8, to: "mine.toml")
    let unreached = try bouncelog(["patterns", "test", folder.path])
    #expect(unreached.status == 65)
    #expect(unreached.errors.contains("\(path):6:12: greeting: no sample reaches it"))
    #expect(
      unreached.lines.prefix(3) == [
        "\(path):7:1: greeting: no pattern recognises the sample",
        "  2026-11-24 02:11:24 hallo Welt", "                       ^ matched up to here",
      ])
  }

  @Test func `use a user's rule for a report`() throws {
    let log = monday + "2026-11-24 02:11:24 hello world\n"
    try folder.write(Self.rule.utf8, to: "exim.toml")
    #expect(try json([], input: log)["input"]?["unrecognised"] == 1)
    let json = try json(["--patterns", folder.path], input: log)
    #expect(json["input"]?["unrecognised"] == 0)
    #expect(json["failures"]?["total"] == 2)
  }

  @Test func `gives up a rule that is too costly, and reports all the same`() throws {
    let costly = Self.rule.replacing("'''hello'''", with: #"'''(?:\w+\s?)+$'''"#)
    try folder.write(costly.utf8, to: "costly.toml")
    let line = "2026-11-24 02:11:24 " + String(repeating: "a", count: 60) + "!\n"
    let json = try json(["--patterns", folder.path], input: monday + line + line)
    #expect(json["input"]?["limits"] == ["greeting": 2])
    #expect(json["failures"]?["total"] == 2)
  }

  @Test func `names a rule for replies that is too costly too`() throws {
    let rule = #"""
      [[rule]]
      name = "costly"
      reason = "spam-rejected"
      regex = '''(?:\w+\s?)+$'''
      sample = ["551 spam"]

      """#
    try folder.write(rule.utf8, to: "replies.toml")
    let log = monday.replacing("551 ", with: "551 \(String(repeating: "a", count: 60))! ")
    try #require(log != monday)
    let report = try bouncelog(["report", "--patterns", folder.path], input: log)
    #expect(report.output.contains("Warning: pattern costly given up 2 times: too costly"))
    #expect(
      try json(["--patterns", folder.path], input: log)["input"]?["limits"] == ["costly": 2])
  }

  @Test func `lists frames and rules in their order`() throws {
    try folder.write(Self.rule.utf8, to: "mine.toml")
    let outcome = try bouncelog(["patterns", "list", "--patterns", folder.path])
    #expect(outcome.status == 0)
    let names = outcome.lines.map { $0.prefix { $0 != " " } }
    let greeting = try #require(names.firstIndex(of: "greeting"))
    let other = try #require(names.firstIndex(of: "failed-by-reply"))
    let frame = try #require(names.firstIndex(of: "message"))
    #expect(frame < greeting && greeting < other)
    #expect(outcome.lines[greeting].hasSuffix("/mine.toml"))
  }

  @Test func `shows a rule, or a file as it was written`() throws {
    let path = try folder.write(Self.rule.utf8, to: "mine.toml")
    let rule = try bouncelog(["patterns", "show", "--patterns", folder.path, "greeting"])
    #expect(rule.status == 0)
    for part in ["greeting", "\(path):6", "session", "hello", "2026-11-24 02:11:24 hello world"] {
      #expect(rule.output.contains(part))
    }
    let file = try bouncelog(["patterns", "show", "--patterns", folder.path, "mine.toml"])
    #expect(file.output == Self.rule)
    let none = try bouncelog(["patterns", "show", "nobody"])
    #expect(none.status == 1)
    #expect(none.errors.contains("nobody"))
  }

  @Test func `tries the patterns on a log`() throws {
    let log = try folder.write((monday + tuesday + "what is 1\nwhat is 2\n").utf8, to: "log")
    let outcome = try bouncelog(["patterns", "try", log])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("14 lines, 2 not recognised (14.285%)"))
    #expect(outcome.lines.contains { $0.hasSuffix("2  what is <N>") })
    #expect(outcome.lines.contains { $0.hasSuffix("4  failed-by-reply") })
    #expect(outcome.lines.contains { $0.hasPrefix("never: ") && $0.contains("callout") })
    #expect(try bouncelog(["patterns", "coverage", log]).output == outcome.output)
    #expect(try bouncelog(["patterns", "try", "-"], input: "garbage\n").status == 65)
  }
}
