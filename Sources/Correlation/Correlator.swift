package import LogPatterns
package import MailTerms
package import ReplyReasons

/// Joins the records of each message into outcomes: one ordered consumer, whatever parsed the lines.
///
/// Exim's rules are those of its log (spec "Log files"): a message is known by its id, its sender by
/// `<=`, a bounce by `<= <> R=id`. Lines may come in any order and be cut off at either end. An outcome
/// whose sender is not known yet is counted when the sender appears, or as `(unknown)` when the
/// message is forgotten.
package struct Correlator: ~Copyable {
  /// How a correlator works.
  package struct Configuration: Sendable {
    /// What is asked for.
    package var selection: Selection
    /// The kinds of events to write; empty for none, which saves keeping the lines they need.
    package var events: Set<EventKind> = []
    /// Whether events are written whatever their reply code.
    package var showsEveryCode = false
    /// Whether those of deliveries are: a code that stands for none given is that of a failure.
    package var showsEveryDelivery = false
    /// Whether an event is written the moment its line is read, even if its sender is not known yet.
    package var isStreaming = false
    /// Whether a recipient counts once for each reply code, so that any code can be asked for later.
    package var countsEachCode = false
    /// Whether selected failures before the period are given too, out of scope as they are: they tell
    /// which pairs of host and domain are new.
    package var notesEarlier = false
    /// Whether outcomes carry the sender's address.
    package var needsSender = false
    /// What outcomes carry of the local parts of senders and of those in replies.
    package var localParts = LocalParts.asLogged
    /// The machine whose log it is, where the lines do not say.
    package var edge: String
    /// Why servers say no.
    package var replies: ReplyCatalog?
    /// The most messages that are kept open at a time.
    package var capacity = 500_000
    /// How long an open message is kept after its last line, in seconds of log time.
    package var retention: Int64 = 15 * 86_400

    /// Makes a configuration that writes no events.
    package init(selection: Selection, edge: String) {
      self.selection = selection
      self.edge = edge
    }
  }

  /// How many ended messages are still known, since lines can come behind `Completed`.
  package static let grace = 1024

  /// How it works.
  package let configuration: Configuration
  let flags: SelectionFlags
  /// What is known of replies, by the hash of the reply as logged.
  var replies: [UInt64: ReplyEntry] = [:]
  var classifier: ReplyClassifier
  var forwardPaths = ForwardPathReader()
  /// The names behind the numbers of the outcomes.
  package internal(set) var names = NameTable()
  /// The outcomes since they were last taken.
  package var outcomes = Slab<Outcome>(capacity: 4096)
  /// The events since they were last taken.
  package var events: [MailEvent] = []
  /// How many messages there were.
  package internal(set) var messages = 0
  /// How many of them began in which minute since 1970, where each code is counted; taken by whoever keeps it.
  package var messagesByMinute: [Int64: Int] = [:]
  /// How many messages were forgotten because too many were open at a time.
  package internal(set) var evicted = 0
  /// What became of telling the senders of messages that failed.
  package internal(set) var notices = NoticeCounts()
  /// The longest times without a line.
  package internal(set) var silences = Silences()

  var transactions = TransactionTable()
  var recipients = RecipientTable()
  var pendings = Pool<Pending>()
  /// The events of pending outcomes, by the numbers of these.
  var pendingEvents: [Int32: MailEvent] = [:]
  var deferrals = Pool<Deferral>()
  var details = Pool<Details>()
  /// Bounces that were logged before their message: by the slot of the message.
  var earlyBounces: [Int32: [MailEvent]] = [:]
  var detailReader: DetailReader
  var ended = Slab<(number: Int32, generation: UInt32)>(capacity: grace)
  var endedNext = 0
  var sweepNext: Int32 = 0
  /// The newest time of a line about a message, in microseconds since 1970.
  var newest: Int64 = .min
  /// The instances that were seen on the machines of the log.
  var instances: [UInt32] = []
  // The machine and the instance of the last line that names them, and their hash if it has both.
  private var lastEdge: UInt32 = 0
  private var lastInstance: UInt32 = 0
  private var lastSource: UInt64 = 0
  let ownEdge: UInt32
  let nullSender: UInt32
  let noDomain: UInt32
  let unknownSender: UInt32

  /// Makes a correlator for records of a catalog.
  package init(configuration: Configuration, catalog: PatternCatalog) {
    self.configuration = configuration
    flags = SelectionFlags(configuration)
    detailReader = DetailReader(catalog: catalog)
    classifier = ReplyClassifier(catalog: configuration.replies ?? .withoutOverlays)
    nullSender = names.number(of: "<>", foldingCase: false)
    noDomain = names.number(of: "(none)", foldingCase: false)
    unknownSender = names.number(of: "(unknown)", foldingCase: false)
    ownEdge = names.number(of: configuration.edge, foldingCase: false)
    lastEdge = ownEdge
  }

  private var openAtEnd: Int?

  /// How many messages that began in the period are open: known, and not ended.
  package var openMessages: Int {
    if let openAtEnd { return openAtEnd }
    var open = 0
    for number in 0..<transactions.pool.count {
      let transaction = transactions.pool[number]
      if transaction.isUsed, transaction.isInPeriod, !transaction.isCompleted { open += 1 }
    }
    return open
  }

  /// Takes the records of some lines.
  ///
  /// - Parameters:
  ///   - batch: the records, in the order of their lines; inout like each of them on its way, since a
  ///     record is too large to be copied.
  ///   - block: the lines.
  ///   - assembler: makes records of lines that are parts or repetitions of others.
  package mutating func receive(
    _ batch: inout RecordBatch, of block: Span<UInt8>, through assembler: inout RecordAssembler
  ) {
    // Names and messages stand far apart in memory; they are loaded while others are counted.
    let count = batch.records.count
    for index in 0..<min(16, count) { prefetchPlaces(&batch.records[index]) }
    for index in 0..<min(8, count) { prefetchEntries(&batch.records[index]) }
    for index in 0..<count {
      if index + 16 < count { prefetchPlaces(&batch.records[index + 16]) }
      if index + 8 < count { prefetchEntries(&batch.records[index + 8]) }
      if batch.records[index].isSilent {
        silences.note(batch.records[index].time)
        continue
      }
      if batch.records[index].standsAlone {
        let line = block.extracting(batch.records[index].lineRange)
        receive(&batch.records[index], line: line)
        continue
      }
      if !batch.records[index].isUnpacked {
        let line = block.extracting(batch.records[index].lineRange)
        if assembler.passes(&batch.records[index], line: line) {
          receive(&batch.records[index], line: line)
          continue
        }
      } else {
        // Its line stands in the batch too.
        var record = batch.records[index]
        let line = batch.line(at: index, in: block).copy
        if assembler.passes(&record, line: line.span) {
          receive(&record, line: line.span)
          continue
        }
      }
      let record = batch.records[index]
      let line = batch.line(at: index, in: block)
      receive(assembler.made(of: record, line: line, at: index, in: batch, block))
    }
    assembler.keepLast(of: batch, block)
  }

  /// Begins to load the places in the tables where a record's name and message are found, and then these.
  @inline(__always) private mutating func prefetchPlaces(_ record: inout Record) {
    names.prefetch(placeOf: record.nameHash)
    transactions.prefetch(placeOf: record.idHash, edge: lastEdge, instance: lastInstance)
  }
  @inline(__always) private mutating func prefetchEntries(_ record: inout Record) {
    names.prefetch(bytesOf: record.nameHash)
    transactions.prefetch(messageOf: record.idHash, edge: lastEdge, instance: lastInstance)
  }

  /// Ends the log: lines and messages that are still incomplete are counted as they are.
  package mutating func finish(_ assembler: inout RecordAssembler) {
    receive(assembler.finish())
    finish()
  }

  /// Takes records that were made of other lines.
  package mutating func receive(_ made: [RecordAssembler.Made]) {
    for made in made {
      var record = made.record
      receive(&record, line: made.line.span)
    }
  }

  /// Takes one record and its line.
  package mutating func receive(_ record: inout Record, line: Span<UInt8>) {
    silences.note(record.time)
    switch record.kind {
    case .ignore, .attempt, .fragment, .repeated, .repeatedLast, .lost, .unrecognised: return
    default: break
    }
    let isLastSource = record.sourceHash != 0 && record.sourceHash == lastSource
    let edge =
      isLastSource
      ? lastEdge : record[.edge].isPresent ? edge(of: &record, line: line) : ownEdge
    if record.id == .none {
      // A client that was refused before its message had an id.
      switch record.kind {
      case .rejected, .callout: receiveSession(&record, line: line, edge: edge)
      default: break
      }
      return
    }
    let instance =
      isLastSource
      ? lastInstance : record[.instance].isPresent ? instance(of: &record, line: line) : 0
    if case .completed = record.kind {
      complete(&record, line: line, edge: edge, instance: instance)
      return
    }
    if instance != 0, !isLastSource { note(instance: instance) }
    let number = message(of: &record, line: line, edge: edge, instance: instance)
    note(record.time, of: number)
    if !transactions[number].isCounted,
      Self.showsMessage(record.kind, hasBegun: transactions[number].hasBegun)
    {
      transactions[number].isCounted = true
      if !flags.hasGlob, !flags.hasPeriod || configuration.selection.includes(record.time) {
        transactions[number].isInPeriod = true
        messages += 1
        if configuration.countsEachCode {
          messagesByMinute[floorDivide(record.time.seconds, 60), default: 0] += 1
        }
      }
    }
    switch record.kind {
    case .received, .begun, .described: receiveArrival(&record, line: line, number)
    case .expired: receiveExpiry(&record, line: line, number)
    case .notified: receiveNotification(&record, line: line, number)
    case .senderChanged: setSender(of: number, &record, line: line, from: .change)
    case .delivered, .deferred, .failed: receiveOutcome(&record, line: line, number)
    case .rejected, .callout:
      receiveOutcome(&record, line: line, number)
      noteRefused(&record, line: line, number)
    case .ignore, .attempt, .completed, .fragment, .repeated, .repeatedLast, .lost, .unrecognised:
      break
    }
  }

  private mutating func edge(of record: inout Record, line: Span<UInt8>) -> UInt32 {
    lastSource = 0
    return names.number(of: line.extracting(record[.edge].range), probably: &lastEdge)
  }

  private mutating func instance(of record: inout Record, line: Span<UInt8>) -> UInt32 {
    lastSource = record.sourceHash
    return names.number(of: line.extracting(record[.instance].range), probably: &lastInstance)
  }

  /// What is kept of the address that a message's own line gives as its sender.
  mutating func ownSender(of address: Span<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: recipients.hash(of: address)) | 1
  }

  @inline(__always) mutating func note(_ time: LogTime, of number: Int32) {
    if transactions[number].lastSeen < time.microseconds {
      transactions[number].lastSeen = time.microseconds
    }
    if newest < time.microseconds { newest = time.microseconds }
  }

  /// Remembers the instances of an MTA that were seen: a message can go from one to another.
  private mutating func note(instance: UInt32) {
    if instance != instances.last, !instances.contains(instance), instances.count < 64 {
      instances.append(instance)
    }
  }

  /// Ends the log: what still waits for a sender is counted as `(unknown)`.
  package mutating func finish() {
    for number in 0..<transactions.pool.count where transactions.pool[number].isUsed {
      settlePending(of: Int32(number))
    }
    // The report needs the memory more.
    openAtEnd = openMessages
    transactions = TransactionTable()
    recipients = RecipientTable()
  }

  /// Whether a line shows that a message is ours to deliver: not where a client was refused, a probe was answered,
  /// or a bounce was made for a message of which this part of the log says nothing else.
  ///
  /// Nor where a client has begun one: Postfix gives it an id with the first recipient that it takes, and has no
  /// word for the end of one that got no content (smtpd(8), before 3.10), as of those who only ask for an address;
  /// and what bounce(8) began, but nobody wants to be told (NOTIFY=NEVER), has nothing but a Message-ID.
  private static func showsMessage(_ kind: RecordKind, hasBegun: Bool) -> Bool {
    switch kind {
    case .rejected, .callout, .notified, .begun: false
    case .described: hasBegun
    default: true
    }
  }

  // MARK: Messages that begin

  private mutating func receiveArrival(_ record: inout Record, line: Span<UInt8>, _ number: Int32) {
    if flags.wantsEvents { addDetail(&record, line: line, to: number) }
    switch record.kind {
    case .begun:
      transactions[number].hasBegun = true
      transactions[number].client = client(of: line.extracting(record[.remoteIP].range))
      guard record[.firstID].isPresent,
        let first = MessageID(line.extracting(record[.firstID].range))
      else { return }
      transactions[number].first = Self.hash(of: first)
      guard let known = find(first, beside: number) else { return }
      link(number, to: known)
      // What no client hands in again was requeued here, and has left the queue under its first id.
      if !record[.remoteIP].isPresent { end(known) }
    case .described: return
    default:
      setSender(of: number, &record, line: line, from: .ownLine)
      guard record[.parentID].isPresent,
        let parent = MessageID(line.extracting(record[.parentID].range))
      else { return }
      receiveBounce(&record, line: line, number, of: parent)
    }
  }

  /// What is kept of the id of a message that goes on under another one; the same in each process.
  static func hash(of id: MessageID) -> UInt32 {
    UInt32(truncatingIfNeeded: XXHash64.hash(Array(id.text.utf8).span)) | 1
  }

  /// What is kept of the address from which a message came.
  mutating func client(of address: Span<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: recipients.hash(of: address))
  }

  /// Where a sender is told, from the least to the most reliable.
  enum SenderSource {
    /// On a line about a recipient: before it is changed on its way in, or by somebody who tried to.
    case outcome
    /// On the line with which the MTA takes the message in: what bounces go to.
    case ownLine
    /// By hand, later.
    case change
  }

  /// Sets what the line tells of the sender, and counts what waited for it.
  mutating func setSender(
    of number: Int32, _ record: inout Record, line: Span<UInt8>, from source: SenderSource
  ) {
    let address = line.extracting(record[.sender].range)
    switch source {
    case .outcome: guard transactions[number].senderDomain == 0 else { return }
    case .ownLine:
      guard transactions[number].ownSender == 0 else { return }
      // Exim uses no id twice, so that its line is the only one.
      transactions[number].ownSender = record.mta.isPostfix ? ownSender(of: address) : 1
    case .change: transactions[number].ownSender = 1
    }
    transactions[number].senderDomain =
      record.senderDomain.isPresent
      ? names.number(
        of: line.extracting(record.senderDomain.range), hash: record.nameHash, foldingCase: true)
      : senderDomain(of: address)
    if flags.needsSender {
      transactions[number].sender =
        address.isEmpty ? nullSender : senderNumber(address)
    }
    if case .change = source, transactions[number].details >= 0 {
      details[transactions[number].details].changedSender = RecordView(record, line: line).sender
    } else if case .outcome = source, flags.wantsEvents {
      if transactions[number].details < 0 { transactions[number].details = details.add(Details()) }
      details[transactions[number].details].toldSender = RecordView(record, line: line).sender
    }
    if transactions[number].pending >= 0 { settlePending(of: number) }
  }

  /// The number of what is kept of a sender's address.
  ///
  /// - Parameter wasKept: whether an earlier run kept it.
  mutating func senderNumber(_ address: Span<UInt8>, wasKept: Bool = false) -> UInt32 {
    if configuration.localParts.areKept { return names.number(of: address, foldingCase: true) }
    let isNull = address.count == 2 && address[0] == UInt8(ascii: "<")
    return isNull
      ? nullSender
      : names.number(
        of: configuration.localParts.kept(of: address, mayBeHash: wasKept).span, foldingCase: true)
  }

  mutating func senderDomain(of address: Span<UInt8>) -> UInt32 {
    if address.isEmpty || (address.count == 2 && address[0] == UInt8(ascii: "<")) {
      return nullSender
    }
    guard let domain = Address.domain(of: address) else { return noDomain }
    return names.number(of: address.extracting(domain), foldingCase: true)
  }
}
