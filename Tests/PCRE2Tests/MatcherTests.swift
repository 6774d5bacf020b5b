import PCRE2
import Testing

@Suite struct `Pattern matching` {
  /// What one try gives: the result, and for a match the ranges of all groups, the whole one first.
  struct Found: Equatable, CustomStringConvertible {
    var result: MatchResult
    var groups: [Range<Int>?] = []

    var description: String { "\(result) \(groups)" }
  }

  static func match(_ regex: String, in subject: [UInt8], at offset: Int = 0) throws -> Found {
    let pattern = try Pattern(regex)
    var matcher = Matcher()
    let result = matcher.match(pattern, in: subject.span, at: offset)
    guard result == .matched else { return Found(result: result) }
    return Found(
      result: result, groups: (0...pattern.groupCount).map { matcher.group($0) })
  }

  static func match(_ regex: String, in subject: String, at offset: Int = 0) throws -> Found {
    try match(regex, in: Array(subject.utf8), at: offset)
  }

  @Test func `matches only where it is tried`() throws {
    #expect(try Self.match("551", in: "x 551 y") == Found(result: .noMatch))
    #expect(try Self.match("551", in: "x 551 y", at: 1) == Found(result: .noMatch))
    #expect(try Self.match("551", in: "x 551 y", at: 2) == Found(result: .matched, groups: [2..<5]))
    #expect(try Self.match("551", in: "x 551 y", at: 7) == Found(result: .noMatch))
  }

  @Test func `sees with a look-behind what stands before the offset`() throws {
    #expect(
      try Self.match("(?<=ab)c", in: "abc", at: 2) == Found(result: .matched, groups: [2..<3]))
    #expect(try Self.match("(?<=ab)c", in: "xbc", at: 2) == Found(result: .noMatch))
    #expect(try Self.match("^c", in: "abc", at: 2) == Found(result: .noMatch))
  }

  @Test func `tells which groups took no part`() throws {
    #expect(
      try Self.match("(a)?(b)(c)?", in: "b")
        == Found(result: .matched, groups: [0..<1, nil, 0..<1, nil]))
    #expect(
      try Self.match("x(?<ip>1)|y(?<ip>2)", in: "y2")
        == Found(result: .matched, groups: [0..<2, nil, 1..<2]))
  }

  @Test func `finds an empty group where it stands`() throws {
    #expect(try Self.match("a(b*)c", in: "ac") == Found(result: .matched, groups: [0..<2, 1..<1]))
  }

  @Test func `says where the match ends`() throws {
    let pattern = try Pattern("a+")
    var matcher = Matcher()
    let subject = Array("xaaab".utf8)
    let result = matcher.match(pattern, in: subject.span, at: 1)
    #expect(result == .matched)
    #expect(matcher.matchEnd == 4)
  }

  /// `\K` in a look-ahead puts the start of a match behind its end.
  @Test func `gives no range that runs backwards`() throws {
    let found = try? Self.match("(?=ab\\K)", in: "ab")
    #expect(found == nil || found == Found(result: .matched, groups: [nil]))
  }

  @Test func `takes an empty subject`() throws {
    #expect(try Self.match("", in: "") == Found(result: .matched, groups: [0..<0]))
    #expect(try Self.match("(a*)$", in: "") == Found(result: .matched, groups: [0..<0, 0..<0]))
    #expect(try Self.match("a", in: "") == Found(result: .noMatch))
  }

  @Test func `takes every byte as it is`() throws {
    let bytes: [UInt8] = [0xFF, 0x00, 0xC3, 0x28, 0x0D, 0x9B]
    #expect(try Self.match("(.*)$", in: bytes) == Found(result: .matched, groups: [0..<6, 0..<6]))
    #expect(
      try Self.match("\\xFF\\x00(.)", in: bytes) == Found(result: .matched, groups: [0..<3, 2..<3]))
    #expect(try Self.match("ä", in: "ä") == Found(result: .matched, groups: [0..<2]))
    #expect(try Self.match("a.b", in: "a\nb") == Found(result: .noMatch))
  }

  /// The regex takes exponential time without a limit; 60 letters would outlast the machine.
  @Test(arguments: ["^(?:\\w+\\s?)+$", "(a+)+$", "(?:a|a)+$", "(?:a|aa)+$"])
  func `gives up a pattern that is too costly, and goes on with the next`(regex: String) throws {
    let pattern = try Pattern(regex)
    var matcher = Matcher()
    let subject = Array(String(repeating: "a", count: 60).utf8) + Array("!".utf8)
    let result = matcher.match(pattern, in: subject.span, at: 0)
    #expect(result == .limitReached)
    let next = matcher.match(try Pattern("a+!"), in: subject.span, at: 0)
    #expect(next == .matched)
    #expect(matcher.matchEnd == 61)
  }

  @Test func `takes nested repeats over the longest line`() throws {
    let subject = Array(String(repeating: "ab ", count: 21_000).utf8)
    var matcher = Matcher()
    let result = matcher.match(try Pattern("(?:(?:a|b)+ )*+$"), in: subject.span, at: 0)
    #expect(result == .matched)
  }

  @Test(arguments: [
    ("abc(\\d+) x", "abc12 y", 0, 6), ("abc", "xyz", 0, 0), ("abc", "ab", 0, 2),
    ("abc", "abcd", 0, 4), ("b+c", "abbd", 1, 3), ("", "", 0, 0),
    ("(?<time>\\d\\d:\\d\\d) <=", "02:11 =>", 0, 6),
  ])
  func `tells up to where a subject agrees`(
    regex: String, subject: String, offset: Int, length: Int
  ) throws {
    var matcher = Matcher()
    let bytes = Array(subject.utf8)
    let agreement = matcher.agreement(of: try Pattern(regex), with: bytes.span, at: offset)
    #expect(agreement == length)
  }
}
