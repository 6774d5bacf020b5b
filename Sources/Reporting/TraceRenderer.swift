internal import Correlation
internal import MailTerms
package import Tracing

/// Writes the stories of messages for people.
package struct TraceRenderer {
  private let style: TextStyle
  /// Whether the lines as logged stand below each message.
  private let showsLines: Bool

  /// Makes a renderer.
  package init(style: TextStyle, showsLines: Bool = false) {
    self.style = style
    self.showsLines = showsLines
  }

  /// One story: each message with its way.
  package func render(_ story: Story, lines: [TracedLine]) -> String {
    var text = ""
    for (number, message) in story.messages.enumerated() {
      if number > 0 { text += "\n" }
      text += heading(message)
      for step in message.steps { text += render(step, message, story) }
      if showsLines {
        for place in message.lines where lines.indices.contains(place) {
          let line = String(decoding: lines[place].bytes, as: UTF8.self)
          text += "  " + style.paint("| " + TerminalText.clean(line), .faint) + "\n"
        }
      }
    }
    return text
  }

  /// A list to choose from, one line for each story, the newest last.
  package func render(list stories: [Story], total: Int, isRough: Bool) -> String {
    var text = ""
    let shown = stories.suffix(style.top)
    for story in shown {
      guard let subject = story.subject else { continue }
      let id = clean(subject.id ?? "-")
      let time = subject.first.isKnown ? subject.first.display : "-"
      let to = recipients(of: subject)
      let sender =
        subject.sender.map(clean) ?? subject.events.lazy.compactMap(\.sender).first
        .map(clean) ?? "(unknown)"
      var line = "\(time)  \(style.paint(id, .strong))  \(sender) -> \(to)"
      line += "  \(style.paint(subject.fate, meaning(of: subject)))"
      if let bounce = subject.relations.first(where: \.isBounce) {
        line += ", bounce \(clean(bounce.messageID))"
        if let place = bounce.place { line += " \(story.messages[place].fate)" }
      }
      text += line + "\n"
    }
    let others = max(0, total - shown.count)
    if others > 0 {
      text +=
        style.paint(
          "and \(isRough ? "about " : "")\(others) before these: --top N shows more, --since and --until choose a period",
          .faint) + "\n"
    } else if shown.count > 1, let id = shown.first?.subject?.id,
      shown.allSatisfy({ $0.subject?.id == id })
    {
      // Postfix uses short ids again.
      text += style.paint("messages of one id: --since and --until choose one", .faint) + "\n"
    }
    return text
  }

  // MARK: Messages

  private func heading(_ message: TracedMessage) -> String {
    var words = [message.mta.word, clean(message.edge)]
    for relation in message.relations { words.append(name(relation)) }
    words.append(message.fate)
    let id = message.id.map(clean) ?? "a client without a message id"
    return "\(style.paint(id, .strong))  \(words.joined(separator: ", "))\n"
  }

  private func name(_ relation: TracedMessage.Relation) -> String {
    let id = clean(relation.messageID)
    switch relation.word.description {
    case "bounce": return "bounce \(id)"
    case "bounce_of": return "bounce of \(id)"
    case "next": return "goes on as \(id)"
    case "previous": return "was \(id)"
    case "next_hop": return "next hop \(id)"
    default: return "came from \(id)"
    }
  }

  private func recipients(of message: TracedMessage) -> String {
    var all: [String] = []
    for event in message.events {
      if let recipient = event.recipient, !all.contains(recipient) { all.append(recipient) }
    }
    guard let first = all.first else { return "-" }
    return clean(first) + (all.count > 1 ? " and \(all.count - 1) more" : "")
  }

  private func meaning(of message: TracedMessage) -> TextStyle.Meaning {
    let fate = message.fate
    if fate.hasSuffix("failed") || fate == "cancelled" || fate == "discarded" { return .failure }
    if ["deferred", "frozen", "held", "rejected", "removed"].contains(fate) { return .warning }
    return .good
  }

  // MARK: Steps

  private func render(
    _ step: TracedMessage.Step, _ message: TracedMessage, _ story: Story
  ) -> String {
    let time = step.time.isKnown ? step.time.display : "-"
    return "  \(time)  \(words(step, message, story))\n"
  }

  private func words(
    _ step: TracedMessage.Step, _ message: TracedMessage, _ story: Story
  ) -> String {
    switch step.event {
    case .received: return arrival(message)
    case .outcome(let event): return outcome(event, story)
    case .attempt(let text): return "\(style.paint("tried", .faint))  \(short(text))"
    case .passedOn(let text): return "passed on  \(short(text))"
    case .note(let text): return "\(style.paint("note", .faint))  \(short(text))"
    case .completed: return "completed"
    }
  }

  private func arrival(_ message: TracedMessage) -> String {
    var parts = ["received  from \(message.sender.map(clean) ?? "(unknown)")"]
    let ip = message.clientIP.map { "[\(clean($0))]" }
    if let client = message.clientHost.map(clean) {
      parts.append("client \(client)" + (ip.map { " \($0)" } ?? ""))
    } else if let ip {
      parts.append("client \(ip)")
    }
    if let user = message.authenticatedUser { parts.append("login \(clean(user))") }
    if let size = message.size { parts.append("\(size) bytes") }
    if let header = message.headerMessageID { parts.append("Message-ID <\(short(header))>") }
    if let subject = message.subject { parts.append("subject \"\(short(subject))\"") }
    return parts.joined(separator: ", ")
  }

  private func outcome(_ event: MailEvent, _ story: Story) -> String {
    if event.kind == .notified {
      let bounce = event.bounceID ?? "-"
      var text = "\(style.paint("told", .good))  \(event.sender.map(clean) ?? "the sender")"
      text += ": bounce \(clean(bounce))"
      if let found = story.messages.first(where: { $0.id == bounce }) { text += ", \(found.fate)" }
      return text
    }
    var word = event.kind.word.description
    if event.origin == .local || event.origin == .expired {
      word += "/\(event.origin?.word.description ?? "")"
    }
    if let code = event.reply?.code { word += " \(code)" }
    var text = style.paint(word, meaning(event.kind))
    if let recipient = event.recipient { text += "  \(clean(recipient))" }
    if let original = event.originalRecipient { text += " (for \(clean(original)))" }
    if let host = event.remoteHost {
      text += (event.kind == .rejected ? " client " : " at ") + clean(host)
      if let ip = event.remoteIP, ip != host { text += " [\(clean(ip))]" }
      if let port = event.remotePort { text += ":\(port)" }
    }
    if let command = event.command { text += ", \(command.word.description)" }
    if let enhanced = event.reply?.enhanced { text += ", \(enhanced)" }
    if let reply = event.reply?.text, !reply.isEmpty {
      text += ": \(short(String(decoding: reply, as: UTF8.self)))"
    }
    if event.attempts > 1 { text += " (try \(event.attempts))" }
    return text
  }

  private func meaning(_ kind: EventKind) -> TextStyle.Meaning {
    switch kind {
    case .failed: .failure
    case .deferred, .rejected, .callout: .warning
    case .delivered, .notified: .good
    }
  }

  private func clean(_ text: String) -> String { TerminalText.clean(text) }

  private func short(_ text: String) -> String { clean(text).prefixColumns(300) }
}
