internal import LogPatterns
internal import MailTerms

/// What Postfix's queue manager tells: one message under several ids, recipients given up together,
/// bounces by name. A message that passes a content filter or an alias gets a new id on this machine.
extension Correlator {
  /// The message of an id on the machine of another message, in whatever instance.
  // Mutating, although it changes nothing: for any other method the compiler copies the correlator.
  mutating func find(_ id: MessageID, beside number: Int32) -> Int32? {
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
  mutating func goesOn(_ record: inout Record, line: Span<UInt8>, _ number: Int32) -> Bool {
    guard let id = MessageID(line.extracting(record[.nextID].range)) else { return false }
    // No server has a word in what a delivery by local(8) says: the message it names is one of ours.
    let isForwarded = record.origin == .local
    var next = find(id, beside: number)
    if next == nil, isForwarded {
      let opened = transactions.findOrOpen(
        edge: transactions[number].edge, instance: transactions[number].instance, id: id,
        at: record.time)
      if opened != number { next = opened }
    }
    guard let next, isForwarded || cameBack(next, &record, line: line, from: number) else {
      return false
    }
    link(next, to: number)
    return true
  }

  /// Whether a message is the one that a delivery handed to a filter of ours.
  ///
  /// `queued as` comes from the server, and a strange one can say anything, also that it is a message which it
  /// has handed in here itself. It is believed from a server on this machine, from one with a private address
  /// from which the message of that id came, as a filter's do, and if that message says itself which one it was
  /// before.
  private mutating func cameBack(
    _ next: Int32, _ record: inout Record, line: Span<UInt8>, from number: Int32
  ) -> Bool {
    if transactions[next].first == Self.hash(of: transactions[number].id) { return true }
    let address = line.extracting(record[.remoteIP].range)
    // A socket in the file system has no address.
    return address.isEmpty || Address.isLoopback(address)
      || (Address.isPrivate(address) && transactions[next].client == client(of: address))
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
    if record[.sender].isPresent { setSender(of: number, &record, line: line, from: .outcome) }
    var waiting: [Int32] = []
    var recipient = transactions[number].recipients
    while recipient >= 0 {
      let attempts = recipients[recipient].attempts
      let isDone =
        attempts[.delivered] > 0 || attempts[.failed] > 0 || recipients[recipient].isPassedOn
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
    var bounce = transactions.findOrOpen(
      edge: own.edge, instance: own.instance, id: id, at: record.time)
    // From 3.11 on the name comes before the bounce, and another message can have had its id (bounce_notify.c).
    let hasOther =
      transactions[bounce].isCompleted && transactions[bounce].isBounce
      || (transactions[bounce].isCompleted || transactions[bounce].ownSender != 0)
        && transactions[bounce].senderDomain != nullSender
    if hasOther, record.isReusable(line) {
      forget(bounce)
      bounce = transactions.findOrOpen(
        edge: own.edge, instance: own.instance, id: id, at: record.time)
    }
    transactions[bounce].isBounce = true
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
