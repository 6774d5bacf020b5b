internal import MailTerms
internal import PatternFiles
internal import PCRE2

/// Rules made ready for a classifier: codes as numbers, words as trigrams, expressions when needed.
struct CompiledRules {
  /// How many tries make it worth while to compile an expression to machine code.
  static let triesBeforeJIT: UInt8 = 12

  /// A rule's expression, compiled when it is first tried.
  struct Expression {
    let source: String
    var pattern: Pattern?
    var tries: UInt8 = 0
    /// Whether it cannot be compiled; only a build with a wrong built-in file could have one.
    var isBroken = false
    /// How often a try hit a limit.
    var gaveUp = 0
  }

  /// One rule.
  struct Rule {
    let name: String
    let reason: Reason
    let isWeak: Bool
    let yields: Bool
    let codes: [CodeShape]
    let enhanced: [CodeShape]
  }

  private(set) var rules: [Rule] = []
  /// Whether a rule holds with some codes only.
  private var hasCodes: [Bool] = []
  /// The words of which a text must hold one for a rule to match, as places in `wordEnds`.
  private var words: [Range<Int>] = []
  var expressions: [Expression] = []
  var guards: [Expression?] = []
  /// The trigrams of all words, and where each word's begin and end.
  private var trigrams: [UInt16] = []
  private var wordEnds: [Range<Int>] = []
  /// Where the weak rules begin.
  private(set) var firstWeak = 0

  init(_ source: [ReplyRule]) {
    for rule in source {
      let first = wordEnds.count
      for word in rule.words {
        let start = trigrams.count
        trigrams += TrigramSet.numbers(of: word.utf8)
        wordEnds.append(start..<trigrams.count)
      }
      rules.append(
        Rule(
          name: rule.name, reason: rule.reason, isWeak: rule.strength == .weak,
          yields: rule.yields, codes: rule.codes.compactMap { CodeShape(basic: $0) },
          enhanced: rule.enhanced.compactMap { CodeShape(enhanced: $0) }))
      words.append(first..<wordEnds.count)
      hasCodes.append(!rule.codes.isEmpty || !rule.enhanced.isEmpty)
      expressions.append(Expression(source: rule.regex))
      guards.append(rule.unless.map { Expression(source: $0) })
    }
    firstWeak = rules.firstIndex { $0.isWeak } ?? rules.count
  }

  /// Whether a rule's codes allow a reply.
  func holds(_ number: Int, _ code: Int?, _ enhanced: EnhancedCode?) -> Bool {
    guard hasCodes[number] else { return true }
    let rule = rules[number]
    if !rule.codes.isEmpty {
      guard let code, rule.codes.contains(where: { $0.holds(code) }) else { return false }
    }
    if rule.enhanced.isEmpty { return true }
    guard let enhanced else { return false }
    return rule.enhanced.contains { $0.holds(enhanced) }
  }

  /// Whether a text with these trigrams may hold one of a rule's words.
  func mayMatch(_ rule: Int, _ text: borrowing TrigramSet) -> Bool {
    let range = words[rule]
    if range.isEmpty { return true }
    for word in range {
      var isThere = true
      for index in wordEnds[word] where !text.holds(trigrams[index]) {
        isThere = false
        break
      }
      if isThere { return true }
    }
    return false
  }
}

extension CompiledRules.Expression {
  /// Searches for the expression; one that hits a limit does not match.
  mutating func matches(_ text: Span<UInt8>, _ matcher: inout Matcher) -> Bool {
    if isBroken { return false }
    tries = min(tries + 1, CompiledRules.triesBeforeJIT + 1)
    let isOften = tries == CompiledRules.triesBeforeJIT
    if pattern == nil || isOften {
      pattern = try? Pattern(
        searching: TextFolding.folded(pattern: source), isJITWanted: isOften)
    }
    guard let pattern else {
      isBroken = true
      return false
    }
    let result = matcher.match(pattern, in: text, at: 0)
    if result == .limitReached { gaveUp += 1 }
    return result == .matched
  }
}
