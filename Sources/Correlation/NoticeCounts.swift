internal import MailTerms

/// Whether the senders of messages that failed were told, in messages.
///
/// A message is one that had a selected failure by a server's reply in the period.
package struct NoticeCounts: Sendable, Equatable {
  /// What became of a bounce.
  package enum Fate: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Made, and nothing more is known.
    case underway
    /// Deferred, and not delivered yet.
    case deferred
    case delivered
    /// Failed itself; Exim then freezes it, or discards it later.
    case failed
  }

  /// Messages that failed.
  package internal(set) var messages = 0
  /// Those of them with the null sender: nobody is to be told.
  package internal(set) var withoutSender = 0
  /// Bounces by their fate, by `Fate.rawValue`.
  private var bounces: [Int] = Array(repeating: 0, count: Fate.allCases.count)

  /// Makes counts of nothing.
  package init() {}

  /// Bounces that were made, whatever became of them.
  package var bounced: Int { bounces.reduce(0, +) }

  /// Bounces with a fate.
  package func bounces(_ fate: Fate) -> Int { bounces[Int(fate.rawValue)] }

  /// Messages whose sender nobody told, as far as the log goes.
  package var untold: Int { max(0, messages - withoutSender - bounced) }

  mutating func add(_ fate: Fate) { bounces[Int(fate.rawValue)] += 1 }

  mutating func remove(_ fate: Fate) { bounces[Int(fate.rawValue)] -= 1 }

  /// Moves a bounce from one fate to another: a delivery or a failure is the last one.
  mutating func move(from old: Fate, to new: Fate) {
    remove(old)
    add(new)
  }
}

extension Correlator {
  /// Counts a message that failed, once.
  mutating func noteFailed(_ number: Int32) {
    guard !transactions[number].isFailedMessage else { return }
    transactions[number].isFailedMessage = true
    notices.messages += 1
    if transactions[number].senderDomain == nullSender {
      notices.withoutSender += 1
    } else if let bounce = transactions[number].bounce {
      // It came first: its line did, or it is about another recipient.
      transactions[number].hasOlderBounce = true
      countNotice(bounce, of: number)
    } else if transactions[number].hadBounce {
      transactions[number].hasOlderBounce = true
      notices.add(transactions[number].noticeFate)
    }
  }

  /// Notes that one message is the bounce for another; the last one before a failure that counts, or the first
  /// one behind it, is about that.
  ///
  /// What is made for a message that has only been deferred so far is a warning.
  mutating func noteBounce(_ bounce: Int32, of number: Int32) {
    let message = transactions[number]
    guard message.hasFailure || !message.hasOutcome, message.bounce != bounce else { return }
    if message.bounce != nil || message.hadBounce {
      guard message.hasOlderBounce || !message.isFailedMessage else { return }
    }
    if message.hasOlderBounce {
      notices.remove(message.bounce.map { transactions[$0].noticeFate } ?? message.noticeFate)
      if let older = message.bounce { transactions[older].isCountedNotice = false }
      transactions[number].hasOlderBounce = false
    }
    transactions[number].hadBounce = false
    transactions[number].bounce = bounce
    transactions[bounce].parentNumber = number
    if message.isFailedMessage { countNotice(bounce, of: number) }
  }

  private mutating func countNotice(_ bounce: Int32, of number: Int32) {
    // The sender may have become known only behind the failure.
    guard transactions[number].senderDomain != nullSender, !transactions[bounce].isCountedNotice
    else { return }
    transactions[bounce].isCountedNotice = true
    notices.add(transactions[bounce].noticeFate)
  }

  /// Takes back that a message is the bounce for another: it was given up before it came into the queue.
  ///
  /// From 3.11 on Postfix names the bounce before it knows whether anybody wants it (bounce_notify_service.c).
  mutating func withdrawNotice(_ bounce: Int32) {
    let parent = transactions[bounce].parentNumber
    guard parent >= 0, transactions[parent].bounceNumber == bounce else { return }
    transactions[parent].bounce = nil
    guard transactions[bounce].isCountedNotice else { return }
    transactions[bounce].isCountedNotice = false
    notices.remove(transactions[bounce].noticeFate)
  }

  /// Takes an outcome of a message without a sender, which may be a bounce that counts, or will be one.
  mutating func noteFate(of bounce: Int32, _ kind: EventKind) {
    let fate: NoticeCounts.Fate
    switch kind {
    case .delivered: fate = .delivered
    case .failed: fate = .failed
    case .deferred: fate = .deferred
    case .rejected, .callout, .notified: return
    }
    let known = transactions[bounce].noticeFate
    // One that failed and was frozen can be thawed and delivered.
    if known == .delivered || (known == .failed && fate != .delivered) { return }
    if transactions[bounce].isCountedNotice { notices.move(from: known, to: fate) }
    transactions[bounce].noticeFate = fate
  }

  /// Keeps what became of a bounce that is forgotten with the message that it is for.
  mutating func keepFate(of bounce: Int32) {
    let parent = transactions[bounce].parentNumber
    guard parent >= 0, transactions[parent].bounceNumber == bounce else { return }
    transactions[parent].bounceNumber = -1
    transactions[parent].hadBounce = true
    transactions[parent].noticeFate = transactions[bounce].noticeFate
  }
}
