internal import LogPatterns
package import MailTerms
internal import ReplyReasons

/// What is known of open messages, as bytes: a run begins where the one before it ended.
///
/// It holds what counting needs. Events and what only they need are not in it: a correlator that
/// writes events is not kept.
extension Correlator {
  /// Everything that the lines to come may need.
  package mutating func snapshot() -> [UInt8] {
    precondition(!flags.wantsEvents, "what events need is not kept")
    var writer = SnapshotWriter()
    var kept = KeptNames()
    writer.put(recipients.seed)
    writer.put(newest)
    writer.put(UInt64(messages))
    writer.put(UInt64(evicted))
    var places: [Int32: UInt32] = [:]
    var open: [Int32] = []
    for number in 0..<transactions.pool.count where transactions.pool[number].isUsed {
      places[Int32(number)] = UInt32(open.count)
      open.append(Int32(number))
    }
    writer.put(UInt32(open.count))
    for number in open { write(transactions[number], &writer, &kept) }
    let still = endedInOrder.compactMap { entry in
      transactions[entry.number].isUsed && transactions[entry.number].generation == entry.generation
        ? places[entry.number] : nil
    }
    writer.put(UInt32(still.count))
    for place in still { writer.put(place) }
    writer.put(UInt32(instances.count))
    for instance in instances { kept.put(instance, &writer) }
    // The names come first, for whoever reads it.
    var whole = SnapshotWriter()
    whole.put(UInt32(kept.numbers.count))
    for number in kept.numbers { whole.put(names.bytes(of: number)) }
    return whole.bytes + writer.bytes
  }

  /// Counts outcomes as `(unknown)` whose message was not named in the last seconds of the log.
  ///
  /// - Parameters:
  ///   - patience: how many seconds; nil for a log that has been quiet for long.
  ///   - last: when the newest line was written, in microseconds since 1970: one that tells nothing shows as well
  ///     how far the log has come.
  package mutating func settleOverdue(patience: Int64?, last: Int64?) {
    let newest = max(newest, last ?? .min)
    guard newest != .min else { return }
    let quiet = patience.map { newest - $0 * 1_000_000 } ?? .max
    for number in 0..<transactions.pool.count {
      let transaction = transactions.pool[number]
      guard transaction.isUsed, transaction.pending >= 0, transaction.lastSeen < quiet
      else { continue }
      settlePending(of: Int32(number))
    }
  }

  /// Takes in what another correlator knew; this one must not have read anything yet.
  ///
  /// - Parameter version: of which version the bytes are.
  package mutating func restore(
    _ bytes: [UInt8], version: Int = SnapshotWriter.version
  ) throws(SnapshotReader.Damaged) {
    var reader = SnapshotReader(bytes, version: version)
    var numbers: [UInt32] = [0]
    for _ in 0..<(try reader.count()) {
      let name: [UInt8] = try reader.get()
      numbers.append(names.number(of: name.span, foldingCase: false))
    }
    recipients = RecipientTable(seed: try reader.get())
    newest = try Self.time(&reader)
    messages = Int(truncatingIfNeeded: try reader.get(UInt64.self))
    evicted = Int(truncatingIfNeeded: try reader.get(UInt64.self))
    var open: [Int32] = []
    for _ in 0..<(try reader.count()) { open.append(try readTransaction(&reader, numbers)) }
    for _ in 0..<(try reader.count()) {
      let place = Int(try reader.get(UInt32.self))
      guard place < open.count else { throw SnapshotReader.Damaged() }
      noteEnded(open[place])
    }
    for _ in 0..<(try reader.count()) { instances.append(try Self.name(&reader, numbers)) }
    guard reader.isAtEnd else { throw SnapshotReader.Damaged() }
  }

  private mutating func write(
    _ transaction: Transaction, _ writer: inout SnapshotWriter, _ kept: inout KeptNames
  ) {
    kept.put(transaction.edge, &writer)
    kept.put(transaction.instance, &writer)
    writer.put(Array(transaction.id.text.utf8))
    kept.put(transaction.senderDomain, &writer)
    kept.put(transaction.sender, &writer)
    writer.put(transaction.lastSeen)
    writer.put(UInt64(transaction.client))
    writer.put(transaction.ownSender)
    writer.put(transaction.isBounce)
    writer.put(transaction.first)
    for flag in [
      transaction.hasBegun, transaction.isCounted, transaction.isInPeriod, transaction.isCompleted,
      transaction.hasFailure, transaction.hasSelectedFailure, transaction.hasOutcome,
      transaction.isRefused,
    ] {
      writer.put(flag)
    }
    // A list has its last entry first; they go out in the order in which they came.
    var list: [Int32] = []
    var recipient = transaction.recipients
    while recipient >= 0 {
      list.append(recipient)
      recipient = recipients[recipient].next
    }
    list.reverse()
    writer.put(UInt32(list.count))
    for recipient in list { write(recipient, &writer, &kept) }
    var waiting: [Int32] = []
    var pending = transaction.pending
    while pending >= 0 {
      waiting.append(pending)
      pending = pendings[pending].next
    }
    waiting.reverse()
    writer.put(UInt32(waiting.count))
    for pending in waiting {
      let rank = recipients[pendings[pending].recipient].rank
      writer.put(UInt32(rank))
      write(pendings[pending].outcome, &writer, &kept)
    }
  }

  private mutating func write(
    _ number: Int32, _ writer: inout SnapshotWriter, _ kept: inout KeptNames
  ) {
    let recipient = recipients[number]
    writer.put(recipient.address)
    for kind in EventKind.allCases { writer.put(recipient.attempts[kind]) }
    writer.put(recipient.sections)
    writer.put(recipient.isTried)
    writer.put(recipient.isPassedOn)
    kept.put(recipient.triedHost, &writer)
    let counted = recipients.counted(number)
    writer.put(UInt32(counted.count))
    for entry in counted {
      writer.put(entry.section)
      writer.put(entry.code)
      kept.put(entry.remoteHost, &writer)
      kept.put(entry.remoteIP, &writer)
    }
    writer.put(recipient.deferral >= 0)
    if recipient.deferral >= 0 {
      let deferral = deferrals[recipient.deferral]
      deferral.write(to: &writer, &kept, reason: reason(of: deferral))
    }
  }

  /// Why a deferral's server said no; its words are not kept.
  private mutating func reason(of deferral: Deferral) -> Reason {
    if let kept = deferral.keptReason { return kept }
    return deferral.view.reply.map { classifier.classify($0).reason } ?? .unknown
  }

  private mutating func readTransaction(
    _ reader: inout SnapshotReader, _ numbers: [UInt32]
  ) throws(SnapshotReader.Damaged) -> Int32 {
    let edge = try Self.name(&reader, numbers)
    let instance = try Self.name(&reader, numbers)
    let text: [UInt8] = try reader.get()
    guard let id = MessageID(text.span) else { throw SnapshotReader.Damaged() }
    let number = transactions.findOrOpen(edge: edge, instance: instance, id: id, at: .unknown)
    transactions[number].senderDomain = try Self.name(&reader, numbers)
    transactions[number].sender = keptSender(try Self.name(&reader, numbers))
    transactions[number].lastSeen = try Self.time(&reader)
    transactions[number].client = UInt32(truncatingIfNeeded: try reader.get(UInt64.self))
    if reader.version >= 3 {
      transactions[number].ownSender = try reader.get()
      transactions[number].isBounce = try reader.get()
      transactions[number].first = try reader.get()
    }
    transactions[number].hasBegun = try reader.get()
    transactions[number].isCounted = try reader.get()
    transactions[number].isInPeriod = try reader.get()
    transactions[number].isCompleted = try reader.get()
    transactions[number].hasFailure = try reader.get()
    transactions[number].hasSelectedFailure = try reader.get()
    transactions[number].hasOutcome = try reader.get()
    if reader.version >= 4 { transactions[number].isRefused = try reader.get() }
    var list: [Int32] = []
    for _ in 0..<(try reader.count()) {
      list.append(try readRecipient(of: number, &reader, numbers))
    }
    for _ in 0..<(try reader.count()) {
      let rank = Int(try reader.get(UInt32.self))
      guard rank < list.count else { throw SnapshotReader.Damaged() }
      var outcome = try Self.outcome(&reader, numbers)
      foldLocalParts(of: &outcome)
      transactions[number].pending = pendings.add(
        Pending(outcome: outcome, recipient: list[rank], next: transactions[number].pending))
    }
    return number
  }

  private mutating func readRecipient(
    of number: Int32, _ reader: inout SnapshotReader, _ numbers: [UInt32]
  ) throws(SnapshotReader.Damaged) -> Int32 {
    let recipient = recipients.findOrAdd(
      try reader.get(), of: number, head: &transactions[number].recipients)
    for kind in EventKind.allCases { recipients[recipient].attempts[kind] = try reader.get() }
    recipients[recipient].sections = try reader.get()
    recipients[recipient].isTried = try reader.get()
    if reader.version >= 3 { recipients[recipient].isPassedOn = try reader.get() }
    recipients[recipient].triedHost = try Self.name(&reader, numbers)
    for _ in 0..<(try reader.count()) {
      let section = try reader.get(Int8.self)
      let code = try reader.get(UInt16.self)
      let host = try Self.name(&reader, numbers)
      _ = recipients.note(
        recipient, section: section, code: code, remoteHost: host,
        remoteIP: try Self.name(&reader, numbers))
    }
    if try reader.get() {
      recipients[recipient].deferral = deferrals.add(try Deferral(&reader, numbers))
    }
    return recipient
  }

  private func write(
    _ outcome: Outcome, _ writer: inout SnapshotWriter, _ kept: inout KeptNames
  ) {
    writer.put(outcome.kind.rawValue)
    writer.put(outcome.origin.rawValue)
    writer.put(outcome.time.microseconds)
    writer.put(outcome.time.utcOffset)
    for name in [
      outcome.remoteHost, outcome.remoteIP, outcome.senderDomain, outcome.recipientDomain,
      outcome.edge, outcome.sender, outcome.reply, outcome.forwardPath,
    ] {
      kept.put(name, &writer)
    }
    writer.put(outcome.code)
    writer.put(outcome.enhanced)
    writer.put(outcome.lines)
    writer.put(outcome.distinct)
    writer.put(outcome.isSelected)
    writer.put(outcome.isFirstOfKind)
    writer.put(outcome.reason.rawValue)
  }

  private static func outcome(
    _ reader: inout SnapshotReader, _ numbers: [UInt32]
  ) throws(SnapshotReader.Damaged) -> Outcome {
    guard let kind = EventKind(rawValue: try reader.get()),
      let origin = Origin(rawValue: try reader.get())
    else { throw SnapshotReader.Damaged() }
    let microseconds: Int64 = try reader.get()
    let time = LogTime(microseconds: microseconds, utcOffset: try reader.get())
    var outcome = Outcome(kind: kind, origin: origin, time: time)
    outcome.remoteHost = try name(&reader, numbers)
    outcome.remoteIP = try name(&reader, numbers)
    outcome.senderDomain = try name(&reader, numbers)
    outcome.recipientDomain = try name(&reader, numbers)
    outcome.edge = try name(&reader, numbers)
    outcome.sender = try name(&reader, numbers)
    outcome.reply = try name(&reader, numbers)
    if reader.version >= 2 { outcome.forwardPath = try name(&reader, numbers) }
    outcome.code = try reader.get()
    outcome.enhanced = try reader.get()
    outcome.lines = try reader.get()
    outcome.distinct = try reader.get()
    outcome.isSelected = try reader.get()
    outcome.isFirstOfKind = try reader.get()
    if reader.version >= 2 {
      guard let reason = Reason(rawValue: try reader.get()) else { throw SnapshotReader.Damaged() }
      outcome.reason = reason
    }
    return outcome
  }

  /// What is kept of a sender of whom an earlier run could keep more.
  private mutating func keptSender(_ sender: UInt32) -> UInt32 {
    guard flags.needsSender, sender != 0 else { return 0 }
    return senderNumber(names.bytes(of: sender).span, wasKept: true)
  }

  /// Takes out of an outcome what an earlier run could keep and this one cannot.
  private mutating func foldLocalParts(of outcome: inout Outcome) {
    outcome.sender = keptSender(outcome.sender)
    let localParts = configuration.localParts
    guard !localParts.areKept else { return }
    let reply = localParts.kept(ofWords: names.bytes(of: outcome.reply), mayBeHash: true)
    outcome.reply = names.number(of: reply.span, foldingCase: false)
    guard outcome.forwardPath != 0 else { return }
    let path = localParts.kept(of: names.bytes(of: outcome.forwardPath).span, mayBeHash: true)
    outcome.forwardPath = names.number(of: path.span, foldingCase: false)
  }

  /// Microseconds since 1970; before version 3 it was seconds.
  private static func time(
    _ reader: inout SnapshotReader
  ) throws(SnapshotReader.Damaged) -> Int64 {
    let time: Int64 = try reader.get()
    if reader.version >= 3 || time == .min { return time }
    let (microseconds, isBeyond) = time.multipliedReportingOverflow(by: 1_000_000)
    guard !isBeyond else { throw SnapshotReader.Damaged() }
    return microseconds
  }

  /// The number here of a name that was kept.
  static func name(
    _ reader: inout SnapshotReader, _ numbers: [UInt32]
  ) throws(SnapshotReader.Damaged) -> UInt32 {
    let place = Int(try reader.get(UInt32.self))
    guard place < numbers.count else { throw SnapshotReader.Damaged() }
    return numbers[place]
  }
}

/// The names that a snapshot needs, of all that a correlator has seen.
struct KeptNames {
  private var places: [UInt32: UInt32] = [:]
  /// Their numbers in the correlator, in the order of their places, which begin with 1.
  private(set) var numbers: [UInt32] = []

  /// Writes the place of a name.
  mutating func put(_ number: UInt32, _ writer: inout SnapshotWriter) {
    guard number != 0 else { return writer.put(UInt32(0)) }
    if let place = places[number] { return writer.put(place) }
    numbers.append(number)
    let place = UInt32(numbers.count)
    places[number] = place
    writer.put(place)
  }
}

extension Deferral {
  /// Writes it behind what a snapshot has already: of the reply its codes, since its words may name people.
  func write(to writer: inout SnapshotWriter, _ kept: inout KeptNames, reason: Reason) {
    var codes = ""
    if hasReply, let reply = view.reply, let code = reply.code {
      codes = reply.enhanced.map { "\(code) \($0)" } ?? "\(code)"
    }
    writer.put(Array(codes.utf8))
    writer.put(hasReply)
    writer.put(mta.rawValue)
    writer.put(code)
    for name in [remoteHost, remoteIP, recipientDomain] { kept.put(name, &writer) }
    writer.put(reason.rawValue)
  }

  /// Reads what `write` wrote.
  init(_ reader: inout SnapshotReader, _ numbers: [UInt32]) throws(SnapshotReader.Damaged) {
    line = try reader.get()
    guard line.count < Int(UInt16.max) else { throw SnapshotReader.Damaged() }
    reply = try reader.get() ? FieldSpan(start: 0, end: UInt16(line.count)) : .absent
    command = .absent
    remotePort = .absent
    recipient = .absent
    originalRecipient = .absent
    guard let mta = MTA(rawValue: try reader.get()) else { throw SnapshotReader.Damaged() }
    self.mta = mta
    code = try reader.get()
    remoteHost = try Correlator.name(&reader, numbers)
    remoteIP = try Correlator.name(&reader, numbers)
    recipientDomain = try Correlator.name(&reader, numbers)
    guard reader.version >= 3 else { return }
    keptReason = Reason(rawValue: try reader.get())
    if keptReason == nil { throw SnapshotReader.Damaged() }
  }
}
