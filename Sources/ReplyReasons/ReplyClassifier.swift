package import MailTerms
internal import PatternFiles
internal import PCRE2

/// Tells the reasons of replies; one for each thread that does.
///
/// It costs nothing until the first reply is classified, and some microseconds for each: callers keep
/// the verdicts of texts that come again.
package struct ReplyClassifier: ~Copyable {
  /// What it works from.
  package let catalog: ReplyCatalog
  private var rules: CompiledRules?
  private var codes = CodeTable()
  private var matcher = Matcher(matchLimit: 100_000)
  /// The folded text's memory, kept from reply to reply.
  private var buffer: [UInt8] = []
  private var outerTrigrams = TrigramSet()
  private var innerTrigrams = TrigramSet()
  private let usesWords: Bool

  /// Makes a classifier.
  ///
  /// - Parameters:
  ///   - catalog: the reasons and rules.
  ///   - usesWords: whether rules are passed over by the words they need; for tests of just that.
  package init(catalog: ReplyCatalog, usesWords: Bool = true) {
    self.catalog = catalog
    self.usesWords = usesWords
  }

  /// Tells why a server said no.
  ///
  /// Section by section: what the text says for sure, then a reply that it quotes, then a reliable
  /// enhanced code, then what the text hints at, then the reply code where its meaning is narrow.
  /// - Parameters:
  ///   - code: the reply code; nil where there is none.
  ///   - enhanced: the enhanced code as sent; one of another class than the code has no vote.
  ///   - text: the text without codes, its lines joined (`Reply.text`), in any encoding.
  package mutating func classify(
    code: Int?, enhanced: EnhancedCode?, text: Span<UInt8>
  ) -> ReplyVerdict {
    prepare()
    // 2xx and 3xx refuse nothing; 251 is the accepting twin of 551 (RFC 5321 section 3.4).
    if let code, code < 400, code != 251 {
      return ReplyVerdict(reason: .unknown, nature: .unknown, matched: .nothing)
    }
    let (reason, matched) = reason(code: code, enhanced: enhanced, text: text)
    let isSoft = code.map { $0 / 100 == 4 } ?? (enhanced?.category == 4)
    return ReplyVerdict(
      reason: reason, nature: isSoft ? .soft : codes.nature(of: reason), matched: matched)
  }

  /// The same for a reply that was taken apart.
  package mutating func classify(_ reply: Reply) -> ReplyVerdict {
    classify(code: reply.code, enhanced: reply.enhanced, text: reply.text.span)
  }

  /// What told a verdict, such as `text not-our-customer`, `enhanced 5.1.1` or `code 521`.
  package func words(for matched: ReplyVerdict.Evidence) -> String {
    switch matched {
    case .rule(let number): "text \(ruleName(Int(number)))"
    case .enhanced(let category, let subject, let detail):
      "enhanced \(category).\(subject).\(detail)"
    case .code(let code): "code \(code)"
    case .nothing: "nothing"
    }
  }

  /// The rules that were given up on some replies because they were too costly, and how often.
  package var limits: [(pattern: String, count: Int)] {
    guard let rules else { return [] }
    return rules.rules.indices.compactMap { number in
      let count = rules.expressions[number].gaveUp + (rules.guards[number]?.gaveUp ?? 0)
      return count > 0 ? (rules.rules[number].name, count) : nil
    }
  }

  private func ruleName(_ number: Int) -> String {
    guard let rules, rules.rules.indices.contains(number) else { return "?" }
    return rules.rules[number].name
  }

  private mutating func prepare() {
    guard rules == nil else { return }
    rules = CompiledRules(catalog.rules())
    codes = CodeTable(catalog.reasons())
  }

  private mutating func reason(
    code: Int?, enhanced: EnhancedCode?, text: Span<UInt8>
  ) -> (Reason, ReplyVerdict.Evidence) {
    var outer: [UInt8] = []
    swap(&outer, &buffer)
    defer { swap(&outer, &buffer) }
    TextFolding.fold(text, into: &outer)
    var inner: [UInt8] = []
    var innerCode: Int?
    var innerEnhanced: EnhancedCode?
    if let start = NestedReply.start(in: outer.span) {
      let reply = Reply(raw: outer[start...], form: .joined)
      innerCode = reply.code
      innerEnhanced = reply.enhanced
      inner = reply.text
      outer.removeLast(outer.count - start)
      innerTrigrams.take(inner.span)
    }
    outerTrigrams.take(outer.span)
    let vote = CodeTable.vote(of: enhanced, code)
    let innerVote = CodeTable.vote(of: innerEnhanced, innerCode)
    let isNested = innerCode != nil

    let found = match(outer.span, isInner: false, isWeak: false, code, vote)
    if let found, !isNested || !yields(found) { return found }
    if isNested, let found = match(inner.span, isInner: true, isWeak: false, innerCode, innerVote) {
      return found
    }
    if let found { return found }
    for vote in [vote, innerVote] {
      if let vote, let reason = codes.reason(of: vote, isWeak: false) { return (reason, .of(vote)) }
    }
    if let found = match(outer.span, isInner: false, isWeak: true, code, vote) { return found }
    if isNested, let found = match(inner.span, isInner: true, isWeak: true, innerCode, innerVote) {
      return found
    }
    for vote in [vote, innerVote] {
      if let vote, let reason = codes.reason(of: vote, isWeak: true) { return (reason, .of(vote)) }
    }
    for (code, isEmpty) in [(code, outer.isEmpty), (innerCode, inner.isEmpty)] {
      // 551 says nothing about the reason, but that a server says 551 and no more does.
      guard let code, code != 551 || isEmpty, let reason = codes.reason(of: code) else { continue }
      return (reason, .code(UInt16(clamping: code)))
    }
    return (.unknown, .nothing)
  }

  private func yields(_ found: (Reason, ReplyVerdict.Evidence)) -> Bool {
    guard case .rule(let number) = found.1 else { return false }
    return rules?.rules[Int(number)].yields ?? false
  }

  /// The first of the strong or weak rules that a text matches.
  private mutating func match(
    _ text: Span<UInt8>, isInner: Bool, isWeak: Bool, _ code: Int?, _ enhanced: EnhancedCode?
  ) -> (Reason, ReplyVerdict.Evidence)? {
    guard text.count > 0, let first = rules?.firstWeak, let count = rules?.rules.count else {
      return nil
    }
    for number in isWeak ? first..<count : 0..<first {
      guard rules?.holds(number, code, enhanced) == true else { continue }
      if usesWords {
        let mayMatch =
          isInner
          ? rules?.mayMatch(number, innerTrigrams) : rules?.mayMatch(number, outerTrigrams)
        guard mayMatch == true else { continue }
      }
      guard rules?.expressions[number].matches(text, &matcher) == true,
        rules?.guards[number]?.matches(text, &matcher) != true
      else { continue }
      guard let reason = rules?.rules[number].reason else { continue }
      return (reason, .rule(UInt16(clamping: number)))
    }
    return nil
  }
}

extension ReplyVerdict.Evidence {
  static func of(_ code: EnhancedCode) -> Self {
    .enhanced(code.category, code.subject, code.detail)
  }
}
