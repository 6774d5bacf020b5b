internal import BounceMessages
internal import MailTerms
internal import ReplyReasons
internal import Reporting

/// A bounce message with what each of its failures means.
struct BounceExplanation {
  /// The bounce as it was read.
  var reading: BounceReading
  /// An explanation for each failure, in the same order.
  var explanations: [Explanation]
  /// The same for each recipient who still waits.
  private var delayExplanations: [Explanation]

  /// Explains a mail.
  init(_ mail: ArraySlice<UInt8>, _ explainer: inout Explainer) {
    reading = BounceMessage.read(mail)
    func explain(_ recipients: [BounceFailure]) -> [Explanation] {
      recipients.map { recipient in
        explainer.explain(
          recipient.reply ?? Reply(raw: []), remoteHost: recipient.remoteHost,
          recipient: recipient.recipient.isEmpty ? nil : recipient.recipient)
      }
    }
    explanations = explain(reading.message?.failures ?? [])
    delayExplanations = explain(reading.message?.delays ?? [])
  }

  /// Whether anybody was not reached.
  var hasFailures: Bool { !explanations.isEmpty }

  /// Writes the JSON object.
  func write(to json: inout JSONWriter) {
    let message = reading.message
    json.object { json in
      json.key("bounce_id")
      json.value(message?.bounceID)
      json.key("message_id")
      json.value(message?.messageID)
      json.key("failures")
      json.array { json in
        for (failure, explanation) in zip(message?.failures ?? [], explanations) {
          write(failure, explanation, to: &json)
        }
      }
      json.key("delays")
      json.array { json in
        for (delay, explanation) in zip(message?.delays ?? [], delayExplanations) {
          write(delay, explanation, to: &json)
        }
      }
      json.key("kind")
      json.value(kind)
      json.key("reporting_mta")
      json.value(message.map(\.reportingMTA.rawValue))
      json.key("reporting_host")
      json.value(message?.reportingHost)
    }
  }

  private func write(
    _ failure: BounceFailure, _ explanation: Explanation, to json: inout JSONWriter
  ) {
    // An enhanced code alone is no text.
    let isTold = failure.reply.map { $0.code != nil || !$0.text.isEmpty } ?? false
    json.object { json in
      json.key("recipient")
      json.value(failure.recipient)
      json.key("remote_host")
      json.value(failure.remoteHost)
      json.key("code")
      json.value(failure.reply?.code)
      json.key("enhanced")
      json.value(failure.reply?.enhanced?.description)
      json.key("reply")
      json.value(isTold ? explanation.text : nil)
      json.key("reason")
      json.value(explanation.verdict.reason.word)
      json.key("nature")
      json.value(explanation.verdict.nature.word)
      json.key("forward_path")
      json.value(explanation.forwardPath)
      json.key("matched")
      json.value(explanation.evidence)
      json.key("command")
      if let command = failure.command { json.value(command.word) } else { json.value(nil as Int?) }
      json.key("original_recipient")
      json.value(failure.originalRecipient)
    }
  }

  private var kind: StaticString {
    switch reading {
    case .bounce: "bounce"
    case .delayWarning: "delay-warning"
    case .notBounce: "other"
    }
  }

  /// The explanation for people.
  func lines(_ style: TextStyle) -> [String] {
    guard let message = reading.message else {
      guard case .notBounce(let why) = reading else { return [] }
      return ["This is \(why.words)."]
    }
    var page = Page(style: style)
    head(message, &page)
    ids(message, &page)
    var lines = page.lines
    for number in message.failures.indices where isFirst(number, message.failures) {
      lines.append("")
      lines += self.lines(number, message, style)
    }
    if !message.delays.isEmpty {
      var page = Page(style: style)
      page.add("", nil, indent: 0)
      for delay in message.delays.prefix(20) {
        let words = delay.reply.map { ": \(Self.words(of: $0))" } ?? ""
        page.row("waits", TerminalText.clean("\(delay.recipient)\(words)"))
      }
      page.row("what to do", "nothing yet: the mail server tries again by itself")
      lines += page.lines
    }
    if case .bounce = reading, message.failures.isEmpty {
      lines += ["", "It does not tell who was not reached, or this form of bounce is not known."]
    }
    return lines
  }

  private func head(_ message: BounceMessage, _ page: inout Page) {
    let name = message.reportingHost.map { "\(message.reportingMTA.name) at \($0)" }
    let what =
      switch reading {
      case .delayWarning: "still tries to deliver a mail"
      default: "could not deliver a mail"
      }
    page.add(
      TerminalText.clean("\(name ?? message.reportingMTA.name) \(what)"), .strong, indent: 0)
    let original = message.original
    if let sender = original.sender { page.row("from", TerminalText.clean(sender)) }
    if let subject = original.subject {
      page.row("subject", TerminalText.clean(String(subject.prefix(200))))
    }
    if let date = original.date { page.row("sent", TerminalText.clean(String(date.prefix(60)))) }
  }

  private func ids(_ message: BounceMessage, _ page: inout Page) {
    if let id = message.messageID {
      page.row("ids", "\(TerminalText.clean(id)) (the mail that was sent)")
    }
    if let id = message.bounceID {
      let what =
        switch reading {
        case .delayWarning: "this warning"
        default: "this bounce"
        }
      page.row(message.messageID == nil ? "ids" : "", "\(TerminalText.clean(id)) (\(what))")
    }
    if let id = message.messageID ?? message.bounceID {
      page.row("whole story", "bouncelog trace \(TerminalText.clean(id))")
      if let host = message.reportingHost {
        page.row("", "with the log of \(TerminalText.clean(host))")
      }
    } else {
      page.row("ids", "this kind of bounce shows no id that a log has")
    }
  }

  /// Whether no failure before this one was the same answer of the same host: one explanation does for
  /// all of them.
  private func isFirst(_ number: Int, _ failures: [BounceFailure]) -> Bool {
    !failures[..<number].contains { Self.isSameAnswer($0, failures[number]) }
  }

  private static func isSameAnswer(_ a: BounceFailure, _ b: BounceFailure) -> Bool {
    a.remoteHost == b.remoteHost && a.reply == b.reply && a.isLocal == b.isLocal
      && a.command == b.command
  }

  /// One answer, and about whom it was given.
  private func lines(_ number: Int, _ message: BounceMessage, _ style: TextStyle) -> [String] {
    let failure = message.failures[number]
    let same = message.failures.filter { Self.isSameAnswer($0, failure) }
    var page = Page(style: style)
    for other in same.prefix(20) {
      var words = other.recipient.isEmpty ? "an address that the bounce has lost" : other.recipient
      if let original = other.originalRecipient { words += " (sent to \(original))" }
      page.row("failed", TerminalText.clean(words), .failure)
    }
    if same.count > 20 { page.row("", "and \(same.count - 20) more") }
    let mta = message.reportingMTA.name
    if failure.isLocal {
      page.row("said by", "\(mta) itself; no other server has answered")
    } else {
      let command = failure.command.map { " to \($0.word)" } ?? ""
      page.row("said by", TerminalText.clean("\(failure.remoteHost ?? "another server")\(command)"))
    }
    return page.lines + explanations[number].lines(style, namesHost: false)
  }

  private static func words(of reply: Reply) -> String {
    let codes = [reply.code.map(String.init), reply.enhanced?.description].compactMap { $0 }
    return (codes + [String(decoding: reply.text, as: UTF8.self)]).joined(separator: " ")
  }
}
