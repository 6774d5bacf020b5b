package import Correlation
internal import MailTerms

/// Writes each outcome as one short line, for `follow`.
package struct EventTextRenderer {
  private let style: TextStyle

  /// Makes a renderer.
  package init(style: TextStyle) { self.style = style }

  /// The line, with its end: time, code, recipient, sender, remote host, reply, message id.
  package func render(_ event: MailEvent) -> String {
    let time = event.time.isKnown ? event.time.display : "-"
    let id = TerminalText.clean(event.messageID ?? "-")
    if event.kind == .notified {
      let bounce = TerminalText.clean(event.bounceID ?? "-")
      let sender = event.sender.map { TerminalText.clean($0) } ?? "the sender"
      return "\(time) \(style.paint("told", .good)) \(sender): bounce \(bounce) for \(id)\n"
    }
    let reply = event.reply
    let code = reply?.code.map(String.init) ?? "---"
    var line = "\(time) \(style.paint("\(word(event)) \(code)", meaning(event)))"
    if let recipient = event.recipient { line += " \(TerminalText.clean(recipient))" }
    line += " from \(event.sender.map { TerminalText.clean($0) } ?? "(unknown)")"
    if let host = event.remoteHost {
      line += event.kind == .rejected ? " client " : " at "
      line += TerminalText.clean(host)
      if let ip = event.remoteIP, ip != host { line += " [\(TerminalText.clean(ip))]" }
    }
    if let enhanced = reply?.enhanced { line += " \(enhanced)" }
    if let text = reply?.text, !text.isEmpty {
      let words = TerminalText.clean(String(decoding: text, as: UTF8.self))
      line += ": \(words.prefixColumns(200))"
    }
    line += " (\(id)"
    if event.attempts > 1 { line += ", try \(event.attempts)" }
    return line + ")\n"
  }

  private func word(_ event: MailEvent) -> String {
    event.origin == .local || event.origin == .expired
      ? "\(event.kind.word.string)/\(event.origin?.word.string ?? "")" : event.kind.word.string
  }

  private func meaning(_ event: MailEvent) -> TextStyle.Meaning {
    switch event.kind {
    case .failed: .failure
    case .deferred, .rejected, .callout: .warning
    case .delivered, .notified: .good
    }
  }
}
