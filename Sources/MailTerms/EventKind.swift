/// What an outcome event reports; the words of DESIGN's vocabulary and of the JSON field `event`.
@usableFromInline package enum EventKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case delivered, deferred, failed, rejected, callout, notified

  /// The word in JSON and on the command line.
  package var word: StaticString {
    switch self {
    case .delivered: "delivered"
    case .deferred: "deferred"
    case .failed: "failed"
    case .rejected: "rejected"
    case .callout: "callout"
    case .notified: "notified"
    }
  }
}

/// Who decided an outcome.
@usableFromInline package enum Origin: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// A server's SMTP or LMTP reply, or a server that took the message.
  case remote
  /// This host: a router, `:fail:`, a pipe, a quota, DNS.
  case local
  /// Retries gave up; the cause is the last deferral's.
  case expired
  /// We refused a client.
  case rejected
  /// A verification probe was answered.
  case callout

  /// The word in JSON and on the command line.
  package var word: StaticString {
    switch self {
    case .remote: "remote"
    case .local: "local"
    case .expired: "expired"
    case .rejected: "rejected"
    case .callout: "callout"
    }
  }
}

/// Which mail server wrote a line.
@usableFromInline package enum MTA: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case exim, postfix

  /// Whether it is Postfix.
  @inlinable package var isPostfix: Bool { if case .postfix = self { true } else { false } }

  /// The word in JSON, in pattern files (`mta = "exim"`) and on the command line.
  package var word: String {
    switch self {
    case .exim: "exim"
    case .postfix: "postfix"
    }
  }
}

// Enums compare through their raw values, by a generic function that is slow from another module;
// these comparisons are inlined there.
extension EventKind {
  /// Whether two kinds are the same.
  @inlinable package static func == (a: EventKind, b: EventKind) -> Bool {
    switch (a, b) {
    case (.delivered, .delivered), (.deferred, .deferred), (.failed, .failed): true
    case (.rejected, .rejected), (.callout, .callout), (.notified, .notified): true
    default: false
    }
  }

  /// Whether two kinds differ.
  @inlinable package static func != (a: EventKind, b: EventKind) -> Bool { !(a == b) }
}

extension Origin {
  /// Whether two origins are the same.
  @inlinable package static func == (a: Origin, b: Origin) -> Bool {
    switch (a, b) {
    case (.remote, .remote), (.local, .local), (.expired, .expired): true
    case (.rejected, .rejected), (.callout, .callout): true
    default: false
    }
  }

  /// Whether two origins differ.
  @inlinable package static func != (a: Origin, b: Origin) -> Bool { !(a == b) }
}

extension StaticString {
  /// The words as a `String`, for comparing and printing.
  package var string: String { description }
}
