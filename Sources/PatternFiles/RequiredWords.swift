/// Finds words of which a text must have at least one for a regular expression to match it.
///
/// They tell in nanoseconds that most rules need not be tried. It is a reader of the common part of
/// PCRE2's syntax; whatever it does not know makes it say nothing, never something wrong.
package struct RequiredWords {
  /// The shortest word that is of use.
  package static let shortest = 3

  private struct Unknown: Error {}

  /// What is known of a part of an expression.
  private struct Need {
    /// The only text that the part matches.
    var exact: [UInt8]?
    /// Words of which each match holds one.
    var anyOf: [[UInt8]]?
  }

  private let source: [UInt8]
  private var at = 0
  private var depth = 0

  /// The words, in lower case; nil where none can be told.
  package static func of(_ regex: String) -> [String]? {
    var reader = RequiredWords(source: TextFolding.folded(pattern: regex))
    guard let need = try? reader.alternation(), reader.at == reader.source.count else { return nil }
    let words = need.exact.map { [$0] } ?? need.anyOf
    guard let words, words.allSatisfy({ $0.count >= shortest }) else { return nil }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  private init(source: [UInt8]) { self.source = source }

  private var next: UInt8? { at < source.count ? source[at] : nil }

  private func isNext(_ text: String) -> Bool { source[at...].starts(with: text.utf8) }

  /// Reads branches up to the group's end.
  private mutating func alternation() throws(Unknown) -> Need {
    depth += 1
    defer { depth -= 1 }
    guard depth < 50 else { throw Unknown() }
    var branches = [try branch()]
    while next == UInt8(ascii: "|") {
      at += 1
      branches.append(try branch())
    }
    if branches.count == 1 { return branches[0] }
    var words: [[UInt8]] = []
    for branch in branches {
      guard let more = branch.exact.map({ [$0] }) ?? branch.anyOf else { return Need() }
      words += more
    }
    return Need(anyOf: words)
  }

  /// Reads one branch: the best words of its parts, those that stand side by side taken as one.
  private mutating func branch() throws(Unknown) -> Need {
    var run: [UInt8] = []
    var best: [[UInt8]]?
    var isExact = true
    func shortest(_ words: [[UInt8]]) -> Int { words.map(\.count).min() ?? 0 }
    func consider(_ words: [[UInt8]]) {
      guard shortest(words) > 0 else { return }
      if let old = best, (shortest(old), -old.count) >= (shortest(words), -words.count) { return }
      best = words
    }
    while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      guard let part = try atom() else { continue }
      let times = try quantifier()
      if times.isOne, let exact = part.exact {
        run += exact
        continue
      }
      isExact = false
      if times.atLeast > 0, let exact = part.exact {
        consider([run + exact])
      } else {
        consider([run])
        if times.atLeast > 0, let words = part.anyOf { consider(words) }
      }
      run = []
    }
    if isExact { return Need(exact: run) }
    consider([run])
    return Need(anyOf: best)
  }

  /// Reads one part; nil where it takes no bytes.
  private mutating func atom() throws(Unknown) -> Need? {
    guard let byte = next else { throw Unknown() }
    at += 1
    switch byte {
    case UInt8(ascii: "^"), UInt8(ascii: "$"): return nil
    case UInt8(ascii: "."): return Need()
    case UInt8(ascii: "["):
      try characterClass()
      return Need()
    case UInt8(ascii: "("): return try group()
    case UInt8(ascii: "\\"): return try escape()
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw Unknown()
    default: return Need(exact: [byte &- 65 < 26 ? byte | 0x20 : byte])
    }
  }

  private mutating func group() throws(Unknown) -> Need? {
    var takesBytes = true
    if isNext("?:") || isNext("?>") {
      at += 2
    } else if isNext("?=") || isNext("?!") {
      at += 2
      takesBytes = false
    } else if isNext("?<=") || isNext("?<!") {
      at += 3
      takesBytes = false
    } else if isNext("?") || isNext("*") {
      throw Unknown()
    }
    let inner = try alternation()
    guard next == UInt8(ascii: ")") else { throw Unknown() }
    at += 1
    if takesBytes { return inner }
    _ = try quantifier()
    return nil
  }

  private mutating func characterClass() throws(Unknown) {
    if next == UInt8(ascii: "^") { at += 1 }
    if next == UInt8(ascii: "]") { at += 1 }
    while let byte = next {
      at += 1
      if byte == UInt8(ascii: "]") { return }
      if byte == UInt8(ascii: "[") { throw Unknown() }
      if byte == UInt8(ascii: "\\") { at += 1 }
    }
    throw Unknown()
  }

  private mutating func escape() throws(Unknown) -> Need? {
    guard let byte = next else { throw Unknown() }
    at += 1
    switch byte {
    case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "A"), UInt8(ascii: "z"),
      UInt8(ascii: "Z"):
      return nil
    case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "s"), UInt8(ascii: "S"),
      UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "h"), UInt8(ascii: "H"):
      return Need()
    case 48...57, 65...90, 97...122: throw Unknown()
    default: return Need(exact: [byte])
    }
  }

  /// Reads how often the part before may stand.
  private mutating func quantifier() throws(Unknown) -> (atLeast: Int, isOne: Bool) {
    var atLeast = 1
    var isOne = true
    switch next {
    case UInt8(ascii: "*"), UInt8(ascii: "?"):
      atLeast = 0
      isOne = false
      at += 1
    case UInt8(ascii: "+"):
      isOne = false
      at += 1
    case UInt8(ascii: "{"):
      guard let close = source[at...].firstIndex(of: UInt8(ascii: "}")) else { throw Unknown() }
      let inner = String(decoding: source[(at + 1)..<close], as: UTF8.self)
      guard let low = inner.split(separator: ",", omittingEmptySubsequences: false).first else {
        throw Unknown()
      }
      guard let number = low.isEmpty ? 0 : Int(low) else { throw Unknown() }
      atLeast = number
      isOne = false
      at = close + 1
    default: return (1, true)
    }
    if next == UInt8(ascii: "?") || next == UInt8(ascii: "+") { at += 1 }
    return (atLeast, isOne)
  }
}
