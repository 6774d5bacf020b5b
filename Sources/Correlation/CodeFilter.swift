package import MailTerms

/// Which reply codes are asked for: `551`, `5xx`, `550-554`, an enhanced code such as `5.1.6`, or `all`.
package struct CodeFilter: Equatable, Sendable {
  private enum Term: Equatable, Sendable {
    case codes(ClosedRange<Int>)
    case enhanced(EnhancedCode)
    case all
  }

  private var terms: [Term]
  /// The words that the filter was made from.
  package let words: [String]

  /// Reads some words; each may hold several separated by commas, and one that fits is enough.
  ///
  /// - Returns: nil if a word is no code, class, range or enhanced code, or if there is none.
  package init?(_ arguments: [String]) {
    words = arguments.flatMap { $0.split(separator: ",").map(String.init) }
    terms = []
    for word in words {
      guard let term = Self.term(word) else { return nil }
      terms.append(term)
    }
    if terms.isEmpty { return nil }
  }

  /// A filter that asks for everything.
  package static let everything = CodeFilter(terms: [.all], words: ["all"])

  private init(terms: [Term], words: [String]) {
    self.terms = terms
    self.words = words
  }

  /// Whether everything is asked for, with a code or without.
  package var isAll: Bool { terms.contains(.all) }

  /// Whether a delivery's reply (2xx) can be asked for.
  package var mayBeDelivery: Bool {
    terms.contains { term in
      switch term {
      case .all: true
      case .codes(let range): range.lowerBound < 300
      case .enhanced(let code): code.category == 2
      }
    }
  }

  /// Whether an enhanced code is asked for.
  package var hasEnhanced: Bool {
    terms.contains { if case .enhanced = $0 { true } else { false } }
  }

  /// Whether a reply is asked for.
  ///
  /// - Parameter code: the reply code; nil where there was none, which only `all` accepts.
  package func matches(code: Int?, enhanced: EnhancedCode?) -> Bool {
    terms.contains { term in
      switch term {
      case .all: true
      case .codes(let range): code.map(range.contains) ?? false
      case .enhanced(let wanted): enhanced == wanted
      }
    }
  }

  /// Whether a reply code is asked for, whatever the enhanced code.
  func matches(code: Int) -> Bool {
    for term in terms {
      if case .codes(let range) = term, range.contains(code) { return true }
    }
    return false
  }

  private static func term(_ word: String) -> Term? {
    if word == "all" { return .all }
    let bytes = Array(word.utf8)
    guard !bytes.contains(UInt8(ascii: "+")) else { return nil }
    if bytes.count == 3, (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(bytes[0]),
      bytes[1] == bytes[2], bytes[1] | 0x20 == UInt8(ascii: "x")
    {
      let hundred = Int(bytes[0] - 48) * 100
      return .codes(hundred...(hundred + 99))
    }
    if bytes.contains(UInt8(ascii: ".")) { return enhanced(word).map(Term.enhanced) }
    let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1],
      low >= 200, high <= 599, low <= high
    else { return nil }
    return .codes(low...high)
  }

  private static func enhanced(_ word: String) -> EnhancedCode? {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false).map { UInt16($0) }
    guard parts.count == 3, let category = parts[0], let subject = parts[1], let detail = parts[2],
      [2, 4, 5].contains(category), subject < 1000, detail < 1000
    else { return nil }
    return EnhancedCode(category: UInt8(category), subject: subject, detail: detail)
  }
}
