internal import LogPatterns
internal import MailTerms

extension Correlator {
  /// An outcome's line as an event, with all that is known of its message.
  mutating func event(
    _ record: inout Record, line: Span<UInt8>, _ number: Int32?, _ recipient: Int32?
  ) -> MailEvent {
    var full = record
    detailReader.complete(&full, line: line)
    let view = RecordView(full, line: line)
    var event = MailEvent(
      kind: EventKind(record.kind) ?? .notified, time: record.time,
      edge: view.text(.edge) ?? configuration.edge, mta: record.mta)
    event.messageID = view.text(.messageID)
    event.origin = view.origin
    event.sender = view.sender
    event.recipient = view.recipient
    event.originalRecipient = view.originalRecipient
    event.reply = reply(&full, line: line, recipient)
    if event.reply != nil, event.kind != .delivered {
      let known = replyEntry(&full, line: line, recipient)
      event.reason = known.reason
      event.nature = known.nature
      event.forwardPath = known.forwardPath == 0 ? nil : names.name(known.forwardPath)
    }
    event.command = view.command
    event.remoteQueueID = view.text(.remoteQueueID)
    if event.kind != .failed || event.origin == .remote {
      event.remoteHost = view.remoteHost
      event.remoteIP = view.remoteIP
      event.remotePort = view.text(.remotePort).flatMap { Int($0) }
    }
    event.clientHost = view.clientHost
    event.clientIP = view.clientIP
    event.authenticatedUser = view.text(.authenticatedUser)
    event.lines = Int(record.lines)
    if let recipient {
      event.attempts = Int(recipients[recipient].attempts[event.kind])
      if event.origin == .expired, recipients[recipient].deferral >= 0 {
        let cause = deferrals[recipients[recipient].deferral]
        event.remoteHost = cause.remoteHost == 0 ? nil : names.name(cause.remoteHost)
        event.remoteIP = cause.remoteIP == 0 ? nil : names.name(cause.remoteIP)
        event.remotePort = cause.view.text(.remotePort).flatMap { Int($0) }
        event.command = cause.view.command
        if event.recipient == nil {
          event.recipient = cause.view.recipient
          event.originalRecipient = cause.view.originalRecipient
        }
      }
    }
    event.eventID = eventID(of: event, line: line, lines: record.lines)
    if let number {
      var known: MailEvent? = event
      addSender(to: &known, number)
      let own = event.sender
      event = known ?? event
      if record.kind == .callout, own != nil { event.sender = own }
    }
    return event
  }

  /// Keeps a line of a message's arrival for the events about it.
  mutating func addDetail(_ record: inout Record, line: Span<UInt8>, to number: Int32) {
    if transactions[number].details < 0 { transactions[number].details = details.add(Details()) }
    details[transactions[number].details].add(record, line: line)
  }

  /// Adds to an event what the message's arrival told.
  mutating func addSender(to event: inout MailEvent?, _ number: Int32) {
    guard transactions[number].details >= 0 else { return }
    let details = details[transactions[number].details]
    // What the client told of a message that went through a filter was told to the message before it.
    for piece in details.first { addArrival(piece, to: &event) }
    for piece in details.pieces { addArrival(piece, to: &event) }
    if event?.sender == nil { event?.sender = details.toldSender }
    if let changed = details.changedSender { event?.sender = changed }
    if let parent = details.parentID {
      event?.parentID = parent
      // A bounce has the null sender, whether or not a line of its own says so.
      if event?.sender == nil { event?.sender = "<>" }
    }
  }

  private mutating func addArrival(_ piece: Details.Piece, to event: inout MailEvent?) {
    var record = piece.record
    detailReader.complete(&record, line: piece.line.span)
    let arrival = RecordView(record, line: piece.line.span)
    if record.kind == .received { event?.sender = arrival.sender ?? "<>" }
    if event?.arrivedAt == nil { event?.arrivedAt = record.time }
    if event?.clientIP == nil, event?.clientHost == nil {
      event?.clientHost = arrival.clientHost
      event?.clientIP = arrival.clientIP
    }
    if event?.authenticatedUser == nil {
      event?.authenticatedUser = arrival.text(.authenticatedUser)
    }
    if let size = arrival.text(.size).flatMap({ Int($0) }) { event?.size = size }
    if event?.headerMessageID == nil { event?.headerMessageID = arrival.text(.headerMessageID) }
    if event?.subject == nil { event?.subject = arrival.value(named: "subject") }
    if let parent = arrival.text(.parentID) { event?.parentID = parent }
  }

  /// Takes the arrival of a bounce: the sender of another message is being told.
  ///
  /// A message that has only been deferred so far sent a warning, and one that was delivered may have
  /// been answered by a vacation program: neither is a bounce.
  mutating func receiveBounce(
    _ record: inout Record, line: Span<UInt8>, _ number: Int32, of parent: MessageID
  ) {
    let known = transactions.find(
      edge: transactions[number].edge, instance: transactions[number].instance, id: parent)
    if let known { noteBounce(number, of: known) }
    guard flags.wantsEvents else { return }
    var notice = MailEvent(
      kind: .notified, time: record.time, edge: names.name(transactions[number].edge),
      mta: record.mta)
    notice.messageID = parent.text
    notice.bounceID = transactions[number].id.text
    notice.eventID = eventID(of: notice, line: line)
    guard let known else {
      // The message began and failed in a part of the log that is not here, or its lines come later.
      if flags.wantsEvent(.notified, isSelected: false) {
        if configuration.selection.includes(notice.time) { events.append(notice) }
        return
      }
      let opened = transactions.findOrOpen(
        edge: transactions[number].edge, instance: transactions[number].instance, id: parent,
        at: record.time)
      earlyBounces[opened, default: []].append(notice)
      return
    }
    announce(notice, of: known, isSure: false)
  }

  /// Writes that a message's sender is told, once its failure is written.
  ///
  /// - Parameter isSure: whether the line says that the notice is about a failure.
  mutating func announce(_ notice: MailEvent, of known: Int32, isSure: Bool) {
    // What follows tries that were put off alone warns of the delay, although others have failed before.
    let isWarning =
      !isSure && transactions[known].hasFailure && !transactions[known].hasFailedSinceNotice
      && transactions[known].hasDeferredSinceNotice
    transactions[known].hasFailedSinceNotice = false
    transactions[known].hasDeferredSinceNotice = false
    if isWarning { return }
    if transactions[known].pending >= 0, !flags.isStreaming {
      // The failure itself is not written yet; the bounce goes out behind it.
      earlyBounces[known, default: []].append(notice)
    } else if transactions[known].hasFailure {
      if flags.wantsEvent(.notified, isSelected: transactions[known].hasSelectedFailure) {
        release(notice, of: known)
      }
    } else if isSure || !transactions[known].hasOutcome {
      earlyBounces[known, default: []].append(notice)
    }
  }

  /// Writes the bounces that were logged before the failure they tell of.
  mutating func releaseBounces(of number: Int32) {
    for notice in earlyBounces.removeValue(forKey: number) ?? [] { release(notice, of: number) }
  }

  private mutating func release(_ notice: MailEvent, of number: Int32) {
    guard configuration.selection.includes(notice.time) else { return }
    var event: MailEvent? = notice
    addSender(to: &event, number)
    events.append(event ?? notice)
  }

  /// Depends on the edge, the message, the recipient, the kind and the line alone, and on how often the
  /// line was repeated: the repetition of a line is another event than the line.
  package func eventID(of event: MailEvent, line: Span<UInt8>, lines: UInt32 = 1) -> String {
    var bytes: [UInt8] = []
    for part in [
      event.edge, event.messageID ?? "", event.recipient ?? "", event.kind.word.string,
    ] {
      bytes.append(contentsOf: part.utf8)
      bytes.append(0)
    }
    for index in line.indices { bytes.append(line[index]) }
    if lines != 1 { bytes += "\0\(lines)".utf8 }
    let hash = XXHash64.hash(bytes.span)
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
