import MailTerms
import PatternFiles
import ReplyReasons
import TestSupport
import Testing

@Suite struct `Reply files` {
  static let rule = """
    [[rule]]
    name = "ivf"
    reason = "spam-rejected"
    regex = '''\\bdenied ivf\\b'''
    sample = ['''551 Denied IVF''']

    """

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `prove their samples`() throws {
    var check = ReplySampleCheck(catalog: try ReplyCatalog())
    try check.run()
    #expect(check.count > 250)
    #expect(check.problems.map(\.description) == [])
  }

  @Test func `say what every reason means and what to do`() throws {
    for advice in try ReplyCatalog().reasons() {
      #expect(advice.meaning?.isEmpty == false && advice.cause?.isEmpty == false)
      #expect((advice.steps ?? []).count >= 2 || advice.reason == .greylisted)
    }
    let natures = try ReplyCatalog().reasons().map { "\($0.reason.word) \($0.nature?.word ?? "")" }
    #expect(natures.contains("relay-denied policy") && natures.contains("unknown unknown"))
  }

  @Test func `overlay rules, and put them first`() throws {
    #expect(try classify("551 Denied IVF").reason == "policy-rejected")
    try folder.write(Self.rule.utf8, to: "replies.toml")
    let found = try classify("551 Denied IVF", overlaidBy: [folder.path])
    #expect(found == Found(reason: "spam-rejected", nature: "policy", matched: "text ivf"))
    #expect(try classify("551 no such user", overlaidBy: [folder.path]).reason == "user-unknown")
    let file = folder.path + "/replies.toml"
    #expect(try classify("551 Denied IVF", overlaidBy: [file]).matched == "text ivf")
  }

  @Test func `replace a rule by its name`() throws {
    let own = Self.rule.replacing("\"ivf\"", with: "\"not-our-customer\"")
    try folder.write(own.utf8, to: "replies.toml")
    #expect(try classify("551 not our customer", overlaidBy: [folder.path]).reason == "unknown")
  }

  @Test func `change what is said of a reason, and keep the rest`() throws {
    let text = """
      [[reason]]
      key = "not-local"
      steps = ["Call Bob."]
      enhanced = ["5.9.9"]
      """
    try folder.write(text.utf8, to: "replies.toml")
    let catalog = try ReplyCatalog(overlaidBy: [folder.path])
    let advice = catalog.advice(for: .notLocal)
    #expect(advice.steps == ["Call Bob."])
    #expect(advice.cause == (try ReplyCatalog().advice(for: .notLocal).cause))
    #expect(advice.nature == .hard)
    #expect(try classify("551 5.9.9 x", overlaidBy: [folder.path]).matched == "enhanced 5.9.9")
  }

  @Test(arguments: [
    (
      "regex = '''\\bdenied ivf\\b'''", "regex = '''(denied'''",
      "ivf: missing closing parenthesis"
    ),
    ("reason = \"spam-rejected\"", "reason = \"spam\"", "3:11: no such reason: spam"),
    ("sample = ['''551 Denied IVF''']", "", "1:1: ivf: no sample shows what it recognises"),
    ("sample =", "samples =", "no such key: samples"),
    ("reason = ", "code = [\"6xx\"]\nreason = ", "no reply code: 6xx"),
    ("reason = ", "enhanced = [\"5.1\"]\nreason = ", "no enhanced code: 5.1"),
    ("reason = ", "strength = \"big\"\nreason = ", "no such strength: big"),
  ])
  func `tell mistakes with their place`(_ old: String, _ new: String, _ message: String) throws {
    try folder.write(Self.rule.replacing(old, with: new).utf8, to: "replies.toml")
    let error = #expect(throws: PatternFileError.self) {
      _ = try ReplyCatalog(overlaidBy: [folder.path])
    }
    let description = error?.description ?? ""
    #expect(description.hasPrefix(folder.path + "/replies.toml:"))
    #expect(description.contains(message), "\(description)")
  }

  @Test func `are told by a sample that another rule decides`() throws {
    let wrong = Self.rule.replacing("551 Denied IVF", with: "551 no such user")
    try folder.write(wrong.utf8, to: "replies.toml")
    var check = ReplySampleCheck(catalog: try ReplyCatalog(overlaidBy: [folder.path]))
    try check.run()
    #expect(check.problems.count == 1)
    #expect(check.problems.first?.message.contains("not spam-rejected") == true)
  }

  @Test func `keep a costly expression from hanging`() throws {
    let costly = Self.rule.replacing("\\bdenied ivf\\b", with: "(?:\\w+\\s?)+$")
    try folder.write(costly.utf8, to: "replies.toml")
    let line = "551 " + String(repeating: "a", count: 60) + "!"
    #expect(try classify(line, overlaidBy: [folder.path]).reason == "unknown")
  }
}

@Suite struct `Required words` {
  @Test(arguments: [
    (#"\bnot our customer"#, ["not our customer"]), (#"(?:abc|def)+x"#, ["abc", "def"]),
    (#"a?bcd"#, ["bcd"]), (#"ab{0,2}cde"#, ["cde"]), (#"user.{0,40}unknown"#, ["unknown"]),
    (#"\[(?:tss04|ph01)\]"#, ["tss04", "ph01"]), (#"spam(?:my)?\b"#, ["spam"]),
    (#"NO such"#, ["no such"]), (#"bo[iî]te pleine"#, ["te pleine"]),
    (#"abc(?!def)ghi"#, ["abcghi"]),
  ])
  func `are found`(_ regex: String, _ words: [String]) {
    #expect(RequiredWords.of(regex) == words)
  }

  @Test(arguments: [
    "ab", "abc|d", "(?:abc)?", #"\w+"#, "(?i)abc", #"\Qabc\E"#, "abc(", "(abc)*", #"(?:abc|\d)"#,
    "[[:alpha:]]abc", "",
  ])
  func `are not told`(_ regex: String) { #expect(RequiredWords.of(regex) == nil) }
}
