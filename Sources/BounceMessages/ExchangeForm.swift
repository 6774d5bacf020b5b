internal import MailTerms

/// The text that Exchange and Office 365 write below `Generating server:`, and that of Exchange 2003.
enum ExchangeForm {
  private static let failureLimit = 1_000

  /// Reads the text part.
  static func read(_ text: Bytes) -> ReportText {
    var result = ReportText()
    let start =
      text.range(of: "generating server:") ?? text.range(of: "could not be reached")
      ?? text.range(of: "did not reach the following recipient")
    guard let start else { return result }
    var words: [UInt8] = []
    func flush() {
      if let last = result.failures.indices.last { describe(words[...], &result.failures[last]) }
      words = []
    }
    for line in text[text.lineEnd(from: start.upperBound)...].lines {
      let line = line.trimmed
      if line.hasPrefix("original message headers") { break }
      if let address = address(line) {
        guard result.failures.count < failureLimit else { break }
        flush()
        result.failures.append(ReportedFailure(recipient: address))
      } else if !result.failures.isEmpty {
        words += (words.isEmpty ? [] : [10]) + line
      }
    }
    flush()
    return result
  }

  /// A line that names a recipient: `a@b`, and `a@b on 1/2/2010 10:00 AM` of 2003.
  private static func address(_ line: Bytes) -> [UInt8]? {
    guard let word = line.words.first, MailAddress.isLikely(MailAddress.bare(word)[...]) else {
      return nil
    }
    let rest = line[word.endIndex...].trimmed
    return rest.isEmpty || rest.hasPrefix("on ") ? MailAddress.bare(word) : nil
  }

  private static func describe(_ words: Bytes, _ failure: inout ReportedFailure) {
    let text = words.joined[...]
    if let said = text.range(of: "remote server returned '") {
      let reply = text[said.upperBound...]
      let end = reply.lastIndex(of: UInt8(ascii: "'")) ?? reply.endIndex
      if nested(reply[..<end], &failure) { return }
      take(reply[..<end], &failure)
      // From 2013 on the server's name stands alone before it.
      let host = text[..<said.lowerBound].words
      if failure.isServerReply, host.count == 1 { failure.remoteHost = RemoteName.host(host[0]) }
    } else if nested(text, &failure) {
      return
    } else if let mark = text.range(of: " #"), text[..<mark.lowerBound].words.count == 1 {
      // `mx.b #551 5.7.1 text ##`
      var reply = text[mark.upperBound...]
      if reply.hasSuffix("##") { reply = reply.dropLast(2) }
      take(reply.trimmed, &failure)
      if failure.isServerReply { failure.remoteHost = RemoteName.host(text[..<mark.lowerBound]) }
    } else if let code = text.range(of: "msexch:"),
      let close = text[code.upperBound...].firstIndex(of: UInt8(ascii: ")"))
    {
      // `MSEXCH:IMS:ORG:SITE:SERVER 3550 (000B09B6) 551 text`
      take(text[(close + 1)...].trimmed, &failure)
    } else {
      failure.words = Array(text)
    }
  }

  /// Reads `mx.b #<mx.b #5.7.1 smtp;551 5.7.1 text> #SMTP#`, `<mx.b #5.7.1 smtp;551 text>` and
  /// `<mx.b> #5.7.1 smtp;551 text`; false if the words are none of these.
  private static func nested(_ text: Bytes, _ failure: inout ReportedFailure) -> Bool {
    guard let mark = text.range(of: " smtp;") else { return false }
    var end = text.endIndex
    // The bracket that is open ends the reply, which can hold others.
    if let bracket = text[..<mark.lowerBound].last(where: { "<>".utf8.contains($0) }),
      bracket == UInt8(ascii: "<")
    {
      end = text[mark.upperBound...].lastIndex(of: UInt8(ascii: ">")) ?? end
    }
    take(text[mark.upperBound..<end], &failure)
    if failure.isServerReply { name(text, upTo: mark.lowerBound, &failure) }
    return true
  }

  private static func take(_ words: Bytes, _ failure: inout ReportedFailure) {
    failure.words = Array(words.trimmed)
    failure.isServerReply = ReplyText.isReply(words)
  }

  /// The host before ` #5.7.1 smtp;`.
  private static func name(_ text: Bytes, upTo end: Int, _ failure: inout ReportedFailure) {
    let before = text[..<end].words
    let name = before.last { $0.first != UInt8(ascii: "#") } ?? []
    failure.remoteHost = RemoteName.host(
      name.drop { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "#") }.prefix {
        $0 != UInt8(ascii: ">")
      })
  }
}
