internal import MailTerms

/// The text that sendmail writes: the failed addresses with a reason each, then the dialogue.
enum SendmailForm {
  private static let failureLimit = 1_000

  /// Reads the text part.
  ///
  /// The last line of the transcript is sendmail's own verdict; only `<<<` lines are the server's.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    var lines = text.lines[...]
    if let start = lines.firstIndex(where: {
      $0.holds("the following addresses had ") && $0.trimmed.hasPrefix("-----")
    }) {
      let isDelay = lines[start].holds("transient")
      lines = lines[(start + 1)...]
      while let line = lines.first, !line.hasPrefix("   ----- ") {
        lines.removeFirst()
        if line.isBlank { continue }
        if line.indentation == 0, line.first != 0x09 {
          if line.first == UInt8(ascii: "<"), MailAddress.closing(line) == nil { continue }
          guard result.failures.count + result.delays.count < failureLimit else { break }
          let entry = ReportedFailure(recipient: MailAddress.bare(line))
          if isDelay { result.delays.append(entry) } else { result.failures.append(entry) }
        } else if !isDelay, let last = result.failures.indices.last {
          describe(line.trimmed, &result.failures[last])
        }
      }
    }
    transcript(lines, &result.failures)
    return result
  }

  private static func describe(_ line: Bytes, _ failure: inout ReportedFailure) {
    guard line.first == UInt8(ascii: "("), line.last == UInt8(ascii: ")") else { return }
    let inner = line.dropFirst().dropLast()
    if inner.hasPrefix("reason: ") {
      failure.words = Array(inner.dropFirst(8).trimmed)
      failure.isServerReply = ReplyText.isReply(failure.words[...])
    } else if inner.hasPrefix("expanded from: ") {
      failure.original = MailAddress.bare(inner.dropFirst(15))
    }
  }

  /// Goes through the dialogue: `... while talking to mx.b.:`, `>>> RCPT To:<a@b>`, `<<< 551 text`.
  private static func transcript(_ lines: ArraySlice<Bytes>, _ failures: inout [ReportedFailure]) {
    var host: String?
    var command: Bytes = []
    var reply: [UInt8] = []
    func flush() {
      defer { reply = [] }
      guard ReplyText.isReply(reply[...]), let found = host else { return }
      let address = command.firstIndex(of: UInt8(ascii: "<")).map {
        MailAddress.bare(command[$0...])
      }
      for index in failures.indices {
        let isRecipient = address.map { MailAddress.isSame($0, failures[index].recipient) } == true
        guard isRecipient || !command.hasPrefix("rcpt") else { continue }
        // The reason that stands beside the address tells which of the replies was decisive.
        let reason = failures[index].words[...].trimmed
        guard reason.isEmpty ? isRecipient : reply[...].trimmed.starts(with: reason) else {
          continue
        }
        failures[index].remoteHost = found
        failures[index].command =
          command.isWord(".") ? .endOfData : SMTPCommand(logged: command.text.uppercased())
        failures[index].words = reply
        failures[index].isServerReply = true
      }
    }
    for line in lines {
      if line.hasPrefix("<<< ") {
        reply += (reply.isEmpty ? [] : [10]) + line.dropFirst(4)
        continue
      }
      if !reply.isEmpty { flush() }
      if line.hasPrefix(">>> ") {
        command = line.dropFirst(4).trimmed
      } else if let talking = line.range(of: "while talking to ") {
        host = RemoteName.host(line[talking.upperBound...])
        command = []
      }
    }
    flush()
  }
}
