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

/// An outcome that waits for its message's sender, and the event to write then.
struct Pending: Sendable {
  var outcome: Outcome
  var recipient: Int32
  var event: MailEvent?
  var next: Int32
}

/// The last deferral with a reply: the cause, if retries give up.
struct Deferral: Sendable {
  /// The reply as logged, and what it answered.
  var reply: [UInt8]
  var command: SMTPCommand?
  var code: UInt16
  var remoteHost: UInt32
  var remoteIP: UInt32
  var remotePort: Int?
}

/// A message's arrival as it was logged, for the events about it.
struct Details: Sendable {
  var record: Record
  var line: [UInt8]
  /// The sender that an administrator set later.
  var changedSender: String?

  init(_ record: Record, line: Span<UInt8>) {
    self.record = record
    self.line = []
    self.line.reserveCapacity(line.count)
    for index in line.indices { self.line.append(line[index]) }
  }
}
