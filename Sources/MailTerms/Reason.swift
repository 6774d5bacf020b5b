/// Whether a mail that was refused may pass another time, and what stands in its way.
package enum Nature: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// This recipient will not get this mail, whoever sends it.
  case hard
  /// The same mail may pass later.
  case soft
  /// Refused for who sends or for what is sent: the address may be fine.
  case policy
  /// Nothing tells.
  case unknown

  /// The word in events and pattern files.
  package var word: String {
    switch self {
    case .hard: "hard"
    case .soft: "soft"
    case .policy: "policy"
    case .unknown: "unknown"
    }
  }

  /// The nature that a word means.
  package init?(word: String) {
    guard let nature = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = nature
  }
}

/// Why a server said no: a class of reply texts.
///
/// What each means, its usual cause and what to do about it stand in `Patterns/replies.toml`.
package enum Reason: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case userUnknown, userMoved, mailboxDisabled, mailboxFull, notLocal, relayDenied, routingFailed
  case blocklisted, reverseDNS, emailAuthFailed, authRequired, senderRejected
  case spamRejected, contentRejected, messageTooBig, rateLimited, greylisted, temporaryFailure
  case policyRejected, protocolError, unknown

  /// The word in events and pattern files.
  package var word: String {
    switch self {
    case .userUnknown: "user-unknown"
    case .userMoved: "user-moved"
    case .mailboxDisabled: "mailbox-disabled"
    case .mailboxFull: "mailbox-full"
    case .notLocal: "not-local"
    case .relayDenied: "relay-denied"
    case .routingFailed: "routing-failed"
    case .blocklisted: "blocklisted"
    case .reverseDNS: "reverse-dns"
    case .emailAuthFailed: "email-auth-failed"
    case .authRequired: "auth-required"
    case .senderRejected: "sender-rejected"
    case .spamRejected: "spam-rejected"
    case .contentRejected: "content-rejected"
    case .messageTooBig: "message-too-big"
    case .rateLimited: "rate-limited"
    case .greylisted: "greylisted"
    case .temporaryFailure: "temporary-failure"
    case .policyRejected: "policy-rejected"
    case .protocolError: "protocol-error"
    case .unknown: "unknown"
    }
  }

  /// The reason that a word means.
  package init?(word: String) {
    guard let reason = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = reason
  }
}
