/// What is kept of the local parts of addresses: where a log is only read they stay, and of what is kept
/// between runs its owner decides.
package enum LocalParts: Sendable {
  /// Everything.
  case asLogged
  /// A keyed hash in their place, as `Address.hashed` makes it.
  case hashed(secret: [UInt8])
  /// Nothing: `*@acme.example`.
  case dropped

  private static let nobody = UInt8(ascii: "*")

  /// Whether they stay as they are.
  package var areKept: Bool { if case .asLogged = self { true } else { false } }

  /// What is kept of an address.
  ///
  /// - Parameter mayBeHash: whether it was kept before, when it may have been hashed already.
  package func kept(of address: Span<UInt8>, mayBeHash: Bool = false) -> [UInt8] {
    switch self {
    case .asLogged: return address.indices.map { address[$0] }
    case .hashed(let secret):
      return mayBeHash && Address.isHashed(address)
        ? address.indices.map { address[$0] } : Address.hashed(address, secret: secret)
    case .dropped:
      guard let domain = Address.domain(of: address) else { return [Self.nobody] }
      return [Self.nobody, UInt8(ascii: "@")] + domain.map { address[$0] }
    }
  }

  /// What is kept of a server's words: of each address in them what is kept of any, and nothing of the local
  /// part of the recipient, which servers often name without its domain.
  ///
  /// - Parameters:
  ///   - recipient: the address that the words are about, where it is known.
  ///   - mayBeHash: whether the words were kept before, when addresses in them may have been hashed already.
  package func kept(
    ofWords text: [UInt8], recipient: [UInt8] = [], mayBeHash: Bool = false
  ) -> [UInt8] {
    if areKept { return text }
    var kept: [UInt8] = []
    kept.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      let mark = Self.mark(in: text, at: at)
      guard mark > 0, let start = Address.localPartStart(atEndOf: kept) else {
        kept.append(text[at])
        at += 1
        continue
      }
      let domain = Self.domain(in: text, from: at + mark)
      let address = kept[start...] + [UInt8(ascii: "@")] + text[domain]
      kept.removeLast(kept.count - start)
      let instead = domain.isEmpty ? [Self.nobody] : self.kept(of: Array(address), mayBeHash)
      // In a link the sign between the two parts stays as it was written.
      kept += instead.prefix { $0 != UInt8(ascii: "@") } + text[at..<domain.upperBound]
      at = domain.upperBound
    }
    let named = recipient.span
    return Self.without(named.extracting(..<Address.localPartEnd(of: named)), kept)
  }

  private func kept(of address: [UInt8], _ mayBeHash: Bool) -> [UInt8] {
    kept(of: address.span, mayBeHash: mayBeHash)
  }

  /// How many bytes the sign between local part and domain has there, which can be `%40` in a link; 0 for none.
  private static func mark(in text: [UInt8], at: Int) -> Int {
    if text[at] == UInt8(ascii: "@") { return 1 }
    return text[at] == UInt8(ascii: "%") && text[at...].starts(with: "%40".utf8) ? 3 : 0
  }

  /// The domain or the address literal that begins there; empty for none.
  private static func domain(in text: [UInt8], from start: Int) -> Range<Int> {
    var end = start
    if start < text.count, text[start] == UInt8(ascii: "[") {
      return
        start..<(text[start...].prefix(64).firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? start)
    }
    while end < text.count,
      Address.isWord(text[end]) || text[end] >= 0x80 || text[end] == UInt8(ascii: ".")
    {
      end += 1
    }
    // A full stop behind the address ends the sentence.
    while end > start, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
    return start..<end
  }

  /// A text with nothing of some word in it, in any case.
  private static func without(_ word: Span<UInt8>, _ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    while let next = place(of: word, in: text.span, from: at) {
      result += text[at..<next] + [nobody]
      at = next + word.count
    }
    return result + text[at...]
  }

  /// Whether a server's words name the recipient by the local part alone; for the loop over every line.
  package static func isNamed(_ recipient: Span<UInt8>, in text: Span<UInt8>) -> Bool {
    place(of: recipient.extracting(..<Address.localPartEnd(of: recipient)), in: text, from: 0)
      != nil
  }

  /// Where some word stands next, in any case; as a domain it is another one.
  private static func place(
    of word: Span<UInt8>, in text: Span<UInt8>, from start: Int
  ) -> Int? {
    guard !word.isEmpty else { return nil }
    let first = Address.lower(word[0])
    var at = start
    while at + word.count <= text.count {
      if Address.lower(text[at]) == first, isWhole(at, word.count, text), isSame(word, text, at) {
        return at
      }
      at += 1
    }
    return nil
  }

  private static func isWhole(_ at: Int, _ count: Int, _ text: Span<UInt8>) -> Bool {
    (at == 0 || !isPart(text[at - 1]) && text[at - 1] != UInt8(ascii: "@"))
      && (at + count == text.count || !isPart(text[at + count]))
  }

  private static func isSame(_ word: Span<UInt8>, _ text: Span<UInt8>, _ at: Int) -> Bool {
    var index = 0
    while index < word.count {
      if Address.lower(word[index]) != Address.lower(text[at + index]) { return false }
      index += 1
    }
    return true
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
  }
}

extension Address {
  /// Where an address's local part ends: before the last `@`, or at its end.
  package static func localPartEnd(of address: Span<UInt8>) -> Int {
    var at = address.count - 1
    while at >= 0, address[at] != UInt8(ascii: "@") { at -= 1 }
    return at < 0 ? address.count : at
  }

  /// Where the local part begins with which some text ends, since an `@` follows; nil where it ends with none.
  package static func localPartStart(atEndOf text: [UInt8]) -> Int? {
    if text.last == UInt8(ascii: "\"") {
      let lowest = max(0, text.count - 66)
      var end = text.count - 1
      while let open = text[lowest..<end].lastIndex(of: UInt8(ascii: "\"")) {
        if open == lowest || text[open - 1] != UInt8(ascii: "\\") { return open }
        end = open
      }
      return nil
    }
    var start = text.count
    while start > 0, isLocal(text[start - 1]) { start -= 1 }
    // Of a link it is only the end.
    if text[start...].starts(with: "//".utf8) {
      start = text.count
      while start > 0, isLocal(text[start - 1]), !isInLink(text[start - 1]) { start -= 1 }
    }
    return start < text.count ? start : nil
  }

  /// Whether a byte is a letter, a digit, `-` or `_`.
  package static func isWord(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_")
  }

  /// Whether a byte stands in a local part without quotes (RFC 5322 section 3.2.3).
  private static func isLocal(_ byte: UInt8) -> Bool {
    if isWord(byte) || byte >= 0x80 { return true }
    switch byte {
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2E, 0x2F, 0x3D, 0x3F, 0x5E, 0x60, 0x7B...0x7E: return true
    default: return false
    }
  }

  /// Whether a byte parts the words of a link.
  private static func isInLink(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "=") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "&")
      || byte == UInt8(ascii: "/")
  }
}
