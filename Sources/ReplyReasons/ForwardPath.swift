package import MailTerms
internal import PCRE2
internal import PatternFiles

/// Reads the address that a server names in the recipient's place (RFC 5321 section 3.4).
///
/// It is the claim of a stranger: it is shown, and nothing is ever done with it.
package struct ForwardPathReader: ~Copyable {
  private static let regex = #"""
    \b(?:try|use|contact)\b[^<>@]{0,20}?(?<![^\s<:("'=])<?(?:@[^:<>\s]+(?:,@[^:<>\s]+)*:)?((?:"(?:[^"\\]|\\.){1,64}"|[^\s<>@"(),:;]{1,64})@(?:\[[0-9A-Fa-f:.]+\]|[\w\-.\x80-\xFF]{1,255}))
    """#
  private var pattern: Pattern?
  private var matcher = Matcher(matchLimit: 100_000)

  /// Makes a reader; nothing is compiled before it is needed.
  package init() {}

  /// The address; nil where the reply names none.
  ///
  /// - Parameters:
  ///   - code: the reply code.
  ///   - reason: the reply's reason: only 251, 551 and `user-moved` can have one.
  ///   - text: the text without codes.
  ///   - recipient: the recipient that failed, whose own address is no forward path.
  package mutating func forwardPath(
    code: Int?, reason: Reason, text: [UInt8], recipient: String? = nil
  ) -> String? {
    guard code == 251 || code == 551 || reason == .userMoved,
      text.contains(UInt8(ascii: "@"))
    else { return nil }
    let text = Array(text.prefix(4096))
    if pattern == nil {
      pattern = try? Pattern(searching: Array(Self.regex.utf8), isJITWanted: false)
    }
    guard let pattern else { return nil }
    var start = 0
    while matcher.match(pattern, in: text.span, at: start) == .matched {
      guard let group = matcher.group(1) else { return nil }
      var address = text[group]
      // A full stop behind it ends the sentence.
      while let last = address.last, last == UInt8(ascii: ".") || last == UInt8(ascii: "-") {
        address = address.dropLast()
      }
      start = max(matcher.matchEnd, start + 1)
      if Self.isAddress(address), !Self.isSame(address, recipient) {
        return String(decoding: address, as: UTF8.self)
      }
      if start > text.count { return nil }
    }
    return nil
  }

  /// Whether there is a domain, and no link around it.
  private static func isAddress(_ address: ArraySlice<UInt8>) -> Bool {
    guard let at = address.lastIndex(of: UInt8(ascii: "@")), at > address.startIndex,
      at + 1 < address.endIndex
    else { return false }
    let local = address[..<at]
    // Whom to ask about a refusal is nobody's new address.
    if TextFolding.isRole(local.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }[...]) { return false }
    return address[at + 1] != UInt8(ascii: ".")
      && (local.first == UInt8(ascii: "\"") || !local.contains(UInt8(ascii: "/")))
  }

  /// Whether it is the recipient's own: domains are the same in any case.
  private static func isSame(_ address: ArraySlice<UInt8>, _ recipient: String?) -> Bool {
    guard let recipient else { return false }
    let other = Array(recipient.utf8)
    guard address.count == other.count, let at = other.lastIndex(of: UInt8(ascii: "@")) else {
      return false
    }
    for (index, byte) in address.enumerated() {
      let isDomain = index > at
      let left = isDomain && byte &- 65 < 26 ? byte | 0x20 : byte
      let right = isDomain && other[index] &- 65 < 26 ? other[index] | 0x20 : other[index]
      if left != right { return false }
    }
    return true
  }
}
