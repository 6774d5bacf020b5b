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

/// The last deferral with a reply: the cause, if retries give up.
struct Deferral: Sendable {
  /// The line as logged, and where in it the reply, the command and the port stand.
  private let line: [UInt8]
  private let reply: FieldSpan
  private let command: FieldSpan
  private let remotePort: FieldSpan
  let code: UInt16
  let remoteHost: UInt32
  let remoteIP: UInt32

  init(_ record: Record, line: Span<UInt8>, _ outcome: Outcome, remoteIP: UInt32) {
    self.line = Details.copy(of: line)
    reply = record[.reply]
    command = record[.command]
    remotePort = record[.remotePort]
    code = outcome.code
    remoteHost = outcome.remoteHost
    self.remoteIP = remoteIP
  }

  /// The fields of the cause as values.
  var view: RecordView {
    @_lifetime(borrow self) get {
      var record = Record()
      record[.reply] = reply
      record[.command] = command
      record[.remotePort] = remotePort
      return RecordView(record, line: line.span)
    }
  }
}

/// A message's arrival as it was logged, for the events about it.
struct Details: Sendable {
  var record: Record
  var line: [UInt8]
  /// The sender that an administrator set later.
  var changedSender: String?

  init(_ record: Record, line: Span<UInt8>) {
    self.record = record
    self.line = Self.copy(of: line)
  }

  /// The bytes of a line, for as long as they are needed.
  static func copy(of line: Span<UInt8>) -> [UInt8] {
    unsafe line.withUnsafeBufferPointer { bytes in unsafe Array(bytes) }
  }
}
