package import MailTerms

/// What a reply means: the reason, whether the mail may pass later, and what told it.
package struct ReplyVerdict: Equatable, Sendable, BitwiseCopyable {
  /// What a verdict stands on.
  package enum Evidence: Equatable, Sendable, BitwiseCopyable {
    /// The text, by the rule of this number.
    case rule(UInt16)
    /// The enhanced code: its three numbers.
    case enhanced(UInt8, UInt16, UInt16)
    /// The reply code.
    case code(UInt16)
    /// Nothing.
    case nothing
  }

  /// Why the server said no.
  package var reason: Reason
  /// The reason's nature; of a 4xx reply always `soft`, since the MTA will try again.
  package var nature: Nature
  /// What told the reason; `ReplyClassifier.words(for:)` says it.
  package var matched: Evidence

  /// Makes a verdict.
  package init(reason: Reason, nature: Nature, matched: Evidence) {
    self.reason = reason
    self.nature = nature
    self.matched = matched
  }
}
