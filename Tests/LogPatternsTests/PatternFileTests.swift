import LogPatterns
import MailTerms
import PatternFiles
import TestSupport
import Testing

@Suite struct `Pattern file` {
  /// A text with a mark where the error must point, and what it must say.
  struct Mistake: CustomTestStringConvertible {
    var text: String
    var message: String

    init(_ message: String, _ text: String) {
      self.message = message
      self.text = text
    }

    var testDescription: String { message }
  }

  static let rules = [
    Mistake(
      "two stands here twice",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = "x"
        [[rule.sample]]
        line = "x"
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''❯y'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: no sample shows what it recognises",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''❯x'''
        """#),
    Mistake(
      "two: no such field: remote_hst",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''äb (?<❯remote_hst>\S+)'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: no such field: remote_hst",
      head.replacing(
        "[[frame]]", with: "[define]\nh = '''H=(?<remote_hst>x)'''\n[[frame]]", maxReplacements: 1)
          + #"""
          [[rule]]
          name = "two"
          key = "**"
          event = "failed"
          regex = '''ab ❯%{h}'''
          [[rule.sample]]
          line = "x"
          """#),
    Mistake(
      "two: bad regex: missing closing parenthesis",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''ab(c❯'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: bad regex: quantifier does not follow a repeatable item",
      head.replacing(
        "[[frame]]", with: "[define]\nlong = '''0123456789'''\n[[frame]]", maxReplacements: 1)
          + #"""
          [[rule]]
          name = "two"
          key = "**"
          event = "failed"
          regex = '''a%{long}%{long}b|❯*c'''
          [[rule.sample]]
          line = "x"
          """#),
    Mistake(
      "two: bad regex: unmatched closing parenthesis",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''
        ab
        c❯)d'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: no rule has key = \"three\"",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        then = "three"
        regex = '''❯x'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: key is longer than 16 bytes: 12345678901234567",
      head + #"""
        [[rule]]
        name = "two"
        key = "12345678901234567"
        event = "failed"
        regex = '''❯x'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: more than 95 groups",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''❯
        """# + String(repeating: "(a)", count: 96) + "'''\n[[rule.sample]]\nline = \"x\"\n"),
  ]

  static let keys = [
    Mistake(
      "no such fragment: %{hots}",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''H=❯%{hots}'''
        """#),
    Mistake(
      "fragments that use each other in a circle",
      #"""
      mta = "exim"
      [define]
      a = '''❯x%{a}'''
      """#),
    Mistake(
      "no such key: reqex (known: name, regex, detail, contains, event, origin, then, otherwise, sample, near_miss, key)",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        reqex = '''❯x'''
        """#),
    Mistake(
      "no such key: key (known: name, regex, detail, contains, event, origin, then, otherwise, sample, near_miss)",
      head + #"""
        [[frame]]
        name = "two"
        key = "❯**"
        regex = '''x'''
        """#),
    Mistake(
      "no such event: bounced",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
          event  =  "❯bounced"
        regex = '''x'''
        """#),
    Mistake(
      "no such origin: far",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        origin = '❯far'
        regex = '''x'''
        """#),
    Mistake(
      "regex is missing",
      head + #"""
        ❯[[rule]]
        name = "two"
        key = "**"
        event = "failed"
        """#),
    Mistake(
      "name must be a string",
      head + #"""
        [[rule]]
        name = ❯551
        key = "**"
        """#),
    Mistake(
      "a rule needs key = \"...\", what its frame captured",
      head + #"""
          ❯[[rule]]
        name = "two"
        event = "failed"
        regex = '''x'''
        """#),
    Mistake(
      "a rule needs an event, then = \"...\", or a key to go on with",
      head + #"""
        ❯[[rule]]
        name = "two"
        key = "**"
        regex = '''x'''
        """#),
    Mistake(
      "why is missing",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''x'''
        ❯[[rule.near_miss]]
        line = "x"
        """#),
    Mistake(
      "line is missing",
      head + #"""
        [[rule.sample]]
        line = "y"
        ❯[[rule.sample]]
        expect = {}
        """#),
    Mistake(
      "expect.code must be a string or a number",
      head + #"""
        [[rule.sample]]
        line = "y"
        expect = ❯{ code = [551] }
        """#),
    Mistake(
      "a case needs expect = [ {...}, ... ]",
      head + #"""
        ❯[[case]]
        name = "two"
        log = "x"
        """#),
    Mistake("no such mta: sendmail", "mta = \"❯sendmail\"\n"),
    Mistake("write [[rule]], a table for each", "mta = \"exim\"\n\n❯[rule]\nname = \"x\"\n"),
    Mistake(
      "no such key: rules (known: mta, define, frame, rule, case)",
      "mta = \"exim\"\n\nrules = ❯1\n"),
    Mistake("define.x must be a string", "mta = \"exim\"\n[define]\nx = ❯1\n"),
  ]

  @Test(arguments: rules + keys)
  func `tells file, line and column of a mistake`(_ mistake: Mistake) throws {
    let (text, position) = try marked(mistake.text)
    let folder = try TemporaryFolder()
    let path = try folder.write(text.utf8, to: "test.toml")
    let error = try #require(throws: PatternFileError.self) {
      _ = try PatternCatalog(files: PatternFolders.read(folder: folder.path))
    }
    #expect(error.message == mistake.message)
    #expect(error.file == path)
    #expect(error.position == position)
    #expect(
      error.description == "\(path):\(position.line):\(position.column): \(mistake.message)")
  }

  @Test(arguments: [
    Mistake(
      "two: bad regex: missing closing parenthesis",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''abcdef'''
        detail = '''xy(❯'''
        [[rule.sample]]
        line = "x"
        """#),
    Mistake(
      "two: no such field: subjct",
      head + #"""
        [[rule]]
        name = "two"
        key = "**"
        event = "failed"
        regex = '''abcdef'''
        detail = '''xy(?<❯subjct>a)'''
        [[rule.sample]]
        line = "x"
        """#),
  ])
  func `tells the place of a mistake in a detail`(_ mistake: Mistake) throws {
    let (text, position) = try marked(mistake.text)
    let error = try #require(throws: PatternFileError.self) { _ = try catalog(of: text) }
    #expect(error.message == mistake.message)
    #expect(error.position == position)
  }

  @Test(arguments: [
    ("[=", 1, 2), ("[ümlaut]", 1, 2), ("\u{FEFF}[!]", 1, 2), ("[", 1, 2),
    ("a = 1\n\n  [[ ärger ]]\r\n", 3, 6), ("[a]\n[.b]", 2, 2), ("a = [\n [#\n 1]]\n[#", 4, 2),
    ("a = '''\n[=\n'''\n[ , ]", 4, 3),
    ("a = [[1, \"}\"], # ]\n }]", 2, 2), ("a = [}", 1, 6), ("a = 2026-11-24Tx:00", 1, 16),
    ("a = \"\\\"\"\nb = [1, 2026-11-24t:]", 2, 20),
  ])
  func `tells what the TOML library would end the process for`(text: String, line: Int, column: Int)
    throws
  {
    let error = try #require(throws: PatternFileError.self) {
      try TOMLFile(path: "x.toml", text: text)
    }
    #expect(error.message.hasPrefix("bad TOML: "))
    #expect(error.position == FilePosition(line: line, column: column))
  }

  @Test(arguments: [
    "a = [\n[+1],\n[ [2], {b = 3}],\n[{c = 1}]\n]",
    "a = '''\n[=\n[[ä]]\n'''\n[ \t\"ä\" ]", "# [=\n[[-]]\n",
    "a = [{}, {b = [1,]}]\nt = 2026-11-24T02:11:24Z",
    "a = \"\"\"x\"\"\"\"\"\n[b.'c']\n2026-11-24 = 1",
  ])
  func `takes what only looks like that`(text: String) throws {
    #expect(throws: Never.self) { try TOMLFile(path: "x.toml", text: text) }
  }

  @Test(arguments: [
    ("mta = \"exim\"\nregex = '''x\n", 2), ("mta = \"exim\"\n[[rule]\nname = 1\n", 2),
    ("mta = \"exim\"\nmta = \"exim\"\n", 2), ("mta = exim\n", 1), ("[[rule]]\nname = \"a\n\"\n", 2),
  ])
  func `tells the line where it is not TOML`(text: String, line: Int) throws {
    let error = try #require(throws: PatternFileError.self) { _ = try catalog(of: text) }
    #expect(error.message.hasPrefix("bad TOML: "))
    #expect(error.position.line == line)
    #expect(error.position.column >= 1)
  }

  @Test func `must say whose lines it reads`() throws {
    let error = try #require(throws: PatternFileError.self) { _ = try files(of: "[define]\n") }
    #expect(error.message == "a pattern file begins with mta = \"exim\", \"postfix\" or \"any\"")
    #expect(error.description.hasSuffix("/test.toml: \(error.message)"))
  }

  @Test func `fills in fragments, and those inside them`() throws {
    let text = #"""
      mta = "exim"
      [define]
      inner = '''(?<remote_host>[a-z]+)'''
      outer = '''H=%{inner} '''
      [[frame]]
      name = "line"
      regex = '''%{outer}x{2}%{'''
      event = "ignore"
      [[frame.sample]]
      line = "H=mx xx%{"
      expect = { remote_host = "mx" }
      """#
    let file = try #require(try files(of: text).first)
    #expect(file.frames[0].regex == "H=(?<remote_host>[a-z]+) x{2}%{")
    #expect(try problems(of: catalog(of: text)).isEmpty)
  }

  @Test func `keeps what its author wrote`() throws {
    let text =
      head + #"""
        [[case]]
        name = "a story"
        log = """
        one
        two
        """
        expect = [ { event = "failed", code = 551 }, { event = "notified" } ]
        """#
    let file = try #require(try files(of: text, named: "mine.toml").first)
    #expect(file.name == "mine.toml")
    #expect(file.mta == .exim)
    #expect(file.text == text)
    #expect(file.frames.map(\.name) == ["line"])
    #expect(file.rules.map(\.name) == ["done"])
    #expect(file.rules[0].keys == ["Completed"])
    #expect(file.rules[0].samples.count == 1)
    #expect(file.cases.map(\.name) == ["a story"])
    #expect(file.cases[0].log == "one\ntwo\n")
    #expect(
      file.cases[0].expected == [["event": "failed", "code": "551"], ["event": "notified"]])
  }
}

@Suite struct `Samples of patterns` {
  @Test func `prove all built-in patterns`() throws {
    var check = SampleCheck(catalog: try builtInCatalog(), clock: clock)
    check.run()
    #expect(check.problems.map { "\($0.position.line): \($0.pattern): \($0.message)" } == [])
    #expect(check.count >= 80)
  }

  /// A file, what is wrong with its samples at the mark, and how far the pattern agrees with the line.
  @Test(arguments: [
    (
      "the sample is taken by line, done", nil as Int?,
      #"""
      [[rule]]
      name = "never"
      key = "Completed"
      event = "completed"
      regex = '''$'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed'''
      """#
    ),
    (
      "no pattern recognises the sample", 51,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)\ R=router'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test T=transport'''
      """#
    ),
    (
      "recipient is \"bob@x.test\", not \"eva@x.test\"", nil,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test'''
      expect = { recipient = "eva@x.test" }
      """#
    ),
    (
      "sender is missing, not \"eva@x.test\"", nil,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test'''
      expect = { sender = "eva@x.test" }
      """#
    ),
    (
      "recipient is \"bob@x.test\", and should not be there", nil,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test'''
      absent = ["recipient"]
      """#
    ),
    (
      "no such field: recpient", nil,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)'''
      ❯[[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test'''
      expect = { recpient = "bob@x.test" }
      """#
    ),
    (
      "takes the near miss, although it must not", nil,
      #"""
      [[rule]]
      name = "two"
      key = "**"
      event = "failed"
      regex = '''(?<recipient>\S+)'''
      [[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** bob@x.test'''
      ❯[[rule.near_miss]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 ** eva@x.test'''
      why = "it must not"
      """#
    ),
  ])
  func `show what is wrong, and where`(message: String, agreement: Int?, rule: String) throws {
    let (text, position) = try marked(head + rule)
    let found = try problems(of: catalog(of: text))
    #expect(found.count == 1)
    let problem = try #require(found.first)
    #expect(problem.message == message)
    #expect(problem.position == position)
    #expect(problem.pattern == (rule.contains("never") ? "never" : "two"))
    #expect(problem.file.hasSuffix("/test.toml"))
    #expect(problem.line?.hasPrefix("2026-11-24 02:11:24 1xVg0C-0006Kj-05 ") == true)
    if let agreement { #expect(problem.agreement == agreement) }
  }
}
