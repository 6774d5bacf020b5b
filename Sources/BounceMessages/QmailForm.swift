internal import MailTerms

/// The text that qmail writes (QSBMF): one paragraph for each recipient, `<a@b>:` on a line before it.
enum QmailForm {
  private static let failureLimit = 1_000

  /// Reads the text above the copy.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    var paragraph: [Bytes] = []
    func flush() {
      if let failure = failure(paragraph), result.failures.count < failureLimit {
        result.failures.append(failure)
      }
      paragraph = []
    }
    for line in text.lines {
      if line.isBlank {
        flush()
      } else if paragraph.isEmpty, line.first == UInt8(ascii: "-") {
        break
      } else {
        paragraph.append(line)
      }
    }
    flush()
    return result
  }

  private static func failure(_ paragraph: [Bytes]) -> ReportedFailure? {
    guard let head = paragraph.first?.trimmed, head.first == UInt8(ascii: "<"),
      head.hasSuffix(">:")
    else { return nil }
    var failure = ReportedFailure(recipient: Array(head.dropFirst().dropLast(2)))
    var own: [UInt8] = []
    var reply: [UInt8]?
    for line in paragraph.dropFirst() {
      if line.hasPrefix("giving up on ") {
        failure.remoteHost = failure.remoteHost ?? RemoteName.host(line.dropFirst(13))
        break
      }
      if reply != nil, line.hasPrefix(". (#") || line.hasPrefix("(Other MXes tried") { break }
      if let said = line.range(of: "remote host said: "), reply == nil {
        reply = Array(line[said.upperBound...])
      } else if reply == nil, let host = line.range(of: "; remote host "),
        let said = line.range(of: " said: ", from: host.upperBound)
      {
        // netqmail, when all hosts were tried: `most progress was RCPT TO response; remote host 192.0.2.1 said:`
        failure.remoteHost = RemoteName.host(line[host.upperBound..<said.lowerBound])
        let command = line[..<host.lowerBound].range(of: "most progress was ")
        failure.command = command.flatMap { SMTPCommand(logged: line[$0.upperBound...].text) }
        reply = Array(line[said.upperBound...])
      } else if let words = reply {
        reply = words + [10] + line
      } else {
        own += (own.isEmpty ? [] : [10]) + line
        attempt(line, &failure)
      }
    }
    if let reply, ReplyText.isReply(reply[...]) {
      failure.words = reply
      failure.isServerReply = true
    } else {
      failure.words = own
      failure.remoteHost = nil
      failure.command = nil
    }
    return failure
  }

  /// Reads which server was asked what: `192.0.2.1 does not like recipient.` (qmail-remote.c).
  private static func attempt(_ line: Bytes, _ failure: inout ReportedFailure) {
    let forms: [(StaticString, SMTPCommand)] = [
      (" does not like recipient", .rcptTo), (" failed after I sent the message", .endOfData),
      (" but sender was rejected", .mailFrom), (" failed on DATA command", .data),
      (" but greeting failed", .connect), (" but my name was rejected", .ehlo),
    ]
    for (words, command) in forms {
      // Some qmail-remotes write the recipient or a sentence before the server's address.
      guard let found = line.range(of: words), let host = line[..<found.lowerBound].words.last
      else { continue }
      failure.remoteHost = RemoteName.host(host)
      failure.command = command
    }
  }
}
