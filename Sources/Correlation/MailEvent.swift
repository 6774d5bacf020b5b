package import MailTerms

/// An outcome as scripts get it: one JSON line, one line of `follow`.
package struct MailEvent: Sendable {
  /// What happened.
  package var kind: EventKind
  /// Depends on edge, message, recipient and line alone: the same log gives the same ids.
  package var eventID = ""
  /// The line's time.
  package var time: LogTime
  /// The machine whose log it is.
  package var edge: String
  /// Which MTA wrote the line.
  package var mta: MTA
  /// The message's id; nil for a refused client that had none yet.
  package var messageID: String?
  /// Who decided.
  package var origin: Origin?
  /// The envelope sender, `<>` for the null sender; nil where no line told it.
  package var sender: String?
  /// The final address, and the one that the sender used where it differs.
  package var recipient: String?
  package var originalRecipient: String?
  /// The server that answered (for a refusal: the client).
  package var remoteHost: String?
  package var remoteIP: String?
  package var remotePort: Int?
  /// Which command was answered.
  package var command: SMTPCommand?
  /// What was answered.
  package var reply: Reply?
  /// Why the server said no, and whether the same mail may pass later.
  package var reason = Reason.unknown
  package var nature = Nature.unknown
  /// The address that the server named in the recipient's place: a stranger's claim.
  package var forwardPath: String?
  /// When the message was received here.
  package var arrivedAt: LogTime?
  /// Who handed it in.
  package var clientHost: String?
  package var clientIP: String?
  package var authenticatedUser: String?
  /// Size in bytes, Message-ID header and subject, where the log has them.
  package var size: Int?
  package var headerMessageID: String?
  package var subject: String?
  /// For a bounce the message it is about, for `notified` the bounce.
  package var parentID: String?
  package var bounceID: String?
  /// The id under which the remote server took the message.
  package var remoteQueueID: String?
  /// Which try this is for the message, the recipient and the kind of outcome, from 1.
  package var attempts = 1
  /// How many log lines it stands for.
  package var lines = 1

  /// Makes an event that knows only what every event has.
  package init(kind: EventKind, time: LogTime, edge: String, mta: MTA) {
    self.kind = kind
    self.time = time
    self.edge = edge
    self.mta = mta
  }

  /// The sender's domain as reports group by it.
  package var senderDomain: String { sender.map(Address.domainLabel) ?? "(unknown)" }

  /// The recipient's domain; nil where there is no recipient.
  package var recipientDomain: String? { recipient.map(Address.domainLabel) }
}
