internal import LogPatterns
internal import MailTerms

/// What Postfix's queue manager tells: one message under several ids, recipients given up together,
/// bounces by name. A message that passes a content filter or an alias gets a new id on this machine.
extension Correlator {
  /// The message of an id on the machine of another message, in whatever instance.
  func find(_ id: MessageID, beside number: Int32) -> Int32? {
    let edge = transactions[number].edge
    let own = transactions[number].instance
    if let known = transactions.find(edge: edge, instance: own, id: id) {
      return known == number ? nil : known
    }
    for instance in instances where instance != own {
      if let known = transactions.find(edge: edge, instance: instance, id: id) { return known }
    }
    return nil
  }

  /// Whether a delivery only gave the message a new id here, whose outcome is the outcome then.
  ///
  /// `queued as` comes from the server, and a strange one can say anything: it is believed if the message
  /// of that id came from the address to which this one went, as a filter's do.
  mutating func goesOn(_ record: inout Record, line: Span<UInt8>, _ number: Int32) -> Bool {
    guard let id = MessageID(line.extracting(record[.nextID].range)),
      let next = find(id, beside: number)
    else { return false }
    if record[.remoteIP].isPresent, transactions[next].client != 0,
      transactions[next].client != recipients.hash(of: line.extracting(record[.remoteIP].range))
    {
      return false
    }
    link(next, to: number)
    return true
  }

  /// Notes that one message is another one further on: sender and client are those of the first.
  mutating func link(_ number: Int32, to first: Int32) {
    if flags.wantsEvents, transactions[first].details >= 0 {
      if transactions[number].details < 0 { transactions[number].details = details.add(Details()) }
      let known = details[transactions[first].details]
      details[transactions[number].details].first = known.first.isEmpty ? known.pieces : known.first
    }
    guard transactions[number].senderDomain == 0, transactions[first].senderDomain != 0 else {
      return
    }
    transactions[number].senderDomain = transactions[first].senderDomain
    transactions[number].sender = transactions[first].sender
    if transactions[number].pending >= 0 { settlePending(of: number) }
  }

  /// Takes the line that gives up a message: all recipients that were only deferred have failed.
  mutating func receiveExpiry(_ record: inout Record, line: Span<UInt8>, _ number: Int32) {
    if record[.sender].isPresent { setSender(of: number, &record, line: line, isChange: false) }
    var waiting: [Int32] = []
    var recipient = transactions[number].recipients
    while recipient >= 0 {
      let attempts = recipients[recipient].attempts
      let isDone =
        attempts[.delivered] > 0 || attempts[.failed] > 0
      if !isDone, recipients[recipient].deferral >= 0 { waiting.append(recipient) }
      recipient = recipients[recipient].next
    }
    var fate = record
    fate.kind = .failed
    fate.origin = .expired
    for recipient in waiting.reversed() {
      var outcome = Outcome(kind: .failed, origin: .expired, time: record.time)
      outcome.edge = transactions[number].edge
      decide(&outcome, &fate, line: line, number, recipient)
    }
  }

  /// Takes the line that names the bounce of a message.
  mutating func receiveNotification(_ record: inout Record, line: Span<UInt8>, _ number: Int32) {
    guard let id = MessageID(line.extracting(record[.bounceID].range)) else { return }
    let own = transactions[number]
    let bounce = transactions.findOrOpen(
      edge: own.edge, instance: own.instance, id: id, at: record.time.seconds)
    if transactions[bounce].senderDomain == 0 {
      transactions[bounce].senderDomain = nullSender
      transactions[bounce].sender = flags.needsSender ? nullSender : 0
      if transactions[bounce].pending >= 0 { settlePending(of: bounce) }
    }
    noteBounce(bounce, of: number)
    guard flags.wantsEvents else { return }
    if transactions[bounce].details < 0 { transactions[bounce].details = details.add(Details()) }
    details[transactions[bounce].details].parentID = own.id.text
    var notice = MailEvent(
      kind: .notified, time: record.time, edge: names.name(own.edge), mta: record.mta)
    notice.messageID = own.id.text
    notice.bounceID = id.text
    notice.eventID = eventID(of: notice, line: line)
    // A message of which nothing else is known began and failed in a part of the log that is not here.
    if !own.isCounted, flags.wantsEvent(.notified, isSelected: false) {
      if configuration.selection.includes(notice.time) { events.append(notice) }
      return
    }
    announce(notice, of: number, isSure: true)
  }
}
