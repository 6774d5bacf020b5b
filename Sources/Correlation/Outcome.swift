package import MailTerms

/// A section of the report: outcomes of one sort are never mixed with those of another.
package enum Section: Int, Sendable, CaseIterable {
  /// Failed, by a server's reply.
  case failures
  /// Deferred.
  case deferrals
  /// We refused a client.
  case refusals
  /// A verification probe was answered.
  case callouts
  /// Failed here, without a server.
  case local
  /// Failed because retries gave up.
  case expired

  /// The word in JSON.
  package var word: StaticString {
    switch self {
    case .failures: "failures"
    case .deferrals: "deferrals"
    case .refusals: "refusals"
    case .callouts: "callouts"
    case .local: "local"
    case .expired: "expired"
    }
  }

  /// The section of the outcomes that somebody decided, by the word for who; nil for another word.
  package init?(origin word: String) {
    switch word {
    case "remote": self = .failures
    case "local": self = .local
    case "expired": self = .expired
    case "rejected": self = .refusals
    case "callout": self = .callouts
    default: return nil
    }
  }

  /// The section of an outcome; nil for one that is in none.
  ///
  /// A local deferral with a permanent code is a local failure that Postfix keeps (soft_bounce): of what is
  /// put off for another reason, the patterns take no code out of a program's output.
  init?(_ kind: EventKind, _ origin: Origin, code: UInt16) {
    switch (kind, origin) {
    case (.failed, .remote): self = .failures
    case (.failed, .expired): self = .expired
    case (.failed, _): self = .local
    case (.deferred, .local) where code >= 500: self = .local
    case (.deferred, _): self = .deferrals
    case (.rejected, _): self = .refusals
    case (.callout, _): self = .callouts
    case (.delivered, _), (.notified, _): return nil
    }
  }
}

/// One recipient's fate on one line, as the tallies need it: numbers of a name table, no text.
package struct Outcome: BitwiseCopyable, Sendable {
  /// `delivered`, `deferred`, `failed`, `rejected` or `callout`.
  package var kind: EventKind
  /// Who decided.
  package var origin: Origin
  /// The line's time.
  package var time: LogTime
  /// The numbers of the names; 0 for none.
  package var remoteHost: UInt32 = 0
  package var remoteIP: UInt32 = 0
  package var senderDomain: UInt32 = 0
  package var recipientDomain: UInt32 = 0
  package var edge: UInt32 = 0
  /// The sender's address and the reply's text; given only for a selected outcome.
  package var sender: UInt32 = 0
  package var reply: UInt32 = 0
  /// The address that the server named in the recipient's place; given only for a selected outcome.
  package var forwardPath: UInt32 = 0
  /// The reply code; 0 for none.
  package var code: UInt16 = 0
  /// The enhanced code as `packed` makes it, 0 for none; given where each code is counted.
  package var enhanced: UInt32 = 0
  /// Why the server said no; `unknown` for what was not selected.
  package var reason = Reason.unknown
  /// The message's id; `none` without one, and for an outcome that was not selected.
  package var messageID = MessageID.none
  /// How many lines it stands for, and how many outcomes: refusals without a message count each.
  package var lines: UInt32 = 1
  package var distinct: UInt32 = 1
  /// Period and globs fit: it counts in the totals.
  package var isInScope = true
  /// Code and origin fit as well: it counts in its section.
  package var isSelected = false
  /// The first selected one of its (message, recipient) in its section; at this host; at this IP.
  package var isFirst = false
  package var isFirstAtHost = false
  package var isFirstAtIP = false
  /// The first of its kind for its (message, recipient).
  package var isFirstOfKind = false
  /// The first delivery or failure of its (message, recipient), and at this host.
  package var isFirstTry = false
  package var isFirstTryAtHost = false

  /// Makes an outcome of which nothing more is known.
  @inline(__always) package init(kind: EventKind, origin: Origin, time: LogTime) {
    self.kind = kind
    self.origin = origin
    self.time = time
  }

  /// An enhanced code as one number, such as 5001006 for 5.1.6; 0 for none.
  package static func packed(_ code: EnhancedCode?) -> UInt32 {
    guard let code else { return 0 }
    return UInt32(code.category) * 1_000_000 + UInt32(code.subject) * 1000 + UInt32(code.detail)
  }

  /// The enhanced code of a number that `packed` made; nil for 0.
  package static func unpacked(_ number: UInt32) -> EnhancedCode? {
    guard number != 0 else { return nil }
    return EnhancedCode(
      category: UInt8(truncatingIfNeeded: number / 1_000_000),
      subject: UInt16(truncatingIfNeeded: number / 1000 % 1000),
      detail: UInt16(truncatingIfNeeded: number % 1000))
  }

  /// The section it counts in.
  package var section: Section? { Section(kind, origin, code: code) }
}
