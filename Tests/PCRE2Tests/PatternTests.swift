import PCRE2
import Testing

@Suite struct `Compiled pattern` {
  struct Mistake: CustomTestStringConvertible {
    var regex: String
    var offset: Int
    var message: String

    init(_ regex: String, _ offset: Int, _ message: String) {
      self.regex = regex
      self.offset = offset
      self.message = message
    }

    var testDescription: String { regex }
  }

  /// Offsets and sentences are those of PCRE2's own test output (testdata/testoutput2).
  @Test(arguments: [
    Mistake("a(b", 3, "missing closing parenthesis"),
    Mistake("ab)c", 2, "unmatched closing parenthesis"),
    Mistake("ab[cd", 5, "missing terminating ] for character class"),
    Mistake("*a", 0, "quantifier does not follow a repeatable item"),
    Mistake("a{37,17}", 7, "numbers out of order in {} quantifier"),
    Mistake("abc\\", 4, "\\ at end of pattern"),
    Mistake("[z-a]", 3, "range out of order in character class"),
    Mistake("(?<1a>x)", 3, "subpattern name must start with a non-digit"),
    Mistake("(?Z)", 2, "unrecognized character after (? or (?-"),
  ])
  func `tells where and why it cannot be compiled`(_ mistake: Mistake) throws {
    let error = try #require(throws: PatternError.self) { _ = try Pattern(mistake.regex) }
    #expect(error.offset == mistake.offset)
    #expect(error.description == mistake.message)
    #expect(error.pattern == mistake.regex)
  }

  @Test func `counts offsets of errors in bytes`() throws {
    let error = try #require(throws: PatternError.self) { _ = try Pattern("äö)") }
    #expect(error.offset == 4)
  }

  @Test func `lets no author switch to UTF-8, in which a log would be invalid`() {
    #expect(throws: PatternError.self) { _ = try Pattern("(*UTF)a") }
  }

  @Test func `knows its groups`() throws {
    let pattern = try Pattern("(?<first>a)(b)(?<last>c)")
    #expect(pattern.groupCount == 3)
    #expect(pattern.source == "(?<first>a)(b)(?<last>c)")
    let names = pattern.namedGroups.sorted { $0.number < $1.number }
    #expect(names.map(\.name) == ["first", "last"])
    #expect(names.map(\.number) == [1, 3])
    #expect(try Pattern("abc").namedGroups.isEmpty)
  }

  @Test func `lets one name stand in several branches`() throws {
    let pattern = try Pattern("x(?<ip>[0-9]+)|y(?<ip>[a-f]+)")
    #expect(pattern.namedGroups.map(\.name) == ["ip", "ip"])
    #expect(pattern.namedGroups.map(\.number).sorted() == [1, 2])
  }
}
