internal import MailTerms

/// What the text of a bounce says of one recipient.
struct ReportedFailure {
  /// The address as written; empty where the text has lost it.
  var recipient: [UInt8]
  /// The address that it was made from by aliases.
  var original: [UInt8]?
  var remoteHost: String?
  var command: SMTPCommand?
  /// What the server answered, or what the MTA says itself; with a line feed where a line ended.
  var words: [UInt8] = []
  /// Whether the words are a server's.
  var isServerReply = false
}

/// What the text part of a bounce says.
struct ReportText {
  var failures: [ReportedFailure] = []
  /// Recipients who still wait.
  var delays: [ReportedFailure] = []
  /// The queue id of the original, where the text names it.
  var messageID: String?
}

/// Finding and cutting replies in text.
enum ReplyText {
  /// How the lines of a reply came to be lines of text.
  enum Layout {
    /// A line of the text is a line of the reply, if it begins with the code; else it was wrapped.
    case kept
    /// Filled like a paragraph: a line can end anywhere.
    case filled
  }

  private static let mark: StaticString = "[truncated]"

  /// Whether Exim cut these words.
  static func isTruncated(_ words: [UInt8]) -> Bool { words[...].trimmed.hasSuffix(mark) }

  /// Takes apart what a server answered.
  static func reply(_ words: [UInt8], _ layout: Layout) -> Reply {
    var words = words[...].trimmed
    if words.hasSuffix(mark) { words = words.dropLast(mark.utf8CodeUnitCount).trimmed }
    // A single-line reply has no later lines, whatever its text looks like.
    guard case .kept = layout, words.count > 3, words[words.startIndex + 3] == UInt8(ascii: "-")
    else {
      // Postfix writes a reply whole, and goes by its last line's code.
      var reply = Reply(raw: words.joined[...], form: layout == .filled ? .postfix : .joined)
      // qmail's own words end with the code, and have no reply code before them.
      if reply.enhanced == nil { reply.enhanced = EnhancedCode.trailing(reply.text[...]) }
      return reply
    }
    let code = words.prefix(3)
    var raw: [UInt8] = []
    var heads = 0
    for line in words.lines {
      let line = line.trimmed
      if raw.isEmpty {
        raw = Array(line)
      } else if line.starts(with: code), Reply.code(of: line) != nil {
        heads += 1
        raw += Array("\\n".utf8) + line
      } else if !line.isEmpty {
        raw += [0x20] + line
      }
    }
    return Reply(raw: raw[...], form: heads > 0 ? .exim : .joined)
  }

  /// Whether words begin with a reply code.
  static func isReply(_ words: Bytes) -> Bool { Reply.code(of: words.trimmed) != nil }
}
