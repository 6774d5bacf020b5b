package import MailTerms

/// The program that wrote a bounce.
package enum ReportingMTA: String, Sendable, CaseIterable {
  case exim, postfix, sendmail, qmail, exchange, gmail, openSMTPD, mailRu, other

  /// The name to show.
  package var name: String {
    switch self {
    case .exim: "Exim"
    case .postfix: "Postfix"
    case .sendmail: "sendmail"
    case .qmail: "qmail"
    case .exchange: "Exchange"
    case .gmail: "Gmail"
    case .openSMTPD: "OpenSMTPD"
    case .mailRu: "mail.ru"
    case .other: "another mail server"
    }
  }
}

/// One recipient whom a mail has not reached, as a bounce tells it.
package struct BounceFailure: Equatable, Sendable {
  /// The final address as sent, without angle brackets; empty where the bounce has lost it.
  package var recipient: String
  /// The address that the sender used, where the bounce tells another one.
  package var originalRecipient: String?
  /// The server that answered, in lower case and without a final dot, or its address; nil if none did.
  package var remoteHost: String?
  /// What that server answered, or the words of the reporting MTA; nil where the bounce tells nothing.
  ///
  /// The enhanced code is the one inside the reply. Only where no server answered is it the report's
  /// `Status`, and never one such as 5.0.0 that says nothing.
  package var reply: Reply?
  /// The SMTP command that was answered, where the bounce tells it.
  package var command: SMTPCommand?
  /// Whether no server answered: the words are those of the reporting MTA.
  package var isLocal: Bool
}

/// A bounce message taken apart: who could not be reached, and why (RFC 3464 and what came before it).
package struct BounceMessage: Equatable, Sendable {
  /// Which program wrote it.
  package var reportingMTA: ReportingMTA
  /// The host that wrote it, as it names itself.
  package var reportingHost: String?
  /// The queue id of the bounce at the MTA that wrote it; nil where that MTA shows none.
  package var bounceID: String?
  /// The queue id of the returned mail there; never a Message-ID header, never another host's id.
  package var messageID: String?
  /// The recipients who failed, in the order of the report.
  package var failures: [BounceFailure]
  /// The recipients who still wait.
  package var delays: [BounceFailure]
  /// `From` of the report, as text.
  package var from: String?
  /// `Subject` of the report, as text.
  package var subject: String?
  /// `Date` of the report.
  package var date: String?
  /// What is known of the returned mail.
  package var original: OriginalMail

  /// Header fields of the returned mail, for display; strangers wrote them.
  package struct OriginalMail: Equatable, Sendable {
    /// The envelope sender (`Return-Path`) or else `From`.
    package var sender: String?
    /// `Subject`, as text.
    package var subject: String?
    /// `Date`.
    package var date: String?
    /// The `Message-ID` header, with its brackets.
    package var headerMessageID: String?
  }
}

/// Why a mail is no bounce.
package enum NoBounce: String, Sendable {
  /// Nothing in it begins like a mail.
  case noMail
  /// A complaint of a recipient (ARF, RFC 5965).
  case feedbackReport
  /// A receipt (MDN, RFC 8098).
  case dispositionNotification
  /// A report that says that mail arrived (`delivered`, `relayed`, `expanded`).
  case deliveryReport
  /// An automatic answer, such as that of somebody on vacation (RFC 3834).
  case automaticReply
  /// It comes from a mail server, and its words are none that are known.
  case unknownForm
  case ordinaryMail

  /// The words for it, to stand behind "this is".
  package var words: String {
    switch self {
    case .noMail: "no mail message"
    case .feedbackReport: "a complaint about spam (feedback report)"
    case .dispositionNotification: "a receipt (disposition notification)"
    case .deliveryReport: "a report of a delivery that succeeded"
    case .automaticReply: "an automatic answer"
    case .unknownForm: "a mail server's notice, but no form of bounce that is known"
    case .ordinaryMail: "a mail, but no bounce"
    }
  }
}

/// What a mail turned out to be.
package enum BounceReading: Equatable, Sendable {
  /// It says that somebody was not reached; `failures` can still be empty if it does not say who and why.
  case bounce(BounceMessage)
  /// It warns that a mail still waits.
  case delayWarning(BounceMessage)
  /// It is something else.
  case notBounce(NoBounce)

  /// The bounce or the warning.
  package var message: BounceMessage? {
    switch self {
    case .bounce(let message), .delayWarning(let message): message
    case .notBounce: nil
    }
  }
}

extension BounceMessage {
  /// Reads one mail.
  ///
  /// What it costs is bounded whatever the mail says: 64 KiB of a header field, 1 MiB of the text and of
  /// the status part, 100 parts, 8 levels, 1,000 failures. Of the returned mail nothing but its header is
  /// looked at, for the queue id and for display. A mail that is no bounce and has exactly one mail
  /// attached is taken for a forwarded bounce: the attached mail is read.
  package static func read(_ bytes: ArraySlice<UInt8>) -> BounceReading {
    let lines = MailView.withLineFeeds(bytes)
    let mail = MailView(lines)
    let reading = BounceReader(mail: mail)?.reading()
    if let reading, reading != .notBounce(.ordinaryMail) { return reading }
    if let attached = mail.onlyAttachment, let inner = BounceReader(mail: MailView(attached)) {
      let reading = inner.reading()
      if reading.message != nil { return reading }
    }
    return reading ?? .notBounce(.noMail)
  }

  /// Whether some bytes begin like a mail: with a header field that mails have, or as an mbox.
  package static func looksLikeMail(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.prefix(64 << 10)
    if start.hasPrefix("From "), start.line(at: start.startIndex).content.words.count >= 6 {
      return true
    }
    let block = HeaderBlock(MailView.body(of: MailView.withLineFeeds(start)))
    return block.fields.contains { MailView.commonFields.contains($0.name) }
  }
}
