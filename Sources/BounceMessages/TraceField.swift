internal import MailTerms

/// A `Received` field taken apart (RFC 5321 section 4.4).
///
/// Strangers choose some of its words (HELO names, senders, recipients), so what stands in comments,
/// quotes and angle brackets is never taken for a keyword.
struct TraceField {
  /// The word behind `from`; nil if there is no such clause.
  private(set) var from: String?
  private(set) var by: String?
  /// The word behind `with`, in lower case.
  private(set) var protocolName: String?
  private(set) var id: [UInt8]?
  private(set) var isExim = false
  private(set) var isOpenSMTPD = false
  /// Whether a program on the host itself handed the mail in (Postfix: `(Postfix, from userid 0)`).
  private(set) var isSubmission = false

  /// The id, if it has Exim's form.
  var eximID: String? { id.flatMap { QueueID.isExim($0[...]) ? $0.text : nil } }

  /// The id, if it is of letters and digits alone.
  var plainID: String? { id.flatMap { QueueID.isPlain($0[...]) ? $0.text : nil } }

  /// Reads the value of a field.
  init(_ value: [UInt8]) {
    let tokens = Self.tokens(value.prefix(4_096))
    for (index, token) in tokens.enumerated() {
      if token.first == UInt8(ascii: "(") {
        if token.hasPrefix("(exim") { isExim = true }
        if token.hasPrefix("(opensmtpd") { isOpenSMTPD = true }
        if token.holds(", from userid") { isSubmission = true }
        continue
      }
      // The date follows; OpenSMTPD once wrote one behind the first clause too.
      if token.isWord(";") {
        if by == nil, id == nil { continue }
        break
      }
      let next = index + 1 < tokens.count ? tokens[index + 1] : []
      let isKeyword = Self.isKeyword(next) || next.isWord(";") || next.first == UInt8(ascii: "(")
      let word = isKeyword ? [] : next
      if token.isWord("from"), from == nil, by == nil {
        from = Address.lowercased(word.text)
      } else if token.isWord("by"), by == nil {
        by = word.isEmpty ? nil : RemoteName.host(word)
      } else if token.isWord("with"), protocolName == nil {
        protocolName = Address.lowercased(word.text)
      } else if token.isWord("id"), id == nil, !word.isEmpty {
        id = Array(word)
      }
    }
  }

  /// Whether the mail passed the host of this name; where one of both is not known it may have.
  func isAt(_ host: String?) -> Bool {
    guard let by, let host else { return true }
    return by == host
  }

  private static func isKeyword(_ word: Bytes) -> Bool {
    word.isWord("by") || word.isWord("with") || word.isWord("id") || word.isWord("for")
      || word.isWord("via")
  }

  /// The words, with each comment as one word that begins with `(`, and `;` alone.
  private static func tokens(_ value: Bytes) -> [Bytes] {
    var tokens: [Bytes] = []
    var at = value.startIndex
    while at < value.endIndex, tokens.count < 200 {
      let start = at
      switch value[at] {
      case 0...0x20:
        at += 1
        continue
      case UInt8(ascii: "("): at = comment(value, at)
      case UInt8(ascii: "<"): at = (MailAddress.closing(value[at...]) ?? value.endIndex - 1) + 1
      case UInt8(ascii: "\""): at = quoted(value, at)
      case UInt8(ascii: ";"): at += 1
      default:
        while at < value.endIndex, value[at] > 0x20, value[at] != UInt8(ascii: ";"),
          value[at] != UInt8(ascii: "(")
        {
          at += 1
        }
      }
      tokens.append(value[start..<at])
    }
    return tokens
  }

  /// Behind a comment; brackets may nest, and an address in it may hold quotes.
  private static func comment(_ value: Bytes, _ start: Int) -> Int {
    var depth = 0
    var at = start
    while at < value.endIndex {
      switch value[at] {
      case UInt8(ascii: "\\"): at += 1
      case UInt8(ascii: "<"): at = MailAddress.closing(value[at...]) ?? at
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return at + 1 }
      default: break
      }
      at += 1
    }
    return value.endIndex
  }

  private static func quoted(_ value: Bytes, _ start: Int) -> Int {
    var at = start + 1
    while at < value.endIndex, value[at] != UInt8(ascii: "\"") {
      at += value[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return Swift.min(at + 1, value.endIndex)
  }
}
