internal import Correlation
internal import MailTerms

/// How many recipients had which fate, each once for each kind, whatever the reply.
package struct FateCounts: Sendable {
  /// Distinct (message, recipient).
  package private(set) var delivered = 0
  package private(set) var deferred = 0
  package private(set) var failed = 0
  /// Refused clients, a refusal with a message id once for each recipient.
  package private(set) var rejected = 0

  /// Makes counts of nothing.
  package init() {}

  @inline(__always) mutating func add(_ outcome: inout Outcome) {
    guard outcome.isFirstOfKind else { return }
    switch outcome.kind {
    case .delivered: delivered += 1
    case .deferred: deferred += 1
    case .failed: failed += 1
    case .rejected: rejected += Int(outcome.distinct)
    case .callout, .notified: break
    }
  }
}
