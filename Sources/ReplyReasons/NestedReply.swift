/// Finds the reply of another server that a reply quotes: `host X said: 554 ...`, `-> 550 : ...`.
enum NestedReply {
  /// What stands before a quoted reply, apart from a colon, an arrow or an opening mark.
  private static let leads = ["said", "error", "was", "response", "with", "smtp;", "returned"]

  /// Where the quoted reply's code begins in a folded text; nil if none is quoted.
  static func start(in text: Span<UInt8>) -> Int? {
    var at = 1
    while at + 3 < text.count {
      if isCode(text, at), isQuoted(text, at) { return at }
      at += 1
    }
    return nil
  }

  /// Whether three digits of a refusal stand there, apart from what is around them.
  private static func isCode(_ text: Span<UInt8>, _ at: Int) -> Bool {
    let first = text[at]
    guard first == UInt8(ascii: "4") || first == UInt8(ascii: "5"), text[at + 1] &- 48 < 10,
      text[at + 2] &- 48 < 10
    else { return false }
    // 4xx and 5xx that servers send have a middle digit of 0 to 5; 571 is an old one.
    let isKnown = text[at + 1] < UInt8(ascii: "6") || text[at + 1] == UInt8(ascii: "7")
    return isKnown && (text[at + 3] == 0x20 || text[at + 3] == UInt8(ascii: "-"))
  }

  private static func isQuoted(_ text: Span<UInt8>, _ at: Int) -> Bool {
    var end = at
    var hasMark = false
    while end > 0 {
      switch text[end - 1] {
      case UInt8(ascii: "<"), UInt8(ascii: "\""), UInt8(ascii: "'"):
        hasMark = true
        end -= 1
        continue
      case 0x20:
        end -= 1
        continue
      default: break
      }
      break
    }
    if hasMark { return true }
    guard end > 0, end < at || text[at - 1] == UInt8(ascii: ":") else { return false }
    if text[end - 1] == UInt8(ascii: ":") { return true }
    if end > 1, text[end - 1] == UInt8(ascii: ">"),
      text[end - 2] == UInt8(ascii: "-") || text[end - 2] == UInt8(ascii: "=")
    {
      return true
    }
    return leads.contains { lead in
      let length = lead.utf8.count
      guard end >= length else { return false }
      for (index, byte) in lead.utf8.enumerated() where text[end - length + index] != byte {
        return false
      }
      return end == length || text[end - length - 1] == 0x20
    }
  }
}
