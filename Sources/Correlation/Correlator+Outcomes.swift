internal import LogPatterns
internal import MailTerms

extension Correlator {
  /// Takes a line that tells one recipient's fate.
  mutating func receiveOutcome(_ record: inout Record, line: Span<UInt8>, _ number: Int32) {
    // A probe has a sender of its own, which is not that of the message.
    let isCallout = if case .callout = record.kind { true } else { false }
    if record[.sender].isPresent, !isCallout {
      setSender(of: number, &record, line: line, from: .outcome)
    }
    guard let kind = EventKind(record.kind), let origin = record.origin else { return }
    var outcome = Outcome(kind: kind, origin: origin, time: record.time)
    begin(&outcome, &record, line: line, edge: transactions[number].edge)
    transactions[number].hasOutcome = true
    let recipient = recipients.findOrAdd(
      recipientHash(&record, line: line), of: number, head: &transactions[number].recipients)
    if record[.nextID].isPresent, goesOn(&record, line: line, number) {
      recipients[recipient].isPassedOn = true
      return
    }
    decide(&outcome, &record, line: line, number, recipient)
  }

  /// Works out what a recipient's outcome is and counts it, or keeps it until its sender is known.
  @inline(__always) mutating func decide(
    _ outcome: inout Outcome, _ record: inout Record, line: Span<UInt8>, _ number: Int32,
    _ recipient: Int32
  ) {
    let isCallout = if case .callout = record.kind { true } else { false }
    if outcome.kind == .failed {
      transactions[number].hasFailure = true
      transactions[number].hasFailedSinceNotice = true
    } else if outcome.kind == .deferred {
      transactions[number].hasDeferredSinceNotice = true
    }
    outcome.isFirstOfKind = recipients[recipient].attempts[outcome.kind] == 0
    recipients[recipient].attempts[outcome.kind] &+= record.lines
    if outcome.kind != .delivered { readReply(&record, line: line, recipient, &outcome) }
    outcome.isSelected = matchesCode(&record, line: line, &outcome, recipient)
    if outcome.isSelected { addNames(to: &outcome, &record, line: line, recipient) }
    if isCallout, record[.sender].isPresent {
      outcome.senderDomain = senderDomain(of: line.extracting(record[.sender].range))
    }
    let isSenderKnown = transactions[number].senderDomain != 0 || outcome.senderDomain != 0
    guard
      flags.wantsEvent(outcome.kind, isSelected: outcome.isSelected, origin: outcome.origin)
    else {
      if isSenderKnown {
        settle(&outcome, recipient)
      } else {
        hold(&outcome, nil, number, recipient)
      }
      return
    }
    let event = event(&record, line: line, number, recipient)
    if isSenderKnown {
      settle(&outcome, recipient, event)
    } else {
      hold(&outcome, event, number, recipient)
    }
  }

  /// Keeps an outcome until a line tells the sender of its message.
  private mutating func hold(
    _ outcome: inout Outcome, _ event: MailEvent?, _ number: Int32, _ recipient: Int32
  ) {
    if outcome.isSelected, outcome.kind == .failed, isInScope(&outcome, sender: nil) {
      transactions[number].hasSelectedFailure = true
    }
    // A streamed event goes out at once, unless what is asked for depends on the sender.
    var held = event
    if flags.isStreaming, !flags.hasSenderDomain, let event {
      if isInScope(&outcome, sender: nil) { events.append(event) }
      held = nil
    }
    let pending = pendings.add(
      Pending(outcome: outcome, recipient: recipient, next: transactions[number].pending))
    if let held { pendingEvents[pending] = held }
    transactions[number].pending = pending
  }

  /// Takes a refusal or a probe's answer on a line without a message id; each line counts.
  mutating func receiveSession(_ record: inout Record, line: Span<UInt8>, edge: UInt32) {
    guard let kind = EventKind(record.kind), let origin = record.origin else { return }
    var outcome = Outcome(kind: kind, origin: origin, time: record.time)
    begin(&outcome, &record, line: line, edge: edge)
    let view = RecordView(record, line: line)
    let reply = view.reply
    outcome.code = UInt16(reply?.code ?? 0)
    outcome.enhanced = Outcome.packed(reply?.enhanced)
    outcome.senderDomain =
      view.sender.map { names.number(of: Address.domainLabel(of: $0), foldingCase: false) }
      ?? unknownSender
    outcome.isInScope = isInScope(&outcome, sender: outcome.senderDomain)
    outcome.isSelected =
      outcome.isInScope && flags.includes(outcome.origin)
      && configuration.selection.codes.matches(code: reply?.code, enhanced: reply?.enhanced)
    outcome.isFirst = outcome.isSelected
    outcome.isFirstAtHost = outcome.isSelected
    outcome.isFirstAtIP = outcome.isSelected
    outcome.isFirstOfKind = true
    outcome.distinct = record.lines
    if outcome.isSelected {
      addNames(to: &outcome, &record, line: line, nil)
      if flags.needsSender, let sender = view.sender {
        let bytes = Array(sender.utf8)
        outcome.sender = senderNumber(bytes.span)
      }
    }
    outcomes.append(copying: &outcome)
    if outcome.isInScope,
      flags.wantsEvent(outcome.kind, isSelected: outcome.isSelected, origin: outcome.origin)
    {
      events.append(event(&record, line: line, nil, nil))
    }
  }

  /// Fills in what the line itself tells; the sender and all that depends on other lines is missing yet.
  @inline(__always) private mutating func begin(
    _ outcome: inout Outcome, _ record: inout Record, line: Span<UInt8>, edge: UInt32
  ) {
    outcome.edge = edge
    outcome.lines = record.lines
    // A local failure has no remote host, even if the line names the one that was tried.
    if outcome.kind == .failed, outcome.origin != .remote { return }
    // A field that is chosen by number would have all of them copied.
    let isClient = outcome.kind == .rejected
    let name = line.extracting((isClient ? record[.clientHost] : record[.remoteHost]).range)
    // A socket or an address literal in place of a name is none.
    if name.isEmpty || name[0] == UInt8(ascii: "[") || Self.isUnknown(name) {
      outcome.remoteHost = addressNumber(
        isClient ? record[.clientIP] : record[.remoteIP], line: line)
    } else {
      outcome.remoteHost = names.number(of: name, hash: record.nameHash, foldingCase: true)
    }
  }

  /// Adds the names that only an outcome which was asked for needs.
  private mutating func addNames(
    to outcome: inout Outcome, _ record: inout Record, line: Span<UInt8>, _ recipient: Int32?
  ) {
    let reply = replyEntry(&record, line: line, recipient)
    outcome.reply = reply.text
    outcome.reason = reply.reason
    outcome.forwardPath = reply.forwardPath
    if outcome.kind != .failed || outcome.origin == .remote {
      outcome.remoteIP = addressNumber(
        outcome.kind == .rejected ? record[.clientIP] : record[.remoteIP], line: line)
    }
    guard record[.recipient].isPresent else {
      // A line that gives up a whole message names no recipient.
      guard outcome.origin == .expired, let recipient, recipients[recipient].deferral >= 0 else {
        return
      }
      outcome.recipientDomain = deferrals[recipients[recipient].deferral].recipientDomain
      return
    }
    outcome.recipientDomain = recipientDomain(&record, line: line)
  }

  private mutating func recipientDomain(_ record: inout Record, line: Span<UInt8>) -> UInt32 {
    for field in [Field.recipient, .originalRecipient] {
      let address = line.extracting(record[field].range)
      if let domain = Address.domain(of: address) {
        return names.number(of: address.extracting(domain), foldingCase: true)
      }
    }
    return noDomain
  }

  private mutating func addressNumber(_ field: FieldSpan, line: Span<UInt8>) -> UInt32 {
    let address = line.extracting(field.range)
    if address.isEmpty || Self.isUnknown(address) { return 0 }
    let mapped = Address.unmapped(address)
    return names.number(of: address.extracting(mapped), foldingCase: true)
  }

  @inline(__always) private static func isUnknown(_ name: Span<UInt8>) -> Bool {
    let word: StaticString = "unknown"
    guard name.count == word.utf8CodeUnitCount, name[0] == UInt8(ascii: "u") else { return false }
    for index in name.indices where unsafe name[index] != word.utf8Start[index] { return false }
    return true
  }

  // Mutating, although it changes nothing: for any other method the compiler copies the correlator.
  @inline(__always) mutating func recipientHash(
    _ record: inout Record, line: Span<UInt8>
  ) -> UInt64 {
    if recipients.hasOwnSeed { return record.recipientHash }
    // What another process knew of open messages has another seed.
    return RecipientIdentity.hash(
      final: line.extracting(record[.recipient].range),
      original: line.extracting(record[.originalRecipient].range), seed: recipients.seed)
  }

  /// Reads the reply's code, and remembers a deferral's reply for the time when retries give up.
  private mutating func readReply(
    _ record: inout Record, line: Span<UInt8>, _ recipient: Int32, _ outcome: inout Outcome
  ) {
    if outcome.origin == .expired {
      let cause = recipients[recipient].deferral
      guard cause >= 0 else { return }
      outcome.code = deferrals[cause].code
      outcome.remoteHost = deferrals[cause].remoteHost
      outcome.remoteIP = deferrals[cause].remoteIP
      if configuration.countsEachCode {
        let deferral = deferrals[cause]
        outcome.enhanced = Outcome.packed(deferral.view.reply?.enhanced)
      }
      return
    }
    var span = record[.reply]
    if !span.isPresent { span = record[.ownText] }
    if !span.isPresent { span = record[.confirmation] }
    outcome.code = Reply.code(
      in: line.extracting(span.range), form: record.mta.isPostfix ? .postfix : .exim)
    if configuration.countsEachCode {
      outcome.enhanced = Outcome.packed(RecordView(record, line: line).reply?.enhanced)
    }
    // Postfix gives up a message without naming its recipients again, so that each one is kept.
    guard outcome.kind == .deferred,
      span.isPresent || outcome.remoteHost != 0 || record.mta.isPostfix
    else { return }
    let known = recipients[recipient].deferral
    if known >= 0, !record[.reply].isPresent {
      if deferrals[known].hasReply { return }
      // Without a try, as where its time has not come, no host is named.
      if outcome.remoteHost == 0, deferrals[known].remoteHost != 0 { return }
    }
    let deferral = Deferral(
      record, line: line, outcome, remoteIP: addressNumber(record[.remoteIP], line: line),
      recipientDomain: recipientDomain(&record, line: line))
    if known >= 0 {
      deferrals[known] = deferral
    } else {
      recipients[recipient].deferral = deferrals.add(deferral)
    }
  }

  /// The reply that an outcome is about: the line's, or the one of the deferral that led to it.
  func reply(_ record: inout Record, line: Span<UInt8>, _ recipient: Int32?) -> Reply? {
    let view = RecordView(record, line: line)
    guard view.origin == .expired else { return view.reply }
    guard let recipient, recipients[recipient].deferral >= 0 else { return nil }
    let cause = deferrals[recipients[recipient].deferral]
    return cause.view.reply
  }

  /// Whether origin and code are asked for; a delivery's reply is read only if it may be.
  @inline(__always) private mutating func matchesCode(
    _ record: inout Record, line: Span<UInt8>, _ outcome: inout Outcome, _ recipient: Int32
  ) -> Bool {
    if outcome.kind == .delivered, !flags.mayBeDelivery { return false }
    return matchesAnyCode(&record, line: line, &outcome, recipient)
  }

  private mutating func matchesAnyCode(
    _ record: inout Record, line: Span<UInt8>, _ outcome: inout Outcome, _ recipient: Int32
  ) -> Bool {
    if flags.isAllCodes { return flags.includes(outcome.origin) }
    if outcome.kind != .delivered, !flags.hasEnhanced, outcome.code == 0 { return false }
    guard flags.includes(outcome.origin) else { return false }
    if !flags.hasEnhanced, outcome.kind != .delivered {
      return configuration.selection.codes.matches(code: Int(outcome.code))
    }
    var full = record
    if outcome.kind == .delivered { detailReader.complete(&full, line: line) }
    let reply = reply(&full, line: line, recipient)
    return configuration.selection.codes.matches(code: reply?.code, enhanced: reply?.enhanced)
  }

  /// Counts what waited for a message's sender.
  mutating func settlePending(of number: Int32) {
    var waiting: [(pending: Pending, event: MailEvent?)] = []
    var next = transactions[number].pending
    transactions[number].pending = -1
    while next >= 0 {
      let pending = pendings[next]
      let event = pendingEvents.isEmpty ? nil : pendingEvents.removeValue(forKey: next)
      pendings.remove(next)
      waiting.append((pending, event))
      next = pending.next
    }
    for entry in waiting.reversed() {
      var event = entry.event
      if event != nil { addSender(to: &event, number) }
      var outcome = entry.pending.outcome
      if let event {
        settle(&outcome, entry.pending.recipient, event)
      } else {
        settle(&outcome, entry.pending.recipient)
      }
    }
  }

  /// Counts an outcome whose sender is as known as it will ever be, and writes its event.
  private mutating func settle(
    _ outcome: inout Outcome, _ recipient: Int32, _ event: MailEvent
  ) {
    if count(&outcome, recipient) { events.append(event) }
    releaseBounces(behind: &outcome, recipient)
  }

  /// The same without an event; everyday outcomes go past the memory that one would take.
  @inline(__always) private mutating func settle(_ outcome: inout Outcome, _ recipient: Int32) {
    _ = count(&outcome, recipient)
    releaseBounces(behind: &outcome, recipient)
  }

  /// Writes the bounces that came before the failure which they tell of; they wait for another one if it was not
  /// asked for.
  @inline(__always) private mutating func releaseBounces(
    behind outcome: inout Outcome, _ recipient: Int32
  ) {
    guard !earlyBounces.isEmpty, outcome.kind == .failed,
      flags.wantsEvent(.notified, isSelected: outcome.isSelected && outcome.isInScope)
    else { return }
    releaseBounces(of: recipients[recipient].transaction)
  }

  /// Adds an outcome to those that are counted; tells whether it is within what is asked for.
  @inline(__always) private mutating func count(
    _ outcome: inout Outcome, _ recipient: Int32
  ) -> Bool {
    let number = recipients[recipient].transaction
    if outcome.senderDomain == 0 {
      let known = transactions[number].senderDomain
      outcome.senderDomain = known == 0 ? unknownSender : known
    }
    // A bounce's own fate counts whenever it comes, and whoever is asked for: its sender is nobody.
    if outcome.senderDomain == nullSender { noteFate(of: number, outcome.kind) }
    outcome.isInScope = isInScope(&outcome, sender: outcome.senderDomain)
    guard outcome.isInScope else {
      if flags.notesEarlier, outcome.isSelected, let since = configuration.selection.since,
        outcome.time.microseconds < since
      {
        outcomes.append(copying: &outcome)
      }
      return false
    }
    if flags.hasScope {
      // What was before the period, or elsewhere, is not the first of those that are asked for.
      let bit = UInt8(1) << outcome.kind.rawValue
      outcome.isFirstOfKind = recipients[recipient].kindsInScope & bit == 0
      recipients[recipient].kindsInScope |= bit
    }
    // Where hosts or domains are asked for, the messages are those with such an outcome.
    if flags.hasGlob, transactions[number].isCounted, !transactions[number].isInPeriod {
      transactions[number].isInPeriod = true
      messages += 1
    }
    if outcome.kind == .delivered || outcome.kind == .failed {
      outcome.isFirstTry = !recipients[recipient].isTried
      recipients[recipient].isTried = true
      if outcome.isFirstTry {
        recipients[recipient].triedHost = outcome.remoteHost
        outcome.isFirstTryAtHost = true
      } else if outcome.remoteHost != 0, outcome.remoteHost != recipients[recipient].triedHost {
        outcome.isFirstTryAtHost =
          recipients.note(
            recipient, section: CountedHost.tried, remoteHost: outcome.remoteHost, remoteIP: 0
          ).isNewHost
      }
    }
    if outcome.isSelected, let section = outcome.section {
      let bit = UInt8(1) << UInt8(section.rawValue)
      let isFirst = recipients[recipient].sections & bit == 0
      recipients[recipient].sections |= bit
      let isFirstOfCode: Bool
      (isFirstOfCode, outcome.isFirstAtHost, outcome.isFirstAtIP) = recipients.note(
        recipient, section: Int8(section.rawValue),
        code: configuration.countsEachCode ? outcome.code : 0, remoteHost: outcome.remoteHost,
        remoteIP: outcome.remoteIP)
      outcome.isFirst = configuration.countsEachCode ? isFirstOfCode : isFirst
      if outcome.kind == .failed { transactions[number].hasSelectedFailure = true }
      if isFirst, outcome.section == .failures { noteFailed(number) }
      outcome.sender = transactions[number].sender
      outcome.messageID = transactions[number].id
    }
    outcomes.append(copying: &outcome)
    return true
  }

  @inline(__always) private mutating func isInScope(
    _ outcome: inout Outcome, sender: UInt32?
  ) -> Bool {
    flags.hasScope ? isInNarrowScope(&outcome, sender: sender) : true
  }

  private mutating func isInNarrowScope(_ outcome: inout Outcome, sender: UInt32?) -> Bool {
    if flags.hasPeriod, !configuration.selection.includes(outcome.time) { return false }
    if flags.hasRemoteHost, let glob = configuration.selection.remoteHost,
      !glob.matches(names.name(outcome.remoteHost))
    {
      return false
    }
    if flags.hasSenderDomain, let sender, let glob = configuration.selection.senderDomain,
      !glob.matches(names.name(sender))
    {
      return false
    }
    return true
  }
}

extension EventKind {
  /// The outcome that a kind of record tells; nil for records that are none.
  init?(_ kind: RecordKind) {
    switch kind {
    case .delivered: self = .delivered
    case .deferred: self = .deferred
    case .failed: self = .failed
    case .rejected: self = .rejected
    case .callout: self = .callout
    default: return nil
    }
  }
}
