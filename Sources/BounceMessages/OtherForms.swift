internal import MailTerms

/// Gmail's text: old bounces have nothing else.
enum GmailForm {
  /// Reads the text above the copy.
  static func read(_ text: Bytes, failed: [[UInt8]]) -> ReportText {
    var result = ReportText()
    var failure = ReportedFailure(recipient: [])
    if let rejected = text.range(of: "rejected by the server for the recipient domain "),
      let by = text.range(of: " by ", from: rejected.upperBound), by.upperBound < text.endIndex
    {
      failure.remoteHost = RemoteName.host(
        Array(text[by.upperBound...].prefix(400)).joinedLines[...])
    }
    if let returned = text.range(of: "server returned was:") {
      let words = paragraph(text[returned.upperBound...])
      failure.words = undoubled(words)
    } else if let state = text.range(of: "SMTP Error (state "),
      let close = text[state.upperBound...].firstIndex(of: UInt8(ascii: ":"))
    {
      failure.words = undoubled(paragraph(text[(close + 1)...]))
    } else if let details = text.range(of: "technical details of permanent failure:") {
      failure.words = paragraph(text[details.upperBound...])
    }
    failure.isServerReply = ReplyText.isReply(failure.words[...])
    if !failure.isServerReply { failure.remoteHost = nil }
    let isDelay = text.holds("has been delayed") || text.holds("message will be retried")
    var recipients = failed
    if recipients.isEmpty {
      // They stand indented below the first sentence.
      for line in text.lines {
        if line.hasPrefix("technical details") || line.hasPrefix("message will be retried") {
          break
        }
        if line.indentation > 0, MailAddress.isLikely(line.trimmed) {
          recipients.append(Array(line.trimmed))
        }
      }
    }
    for recipient in recipients.prefix(1_000) {
      failure.recipient = recipient
      if isDelay { result.delays.append(failure) } else { result.failures.append(failure) }
    }
    return result
  }

  /// The first lines that are not empty, up to an empty one.
  private static func paragraph(_ text: Bytes) -> [UInt8] {
    var words: [UInt8] = []
    for line in text.lines.drop(while: \.isBlank) {
      if line.isBlank { break }
      words += (words.isEmpty ? [] : [10]) + line.trimmed
    }
    // `551 text (state 14).`: the number is Google's.
    if let state = words[...].lastRange(of: " (state "), words.count - state.lowerBound < 16 {
      words.removeSubrange(state.lowerBound...)
    }
    return words
  }

  /// Google once wrote the code twice: `550 550 5.1.1 text`.
  private static func undoubled(_ words: [UInt8]) -> [UInt8] {
    guard words.count > 7, words[..<4].elementsEqual(words[4..<8]) else { return words }
    return Array(words.dropFirst(4))
  }
}

/// OpenSMTPD's text: `a@b: 551 text` (bounce.c).
enum OpenSMTPDForm {
  /// Reads the text above the copy.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    let isDelay = text.holds("is delayed") || text.holds("has not been delivered")
    for line in text.lines {
      if line.hasPrefix("below is a copy") { break }
      let line = line.trimmed
      guard let colon = line.range(of: ": ")?.lowerBound, MailAddress.isLikely(line[..<colon]),
        result.failures.count + result.delays.count < 1_000
      else { continue }
      var failure = ReportedFailure(recipient: Array(line[..<colon]))
      failure.words = Array(line[(colon + 2)...].trimmed)
      failure.isServerReply = ReplyText.isReply(failure.words[...])
      if isDelay { result.delays.append(failure) } else { result.failures.append(failure) }
    }
    return result
  }
}

/// The text of 1&1, GMX and web.de: `SMTP error from remote server for RCPT TO command, host: mx.b
/// (192.0.2.1) reason: 551 text`.
enum UnitedInternetForm {
  private static let mark: StaticString = "SMTP error from remote server "

  private static let reason: StaticString = "for the following reason:"

  /// Whether the text has this form.
  static func holds(_ text: Bytes) -> Bool {
    [mark, reason].contains { words in
      var at = text.startIndex
      while let found = text.range(of: words, from: at) {
        // Inside another MTA's report the words would be indented.
        if found.lowerBound == text.startIndex || text[found.lowerBound - 1] == 10 { return true }
        at = found.upperBound
      }
      return false
    }
  }

  /// Reads the text above the copy.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    var waiting: [[UInt8]] = []
    var error: [UInt8] = []
    var isReason = false
    func flush() {
      guard !error.isEmpty else { return }
      for recipient in waiting where result.failures.count < 1_000 {
        var failure = ReportedFailure(recipient: recipient)
        describe(error.joinedLines[...], &failure)
        result.failures.append(failure)
      }
      waiting = []
      error = []
    }
    for line in text.lines {
      let line = line.trimmed
      if line.hasPrefix("---") { break }
      if line.isEmpty {
        flush()
      } else if line.isWord(reason) {
        isReason = true
      } else if !error.isEmpty || isReason || line.hasPrefix(mark) {
        isReason = false
        error += (error.isEmpty ? [] : [10]) + line
      } else {
        let word = line.last == UInt8(ascii: ":") ? line.dropLast() : line
        var address = MailAddress.bare(word)
        if address.count > 2, address.first == UInt8(ascii: "\""), address.last == address.first {
          address = Array(address.dropFirst().dropLast())
        }
        if MailAddress.isLikely(address[...]) { waiting.append(address) }
      }
    }
    flush()
    return result
  }

  /// Reads `after RCPT command: host: mx.b (192.0.2.1) reason: 551 text`, of which `reason:` may be missing.
  private static func describe(_ error: Bytes, _ failure: inout ReportedFailure) {
    failure.words = Array(error)
    // Before 2010 `host mx.b[192.0.2.1]: 551 text`.
    guard error.hasPrefix(mark), let host = error.range(of: "host: ") ?? error.range(of: ": host ")
    else { return }
    var reply = error[host.upperBound...]
    var name = reply
    if let reason = error.range(of: " reason: ", from: host.upperBound) {
      name = error[host.upperBound..<reason.lowerBound]
      reply = error[reason.upperBound...].trimmed
    } else {
      name = reply.prefix { $0 > 0x20 }
      reply = reply[name.endIndex...].trimmed
      if reply.first == UInt8(ascii: "("), let close = reply.firstIndex(of: UInt8(ascii: ")")) {
        reply = reply[(close + 1)...].trimmed
      }
    }
    guard ReplyText.isReply(reply) || Reply(raw: reply).enhanced != nil else { return }
    failure.words = Array(reply)
    failure.isServerReply = true
    failure.remoteHost = RemoteName.host(name)
    let command = error.dropFirst(mark.utf8CodeUnitCount).drop { $0 > 0x20 }.trimmed
    failure.command = SMTPCommand(logged: command.text)
  }
}

/// The text of Yahoo and of others who write paragraphs as qmail does: `550: 5.1.1 text`, and before 2014
/// `Remote host said: 550 text [RCPT_TO]`.
enum ParagraphForm {
  /// Reads the text above the copy.
  static func read(_ text: Bytes) -> ReportText {
    var result = QmailForm.read(text)
    for index in result.failures.indices { describe(&result.failures[index]) }
    return result
  }

  private static func describe(_ failure: inout ReportedFailure) {
    let words = failure.words[...].trimmed
    if words.dropFirst(3).first == UInt8(ascii: ":") {
      let reply = Array(words.prefix(3) + words.dropFirst(4))
      guard ReplyText.isReply(reply[...]) else { return }
      failure.words = reply
      failure.isServerReply = true
    }
    let tags: [(StaticString, SMTPCommand)] = [
      (" [CONNECT]", .connect), (" [MAIL_FROM]", .mailFrom), (" [RCPT_TO]", .rcptTo),
      (" [BODY]", .endOfData),
    ]
    for (tag, command) in tags
    where failure.isServerReply && failure.words[...].joined[...].hasSuffix(tag) {
      failure.words = Array(failure.words[...].joined.dropLast(tag.utf8CodeUnitCount))
      failure.command = command
    }
  }
}

extension [UInt8] {
  /// Lines as one line.
  var joinedLines: [UInt8] { self[...].joined }
}
