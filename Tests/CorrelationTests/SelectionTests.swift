import Correlation
import LogPatterns
import MailTerms
import PatternFiles
import TestSupport
import Testing

@Suite struct `Code filter` {
  static func enhanced(_ text: String) -> EnhancedCode? {
    Reply(raw: Array("551 \(text)".utf8)[...]).enhanced
  }

  /// Words, the replies that they accept, and those that they do not.
  @Test(arguments: [
    (["551"], ["551 -", "551 5.1.1"], ["550 -", "552 -", "- -", "450 5.5.1"]),
    (["5xx"], ["500 -", "551 5.1.1", "599 -"], ["450 -", "250 -", "- -"]),
    (["4XX"], ["400 -", "499 4.2.0"], ["500 -", "399 -"]),
    (["550-554"], ["550 -", "552 5.1.1", "554 -"], ["549 -", "555 -", "- -"]),
    (["5.1.6"], ["551 5.1.6", "550 5.1.6", "- 5.1.6"], ["551 -", "551 5.1.60", "516 -"]),
    (["551,450"], ["551 -", "450 4.2.0"], ["550 -"]),
    (["551", "5.7.1"], ["551 -", "554 5.7.1"], ["554 -"]),
    (["all"], ["551 -", "- -", "250 2.0.0", "- 5.1.6"], []),
    (["550", "all"], ["551 -", "- -"], []),
  ])
  func `accepts`(words: [String], accepted: [String], refused: [String]) throws {
    let filter = try #require(CodeFilter(words))
    for (reply, isWanted) in accepted.map({ ($0, true) }) + refused.map({ ($0, false) }) {
      let parts = reply.split(separator: " ").map(String.init)
      #expect(
        filter.matches(code: Int(parts[0]), enhanced: Self.enhanced(parts[1])) == isWanted,
        "\(reply)")
    }
    #expect(filter.words == words.flatMap { $0.split(separator: ",").map(String.init) })
  }

  @Test(arguments: [
    [], [""], [","], ["abc"], ["55"], ["5511"], ["199"], ["600"], ["551-550"], ["550-"], ["-551"],
    ["550-551-552"], ["5x"], ["5x1"], ["1xx"], ["6xx"], ["5.1"], ["5.1.1.1"], ["3.1.1"],
    ["5.1.1000"],
    ["5..1"], ["551", "x"], ["551 550"], ["ALL!"], ["+51"],
  ])
  func `refuses words that are no codes`(words: [String]) {
    #expect(CodeFilter(words) == nil)
  }

  @Test(arguments: ["+551", "551-+552", "5.+1.6"])
  func `refuses numbers with a sign`(word: String) {
    #expect(CodeFilter([word]) == nil)
  }
}

@Suite struct `Shell glob` {
  @Test(arguments: [
    ("*", ["", "mx.example"], []),
    ("mx.example", ["mx.example", "MX.Example"], ["mx.example.org", "amx.example", ""]),
    ("*.Example", ["mx.example", "a.b.example", ".example"], ["example", "mx.example.org"]),
    ("mx?.example", ["mx1.example", "mx-.example"], ["mx.example", "mx12.example"]),
    ("*a*b*", ["ab", "xaxbx", "aab"], ["ba", "a", "b"]),
    ("a*a", ["aa", "aba"], ["a", "ab"]),
    ("<>", ["<>"], ["", "<"]),
    ("", [""], ["x"]),
    ("mx[1].*", ["mx[1].example"], ["mx1.example"]),
    ("?", ["x"], ["", "xx"]),
  ])
  func `matches the whole text`(glob: String, matching: [String], other: [String]) {
    for text in matching { #expect(Glob(glob).matches(text), "\(text)") }
    for text in other { #expect(!Glob(glob).matches(text), "\(text)") }
  }

  /// A pattern with many stars is not tried in exponentially many ways.
  @Test func `is not slow on purpose`() {
    let glob = Glob(String(repeating: "a*", count: 40) + "b")
    #expect(!glob.matches(String(repeating: "a", count: 2000)))
  }
}

@Suite struct `Selected outcomes` {
  static let log = [
    arrival("01:00:00", a), failure("02:00:00", a), failure("03:00:00", a, "eva@d1.test"),
    arrival("01:00:00", b, "x@bcorp.example"),
    failure("02:59:59.999", b, host: "mx9.other.test [127.0.1.9]"),
    line("02:30:00", b, "** y@fail.example R=failr : 551 no"),
  ]

  static func figures(_ change: (inout Selection) -> Void) throws -> [String] {
    let story = try story(log, settings: { change(&$0.selection) })
    return story.section(.failures).filter { $0.hasPrefix("total") || $0.hasPrefix("sender") }
      + story.section(.local).filter { $0.hasPrefix("total") }.map { "local \($0)" }
      + story.figures.filter { $0.hasPrefix("tried") }
  }

  static func moment(_ clock: String) -> Int64 {
    var reader = TimeReader(reference: 0)
    return reader.read(Array("2026-11-24 \(clock)".utf8).span, zone: [0x5A].span).microseconds
  }

  @Test func `takes everything by default`() throws {
    #expect(
      try Self.figures { _ in } == [
        "sender acme.example 2 of 2", "sender bcorp.example 1 of 2", "total 3", "local total 1",
        "tried 4",
      ])
  }

  @Test func `has a period with its first moment and without its last`() throws {
    #expect(
      try Self.figures {
        $0.since = Self.moment("02:00:00")
        $0.until = Self.moment("03:00:00")
      } == [
        "sender acme.example 1 of 1", "sender bcorp.example 1 of 2", "total 2", "local total 1",
        "tried 3",
      ])
    #expect(
      try Self.figures { $0.since = Self.moment("02:00:01") } == [
        "sender acme.example 1 of 1", "sender bcorp.example 1 of 2", "total 2", "local total 1",
        "tried 3",
      ])
    #expect(
      try Self.figures { $0.until = Self.moment("02:00:00") } == ["tried 0"])
  }

  @Test func `takes a remote host or a sender domain`() throws {
    #expect(
      try Self.figures { $0.remoteHost = Glob("*.D1.test") } == [
        "sender acme.example 2 of 2", "total 2", "tried 2",
      ])
    #expect(
      try Self.figures { $0.senderDomain = Glob("b*") } == [
        "sender bcorp.example 1 of 2", "total 1", "local total 1", "tried 2",
      ])
  }

  @Test func `takes an origin`() throws {
    #expect(try Self.figures { $0.origins = [.local] } == ["local total 1", "tried 4"])
    #expect(
      try Self.figures { $0.origins = [.remote] } == [
        "sender acme.example 2 of 2", "sender bcorp.example 1 of 2", "total 3", "tried 4",
      ])
  }

  @Test func `takes a line without a time only where no period was asked for`() throws {
    var selection = Selection(codes: try #require(CodeFilter(["551"])))
    #expect(selection.includes(.unknown))
    selection.since = 0
    #expect(!selection.includes(.unknown))
  }
}

@Suite struct `Cases of patterns` {
  static func problems(_ files: [PatternFile]) throws -> (count: Int, problems: [PatternProblem]) {
    var check = CaseCheck(
      catalog: try PatternCatalog(files: files), clock: TimeReader(reference: 1_795_564_800))
    check.run()
    return (check.count, check.problems)
  }

  @Test func `hold for all built-in patterns`() throws {
    let (count, problems) = try Self.problems(PatternFolders.files(overlaidBy: []))
    #expect(problems.map { "\($0.position.line): \($0.pattern): \($0.message)" } == [])
    #expect(count >= 2)
  }

  @Test(arguments: [
    ("{ event = \"failed\", code = 551 }", []),
    ("{ event = \"failed\", code = 551, enhanced = \"\", bounce_id = \"\" }", []),
    ("", ["1 events, not 0: failed"]),
    ("{ event = \"failed\" }, { event = \"failed\" }", ["1 events, not 2: failed"]),
    ("{ event = \"failed\", code = 550 }", ["event 1: code is \"551\", not \"550\""]),
    ("{ sender = \"\" }", ["event 1: sender is \"alice@acme.example\", not \"\""]),
  ])
  func `show what is wrong, and where`(expected: String, messages: [String]) throws {
    let folder = try TemporaryFolder()
    let text = """
      mta = "exim"

      [[case]]
      name = "a story"
      log = '''
      \(arrival("02:11:20", a))
      \(failure("02:11:21", a))
      '''
      expect = [ \(expected) ]
      """
    let path = try folder.write(text.utf8, to: "mine.toml")
    let files = try PatternFolders.read(folder: folder.path) + PatternFolders.files(overlaidBy: [])
    let (_, problems) = try Self.problems(files)
    #expect(problems.map(\.message) == messages)
    #expect(
      problems.allSatisfy { $0.file == path && $0.position == FilePosition(line: 3, column: 1) })
    #expect(problems.allSatisfy { $0.pattern == "a story" })
  }
}
