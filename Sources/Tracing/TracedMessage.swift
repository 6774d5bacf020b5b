package import Correlation
package import MailTerms

/// One message as its lines tell it.
package struct TracedMessage: Sendable {
  /// What another message is to this one.
  package struct Relation: Sendable, Hashable {
    /// The word in JSON: `bounce`, `bounce_of`, `next`, `previous`, `next_hop`, `previous_hop`.
    package var word: StaticString { kind.word }
    /// The other message's id.
    package var messageID: String
    /// The other message's place in its story; nil where no line of it was found.
    package var place: Int?

    let kind: Link.Kind

    /// Whether the other message is a bounce that tells of this one.
    package var isBounce: Bool { kind == .bounce }
    /// Whether this message is a bounce that tells of the other one.
    package var isParent: Bool { kind == .parent }
  }

  /// One step of the message's way.
  package struct Step: Sendable {
    /// What happened.
    package enum Event: Sendable {
      /// It came in.
      case received
      /// A recipient's fate, or the bounce.
      case outcome(MailEvent)
      /// A try at a host that decided nothing.
      case attempt(String)
      /// It goes on under another id here.
      case passedOn(String)
      /// What else a line says, such as that the message is frozen.
      case note(String)
      /// The server forgot it.
      case completed
    }

    /// The line's time.
    package var time: LogTime
    /// What it says.
    package var event: Event
    /// The line's place among those that were found.
    var line: Int

    var isOutcome: Bool { if case .outcome = event { true } else { false } }
    var isPassedOn: Bool { if case .passedOn = event { true } else { false } }
  }

  /// How far a message has come.
  package enum State: String, Sendable {
    case open, completed, frozen, held, removed, cancelled, discarded
  }

  /// The id; nil for a client that was refused before there was one.
  package var id: String?
  /// Which MTA, on which machine.
  package var mta: MTA
  package var edge: String
  /// Whether the query is answered by a line of its own.
  package var isHit = false
  /// What the lines of its arrival told.
  package var receivedAt: LogTime?
  package var sender: String?
  package var clientHost: String?
  package var clientIP: String?
  package var authenticatedUser: String?
  package var size: Int?
  package var headerMessageID: String?
  package var subject: String?
  /// The messages that belong to it.
  package var relations: [Relation] = []
  /// Its way, in the order of time.
  package var steps: [Step] = []
  /// Its lines as logged, by their places among all that were found.
  package var lines: [Int] = []
  package var state = State.open

  var links: [Link] = []
  var hasBegun = false
  /// The instance of Postfix whose queue manager has it.
  var queue: String?

  init(id: String?, mta: MTA, edge: String) {
    self.id = id
    self.mta = mta
    self.edge = edge
  }

  /// The outcomes.
  package var events: [MailEvent] {
    steps.compactMap { step in
      if case .outcome(let event) = step.event { event } else { nil }
    }
  }

  /// The time of its first line that has one.
  package var first: LogTime { steps.map(\.time).filter(\.isKnown).min() ?? .unknown }

  /// What became of it, in one word.
  package var fate: String {
    switch state {
    case .frozen, .held, .removed, .cancelled, .discarded: return state.rawValue
    case .open, .completed: break
    }
    let kinds = Set(events.map(\.kind))
    if kinds.contains(.failed) {
      return kinds.contains(.delivered) ? "delivered, failed" : "failed"
    }
    if kinds.contains(.delivered) { return "delivered" }
    if kinds.contains(.deferred) { return "deferred" }
    if kinds.contains(.rejected) { return "rejected" }
    if kinds.contains(.callout) { return "callout answered" }
    return steps.contains(where: \.isPassedOn) ? "passed on" : state.rawValue
  }

  /// What a note says of how far the message has come; nil for one that says nothing of it.
  static func state(noted text: [UInt8]) -> State? {
    let words: [(StaticString, State)] = [
      ("Frozen", .frozen), ("frozen by", .frozen), ("Message is frozen", .frozen),
      ("Unfrozen", .open), ("unfrozen by", .open), ("removed by", .removed),
      ("cancelled by", .cancelled), ("placed on hold", .held), ("released from hold", .open),
      ("undeliverable postmaster notification discarded", .discarded),
    ]
    for (word, state) in words where text.starts(with: word.string.utf8) { return state }
    // Exim drops the failure of a bounce whose sender is nobody (src/deliver.c).
    return Needle(Array(": error ignored".utf8), foldsCase: false, isWord: false)
      .isContained(in: text) ? .discarded : nil
  }
}

extension Link.Kind {
  /// What the named message is, in JSON.
  var word: StaticString {
    switch self {
    case .bounce: "bounce"
    case .parent: "bounce_of"
    case .next: "next"
    case .first: "previous"
    case .hop: "next_hop"
    case .hopFrom: "previous_hop"
    }
  }
}

/// Messages that belong together: a mail, its bounces, and what it was under other ids.
package struct Story: Sendable {
  /// The messages, the earliest first.
  package var messages: [TracedMessage]

  /// The one that the query is about: the first answer.
  package var subject: TracedMessage? { messages.first(where: \.isHit) ?? messages.first }
}

extension Story {
  /// Whether one of its messages has an outcome that is chosen.
  package func hasOutcome(in selection: Selection) -> Bool {
    messages.contains { message in
      message.steps.contains { step in
        if case .outcome(let event) = step.event { selection.chooses(event) } else { false }
      }
    }
  }
}
