internal import MailTerms

/// The text that Postfix writes (bounce_notify_util.c): `<a@b>: host mx.b[192.0.2.1] said: 551 text (in
/// reply to RCPT TO command)`, filled at 79 columns with four blanks before later lines.
enum PostfixForm {
  private static let failureLimit = 1_000

  /// Reads the notification.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    var paragraph: [UInt8] = []
    func flush() {
      if let failure = failure(paragraph[...]), result.failures.count < failureLimit {
        result.failures.append(failure)
      }
      paragraph = []
    }
    for line in text.lines {
      if line.first == UInt8(ascii: "<") {
        flush()
        paragraph = Array(line)
      } else if line.indentation >= 4, !line.isBlank, !paragraph.isEmpty {
        paragraph += [10] + line
      } else {
        flush()
      }
    }
    flush()
    return result
  }

  private static func failure(_ paragraph: Bytes) -> ReportedFailure? {
    guard !paragraph.isEmpty, let end = MailAddress.closing(paragraph) else { return nil }
    var failure = ReportedFailure(recipient: Array(paragraph[(paragraph.startIndex + 1)..<end]))
    var rest = Array(paragraph[(end + 1)...]).joinedLines[...]
    let expanded: StaticString = "(expanded from <"
    if rest.hasPrefix(expanded) {
      let start = rest.startIndex + expanded.utf8CodeUnitCount - 1
      guard let close = MailAddress.closing(rest[start...]) else { return nil }
      failure.original = Array(rest[(start + 1)..<close])
      rest = rest[(close + 1)...].drop { $0 == UInt8(ascii: ")") }
    }
    guard rest.first == UInt8(ascii: ":") else { return nil }
    describe(rest.dropFirst().trimmed, &failure)
    return failure
  }

  /// Finds host, command and reply in a reason as Postfix logs it.
  static func describe(_ reason: Bytes, _ failure: inout ReportedFailure) {
    failure.words = Array(reason)
    guard
      reason.hasPrefix("host ") || reason.hasPrefix("SASL authentication failed; server ")
        || reason.hasPrefix("SASL [CACHED] authentication failed; server ")
        || reason.hasPrefix("TLS is required, but host "),
      let said = [" said: ", " refused to talk to me: ", " refused to start TLS: "].lazy
        .compactMap({ reason.range(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound })
    else {
      // The output of a program is its own words, without those of Postfix before it.
      if let output = reason.range(of: "Command output: ") {
        failure.words = Array(reason[output.upperBound...].trimmed)
      }
      return
    }
    var reply = reason[said.upperBound...]
    failure.command = SMTPCommand(logged: reason[said].dropFirst().text)
    if failure.command == nil, let answered = reply.lastRange(of: " (in reply to "),
      reply.last == UInt8(ascii: ")")
    {
      failure.command = SMTPCommand(logged: reply[answered.upperBound...].text)
      reply = reply[..<answered.lowerBound]
    }
    guard ReplyText.isReply(reply) else { return }
    let name = reason[..<said.lowerBound].words.last ?? []
    // A relay by a socket of this machine has a path in place of an address.
    failure.remoteHost = RemoteName.host(name)
    failure.words = Array(reply)
    failure.isServerReply = true
  }
}
