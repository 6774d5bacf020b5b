/// What a recognised line says; the values of `event` in pattern files.
@usableFromInline package enum RecordKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The line says nothing that is counted.
  case ignore
  /// A message was accepted.
  case received
  /// A message began, and its sender is told by another line; more about a message.
  case begun, described
  /// One recipient's fate.
  case delivered, deferred, failed
  /// A try at one host that did not decide anything yet.
  case attempt
  /// The MTA gave up all recipients that it could not reach so far.
  case expired
  /// The message's sender is told of failures by another message.
  case notified
  /// The MTA forgot the message.
  case completed
  /// The message's envelope sender was changed by hand.
  case senderChanged
  /// We refused a client; a verification probe was answered.
  case rejected, callout
  /// One part of a line that was split on its way through syslog.
  case fragment
  /// A line that stands for some more of the same: of the text in it, or of the line before it.
  case repeated, repeatedLast
  /// Lines that the syslog daemon lost.
  case lost
  /// No pattern recognises the line; no pattern file says so.
  case unrecognised

  /// The word in pattern files.
  package var word: String {
    switch self {
    case .ignore: "ignore"
    case .received: "received"
    case .begun: "begun"
    case .described: "described"
    case .delivered: "delivered"
    case .deferred: "deferred"
    case .failed: "failed"
    case .attempt: "attempt"
    case .expired: "expired"
    case .notified: "notified"
    case .completed: "completed"
    case .senderChanged: "sender-changed"
    case .rejected: "rejected"
    case .callout: "callout"
    case .fragment: "fragment"
    case .repeated: "repeated"
    case .repeatedLast: "repeated-last"
    case .lost: "lost"
    case .unrecognised: "unrecognised"
    }
  }

  /// The kind of a word; nil if there is none.
  package init?(word: String) {
    guard let found = Self.allCases.first(where: { $0.word == word }), found.word != "unrecognised"
    else { return nil }
    self = found
  }
}
