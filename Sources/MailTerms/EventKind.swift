/// What an outcome event reports; the words of DESIGN's vocabulary and of the JSON field `event`.
package enum EventKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
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
package enum Origin: UInt8, BitwiseCopyable, Sendable, CaseIterable {
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
package enum MTA: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case exim, postfix

  /// The word in JSON, in pattern files (`mta = "exim"`) and on the command line.
  package var word: String {
    switch self {
    case .exim: "exim"
    case .postfix: "postfix"
    }
  }
}

extension StaticString {
  /// The words as a `String`, for comparing and printing.
  package var string: String { description }
}
