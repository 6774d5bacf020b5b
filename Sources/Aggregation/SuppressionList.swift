package import Correlation
package import MailTerms

/// The recipients to whom mail fails hard, and did not pass later.
package struct SuppressionList: Sendable {
  /// One of them.
  package struct Entry: Sendable {
    /// The address that senders use.
    package var recipient: String
    /// Messages that failed.
    package var count = 0
    /// The first and the last failure.
    package var first: LogTime
    package var last: LogTime
    /// The last failure with all that is known of it.
    package var event: MailEvent
  }

  private let reasons: Set<Reason>?
  private let senderDomain: Glob?
  private var entries: [String: Entry] = [:]
  /// The last delivery to each address behind which there can be others, some of which fail.
  private var arrivals: [String: Arrival] = [:]

  private struct Arrival {
    var time: LogTime
    var messageID: String?
    var edge: String

    /// Whether it shows that the address works although the mail of some failure did not reach all behind it:
    /// that mail, or one of the time since it was sent, came through.
    func outweighs(_ failure: MailEvent) -> Bool {
      if let messageID, failure.messageID == messageID, failure.edge == edge { return true }
      guard let sent = failure.arrivedAt, sent.isKnown, time.isKnown else { return false }
      return sent <= time
    }
  }

  /// Makes an empty list.
  ///
  /// - Parameters:
  ///   - reasons: the reasons that count; nil for all whose failures are hard.
  ///   - senderDomain: the sender domains whose mail counts; nil for all.
  package init(reasons: Set<Reason>?, senderDomain: Glob? = nil) {
    self.reasons = reasons
    self.senderDomain = senderDomain
  }

  /// Takes the next outcome of the log: a failure enters its recipient, a delivery takes it out.
  ///
  /// Mail without a sender is left out: it bounces back to addresses that nobody put on a list.
  package mutating func add(_ event: MailEvent) {
    guard let recipient = event.originalRecipient ?? event.recipient else { return }
    switch event.kind {
    case .delivered:
      let key = Self.key(recipient)
      entries[key] = nil
      // A local user can be one of an alias, and is logged by the alias' address.
      if event.originalRecipient != nil || event.origin == .local {
        arrivals[key] = Arrival(time: event.time, messageID: event.messageID, edge: event.edge)
      }
    case .failed:
      let isWanted = reasons.map { $0.contains(event.reason) } ?? (event.nature == .hard)
      guard isWanted, event.sender != "<>", senderDomain?.matches(event.senderDomain) ?? true,
        // A refusal of who sends says nothing of the recipient.
        event.command?.precedesRecipients != true
      else { return }
      let key = Self.key(recipient)
      if arrivals[key]?.outweighs(event) == true { return }
      var entry =
        entries[key]
        ?? Entry(recipient: recipient, first: event.time, last: event.time, event: event)
      // The same failure is logged again when a frozen message is forced.
      if event.attempts == event.lines { entry.count += 1 }
      entry.last = event.time
      entry.event = event
      entries[key] = entry
    case .deferred, .rejected, .callout, .notified: return
    }
  }

  /// Whether nobody is on it.
  package var isEmpty: Bool { entries.isEmpty }

  /// The recipients that failed at least so often, the most failures first.
  package func entries(failedAtLeast minimum: Int) -> [Entry] {
    entries.values.filter { $0.count >= minimum }.sorted { a, b in
      a.count != b.count
        ? a.count > b.count : a.recipient.utf8.lexicographicallyPrecedes(b.recipient.utf8)
    }
  }

  /// Who it is, as `RecipientIdentity` has it: MTAs log one recipient in any case, with quotes and without.
  private static func key(_ recipient: String) -> String {
    Address.lowercased(String(decoding: Address.unquoted(Array(recipient.utf8)), as: UTF8.self))
  }
}
