internal import LogPatterns
internal import MailTerms

/// How messages end: by their own line, refused, too old or too many; and what is forgotten of them when.
extension Correlator {
  /// Takes the line with which the MTA forgets a message.
  @inline(__always) mutating func complete(
    _ record: inout Record, line: Span<UInt8>, edge: UInt32, instance: UInt32
  ) {
    // A message whose end comes first is remembered too: its other lines may follow.
    let number = message(of: &record, line: line, edge: edge, instance: instance)
    note(record.time, of: number)
    // What Postfix throws away it still reads to its end, and another process tells the Message-ID.
    if record[.ownText].isPresent {
      transactions[number].isRefused = true
      withdrawNotice(number)
    }
    end(number)
  }

  /// Ends a message of which a line says that it was refused, since no other line may say so.
  ///
  /// Postfix before 3.10 has no word for the end of one that was refused when its content was there or was to
  /// come (smtpd(8), cleanup(8)). Of one that Exim refused there is nothing else, unless it had asked about an
  /// address in the course of it.
  mutating func noteRefused(_ record: inout Record, line: Span<UInt8>, _ number: Int32) {
    guard record.mta.isPostfix else {
      if !transactions[number].isCounted, !transactions[number].isRefused {
        transactions[number].isRefused = true
        noteEnded(number)
      }
      return
    }
    guard case .rejected = record.kind else { return }
    // A line about a header or the body names no command.
    switch RecordView(record, line: line).command {
    case nil, .data, .endOfData:
      transactions[number].isRefused = true
      end(number)
    default: break
    }
  }

  @inline(__always) mutating func end(_ number: Int32) {
    if transactions[number].isCompleted { return }
    transactions[number].isCompleted = true
    noteEnded(number)
  }

  /// The messages that have ended and are still known, the one that ended first first.
  var endedInOrder: [(number: Int32, generation: UInt32)] {
    (0..<ended.count).map { ended[(endedNext + $0) % ended.count] }
  }

  /// Keeps a message that has ended for a while, in the place of the one that ended first.
  mutating func noteEnded(_ number: Int32) {
    let entry = (number: number, generation: transactions[number].generation)
    if ended.count < Self.grace {
      ended.append(entry)
      return
    }
    let oldest = ended[endedNext]
    transactions.prefetch(ended[(endedNext + 8) % Self.grace].number)
    recipients.prefetch(transactions[ended[(endedNext + 4) % Self.grace].number].recipients)
    ended[endedNext] = entry
    endedNext = (endedNext + 1) % Self.grace
    if transactions[oldest.number].isUsed,
      transactions[oldest.number].generation == oldest.generation,
      transactions[oldest.number].isCompleted || !transactions[oldest.number].isCounted
    {
      forget(oldest.number)
    }
  }

  /// Keeps the number of open messages bounded: what is too old goes, and if need be what is oldest.
  mutating func makeRoom(for kept: Int32) {
    // A look at one message for each new one goes round before their number has doubled.
    sweepNext = sweepNext + 1 < transactions.pool.count ? sweepNext + 1 : 0
    if transactions[sweepNext].isUsed, sweepNext != kept,
      Self.age(of: transactions[sweepNext], newest) > configuration.retention
    {
      forget(sweepNext)
    }
    guard transactions.count > configuration.capacity else { return }
    evict(max(1, configuration.capacity / 64), except: kept)
  }

  /// Whole seconds between the last line about a message and the newest of the log.
  ///
  /// A log may have no times: then no message is older than another; one without a time among others
  /// with times counts as the oldest.
  private static func age(of transaction: Transaction, _ newest: Int64) -> Int64 {
    let (age, isBeyond) = newest.subtractingReportingOverflow(transaction.lastSeen)
    return isBeyond ? .max : age / 1_000_000
  }

  /// Forgets the messages that no line has named for longest; several at a time, since all must be looked at.
  private mutating func evict(_ count: Int, except kept: Int32) {
    var ages: [UInt64] = []
    ages.reserveCapacity(transactions.count)
    for number in 0..<transactions.pool.count where transactions.pool[number].isUsed {
      let age = UInt32(clamping: Self.age(of: transactions.pool[number], newest))
      if number != Int(kept) { ages.append(UInt64(UInt32.max - age) << 32 | UInt64(number)) }
    }
    ages.sort()
    for age in ages.prefix(count) {
      let number = Int32(truncatingIfNeeded: age)
      if !transactions[number].isCompleted { evicted += 1 }
      forget(number)
    }
  }

  mutating func forget(_ number: Int32) {
    if transactions[number].pending >= 0 { settlePending(of: number) }
    var recipient = transactions[number].recipients
    while recipient >= 0 {
      if recipients[recipient].deferral >= 0 { deferrals.remove(recipients[recipient].deferral) }
      recipient = recipients[recipient].next
    }
    recipients.removeAll(from: transactions[number].recipients)
    keepFate(of: number)
    if transactions[number].details >= 0 { details.remove(transactions[number].details) }
    if !earlyBounces.isEmpty { earlyBounces[number] = nil }
    transactions.close(number)
  }
}
