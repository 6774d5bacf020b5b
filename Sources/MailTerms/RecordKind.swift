/// What a recognised line says; the values of `event` in pattern files.
package enum RecordKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The line says nothing that is counted.
  case ignore
  /// A message was accepted.
  case received
  /// One recipient's fate.
  case delivered, deferred, failed
  /// A try at one host that did not decide anything yet.
  case attempt
  /// The MTA forgot the message.
  case completed
  /// The message's envelope sender was changed by hand.
  case senderChanged
  /// We refused a client; a verification probe was answered.
  case rejected, callout
  /// One part of a line that was split on its way through syslog.
  case fragment

  /// The word in pattern files.
  package var word: String {
    switch self {
    case .ignore: "ignore"
    case .received: "received"
    case .delivered: "delivered"
    case .deferred: "deferred"
    case .failed: "failed"
    case .attempt: "attempt"
    case .completed: "completed"
    case .senderChanged: "sender-changed"
    case .rejected: "rejected"
    case .callout: "callout"
    case .fragment: "fragment"
    }
  }

  /// The kind of a word; nil if there is none.
  package init?(word: String) {
    guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = found
  }
}
