internal import LogPatterns
internal import MailTerms

/// Values with numbers that are used again.
struct Pool<Element>: ~Copyable {
  private var elements: ContiguousArray<Element?> = []
  private var free: [Int32] = []

  /// Puts a value in and gives its number.
  mutating func add(_ element: Element) -> Int32 {
    if let number = free.popLast() {
      elements[Int(number)] = element
      return number
    }
    elements.append(element)
    return Int32(elements.count - 1)
  }

  /// Takes a value out; its number may be given again.
  mutating func remove(_ number: Int32) {
    elements[Int(number)] = nil
    free.append(number)
  }

  subscript(_ number: Int32) -> Element {
    get {
      guard let element = elements[Int(number)] else { preconditionFailure("number not in use") }
      return element
    }
    set { elements[Int(number)] = newValue }
  }
}

/// An outcome that waits for its message's sender; the event to write then is kept apart.
struct Pending: Sendable {
  var outcome: Outcome
  var recipient: Int32
  var next: Int32
}

/// The last deferral, if there was one the last with a reply: the cause, if retries give up.
struct Deferral: Sendable {
  /// The line as logged, and where in it the reply, the command and the port stand.
  let line: [UInt8]
  let reply: FieldSpan
  let command: FieldSpan
  let remotePort: FieldSpan
  let recipient: FieldSpan
  let originalRecipient: FieldSpan
  let mta: MTA
  let code: UInt16
  let remoteHost: UInt32
  let remoteIP: UInt32

  init(
    _ record: Record, line: Span<UInt8>, _ outcome: Outcome, remoteIP: UInt32,
    recipientDomain: UInt32
  ) {
    self.line = line.copy
    reply = record[.reply]
    command = record[.command]
    remotePort = record[.remotePort]
    recipient = record[.recipient]
    originalRecipient = record[.originalRecipient]
    mta = record.mta
    code = outcome.code
    remoteHost = outcome.remoteHost
    self.remoteIP = remoteIP
    self.recipientDomain = recipientDomain
  }

  /// The number of the recipient's domain.
  let recipientDomain: UInt32
  /// Why the server said no, of a deferral of which only the codes were kept.
  var keptReason: Reason?
  /// Whether a server answered.
  var hasReply: Bool { reply.isPresent }

  /// The fields of the cause as values.
  var view: RecordView {
    @_lifetime(borrow self) get {
      var record = Record()
      record.mta = mta
      record[.reply] = reply
      record[.command] = command
      record[.remotePort] = remotePort
      record[.recipient] = recipient
      record[.originalRecipient] = originalRecipient
      return RecordView(record, line: line.span)
    }
  }
}

/// What the lines of a message's arrival told, for the events about it.
struct Details: Sendable {
  /// One of these lines.
  struct Piece: Sendable {
    var record: Record
    var line: [UInt8]
  }

  /// The lines in their order, of each kind the first; Exim has one, Postfix up to three.
  var pieces: [Piece] = []
  /// Those of the message that this one was before it went through a content filter or an alias.
  var first: [Piece] = []
  /// The sender as a line about a recipient told it, where none of these lines does.
  var toldSender: String?
  /// The sender that an administrator set later.
  var changedSender: String?
  /// The message that this one tells of.
  var parentID: String?

  mutating func add(_ record: Record, line: Span<UInt8>) {
    if pieces.contains(where: { $0.record.kind == record.kind }) { return }
    pieces.append(Piece(record: record, line: line.copy))
  }
}
