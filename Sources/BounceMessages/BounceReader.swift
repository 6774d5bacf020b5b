internal import MailTerms

/// Reads one mail as a bounce: first which MTA wrote it, then by the form of that MTA.
struct BounceReader {
  let mail: MailView
  let status: StatusReport?
  /// The addresses in `X-Failed-Recipients`.
  private let failed: [[UInt8]]

  /// Nil if there is no mail.
  init?(mail: MailView) {
    guard mail.header.fields.contains(where: { MailView.commonFields.contains($0.name) }) else {
      return nil
    }
    self.mail = mail
    status = mail.status.map { StatusReport(mail.content(of: $0)) }
    // The last address of a header that ends in its middle may be half of one.
    failed =
      mail.isHeaderCut ? [] : Self.failedRecipients(mail.header)
  }

  private static func failedRecipients(_ header: HeaderBlock) -> [[UInt8]] {
    header.all("x-failed-recipients").flatMap { MailAddress.list($0[...]) }
  }

  /// What the mail is.
  func reading() -> BounceReading {
    let report = mail.type["report-type"].map { Address.lowercased($0.text) }
    if report == "feedback-report" || mail.types.contains("message/feedback-report") {
      return .notBounce(.feedbackReport)
    }
    if report == "disposition-notification"
      || mail.types.contains("message/disposition-notification")
    {
      return .notBounce(.dispositionNotification)
    }
    guard let mta = reportingMTA() else {
      // What is attached to it would be the returned mail, which says nothing of this one.
      if isFromMailServer { return .notBounce(.unknownForm) }
      let submitted = mail.header.first("auto-submitted")?[...].trimmed
      let isAutomatic = submitted.map { !$0.isWord("no") } ?? false
      return .notBounce(isAutomatic ? .automaticReply : .ordinaryMail)
    }
    if isDelivered(mta) { return .notBounce(.deliveryReport) }
    let text = self.text(mta)
    let merger = FailureMerger(mta: mta, status: status, text: text, isDelay: isWarning)
    var (failures, delays) = merger.merged()
    if failures.isEmpty, delays.isEmpty, status?.recipients.isEmpty != false, !isWarning {
      // The addresses are told, if nothing else is.
      failures = failed.prefix(1_000).map {
        BounceFailure(recipient: $0.text, remoteHost: nil, reply: nil, command: nil, isLocal: true)
      }
    }
    if failures.isEmpty, delays.isEmpty, let recipients = status?.recipients, !recipients.isEmpty {
      return .notBounce(.deliveryReport)
    }
    let message = message(mta, text, failures, delays)
    let isDelay = failures.isEmpty && (!delays.isEmpty || isWarning)
    return isDelay ? .delayWarning(message) : .bounce(message)
  }

  private func message(
    _ mta: ReportingMTA, _ text: ReportText, _ failures: [BounceFailure], _ delays: [BounceFailure]
  ) -> BounceMessage {
    let header = mail.header
    let ids = QueueID.ids(
      of: mta, report: header, copy: mail.copy, status: status, boundary: mail.type["boundary"],
      text: text)
    let copy = mail.copy
    let path = copy?.first("return-path").map { MailAddress.bare($0[...]) }
    return BounceMessage(
      reportingMTA: mta, reportingHost: status?.reportingMTA ?? ids.host, bounceID: ids.bounce,
      messageID: ids.message, failures: failures, delays: delays,
      from: header.first("from").map(EncodedWords.decode),
      subject: header.first("subject").map(EncodedWords.decode), date: header.first("date")?.text,
      original: .init(
        sender: path.map { $0.isEmpty ? "<>" : $0.text }
          ?? copy?.first("from").map(EncodedWords.decode),
        subject: copy?.first("subject").map(EncodedWords.decode), date: copy?.first("date")?.text,
        headerMessageID: copy?.first("message-id")?.text))
  }

  /// A warning of delay, by the words of Exim, Postfix and sendmail: the status part may be missing.
  private var isWarning: Bool {
    let subject = mail.header.first("subject")?[...] ?? []
    return subject.hasPrefix("warning: message ") && subject.holds(" delayed")
      || subject.hasPrefix("delayed mail")
      || subject.hasPrefix("delivery status notification (delay)")
      || mail.text[...].holds("has not yet been delivered")
      || mail.text[...].holds("this is a warning only")
      || mail.text[...].holds("this is a warning message only")
  }

  /// Whether Postfix's words say that the mail arrived, and no status part says it.
  private func isDelivered(_ mta: ReportingMTA) -> Bool {
    mta == .postfix && status?.recipients.isEmpty != false
      && mail.text[...].lines.contains { $0.hasPrefix("your message was successfully delivered") }
  }

  private func text(_ mta: ReportingMTA) -> ReportText {
    let text = mail.text[...]
    switch mta {
    case .exim, .mailRu: return EximForm.read(text, failed: failed, isDelay: isWarning)
    case .postfix: return PostfixForm.read(text)
    case .sendmail: return SendmailForm.read(text)
    case .qmail: return QmailForm.read(text)
    case .exchange: return ExchangeForm.read(text)
    case .gmail: return GmailForm.read(text, failed: status == nil ? failed : [])
    case .openSMTPD: return OpenSMTPDForm.read(text)
    case .other:
      if UnitedInternetForm.holds(text) { return UnitedInternetForm.read(text) }
      return status == nil ? ParagraphForm.read(text) : ReportText()
    }
  }

  /// Which program wrote the report; nil if it is none.
  private func reportingMTA() -> ReportingMTA? {
    let header = mail.header
    let text = mail.text[...]
    let from = header.first("from")?[...] ?? []
    let subject = header.first("subject")?[...] ?? []
    if header.first("x-mailer-daemon-recipients") != nil { return .mailRu }
    if status?.queueID != nil || isPostfixNotice(text) { return .postfix }
    if from.holds("mailer-daemon@googlemail.com") || from.holds("mailer-daemon@google.com") {
      return .gmail
    }
    let isSeen = mail.type.main != "multipart/report" && UnitedInternetForm.holds(text)
    if isSeen { return .other }
    if isExim(text) { return .exim }
    if text.holds("Hi. This is the") && text.trimmed.hasPrefix("Hi. This is the") { return .qmail }
    // A site can replace qmail's first paragraph, but not how it says where the mail comes from.
    let isByQmail = header.all("received").contains {
      $0[...].trimmed.hasPrefix("(qmail ") && $0[...].holds(" invoked for bounce)")
    }
    if isByQmail, !QmailForm.read(text).failures.isEmpty { return .qmail }
    if header.first("x-ms-exchange-message-is-ndr") != nil
      || (text.holds("Diagnostic information for administrators:")
        && text.holds("Generating server:"))
      || text.holds("msexch:ims:")
    {
      return .exchange
    }
    let isSendmail =
      text.holds("----- The following addresses had ") || subject.hasPrefix("returned mail: ")
    if isSendmail, status != nil || text.holds("----- ") { return .sendmail }
    if from.holds("mailer-daemon"),
      text.holds("error has occurred while attempting to deliver a message for")
        || text.holds("Below is a copy of the original message") && text.holds("smtpd")
        || header.all("received").contains(where: { TraceField($0).isOpenSMTPD && status != nil })
    {
      return .openSMTPD
    }
    if status != nil { return .other }
    let isReport =
      mail.type.main == "multipart/report"
      && mail.type["report-type"].map({ Address.lowercased($0.text) }) == "delivery-status"
    if isReport || UnitedInternetForm.holds(text) || !failed.isEmpty { return .other }
    if isFromMailServer, mail.copy != nil, !ParagraphForm.read(text).failures.isEmpty {
      return .other
    }
    return nil
  }

  private func isPostfixNotice(_ text: Bytes) -> Bool {
    // Before 2.0 it was no multipart/report, and named Postfix.
    let isReport =
      mail.type.main == "multipart/report"
      || mail.type.main == "multipart/mixed" && isFromMailServer
    return isReport
      && (text.holds("This is the mail system at host")
        || text.holds("This is the Postfix program at host"))
  }

  /// Whether a mail server names itself as the one who writes.
  private var isFromMailServer: Bool {
    mail.header.first("from")?[...].holds("mailer-daemon") == true
  }

  private func isExim(_ text: Bytes) -> Bool {
    let isAutomatic = mail.header.first("auto-submitted")?[...].hasPrefix("auto-replied") == true
    let isCreated = text.trimmed.hasPrefix(
      "This message was created automatically by mail delivery software")
    let boundary = mail.type["boundary"].map { $0[...].holds("-eximdsn-") } ?? false
    let isFromExim = mail.header.all("received").contains {
      let hop = TraceField($0)
      return hop.isExim && hop.protocolName == "local"
    }
    if boundary || isCreated { return isAutomatic || isFromExim || isCreated }
    return isAutomatic && !failed.isEmpty
      || isAutomatic && mail.header.first("x-failed-recipients") != nil
  }
}
