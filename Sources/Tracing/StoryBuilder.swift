internal import Correlation
package import LogPatterns
package import MailTerms

/// Makes stories of the lines that a search found.
package struct StoryBuilder: ~Copyable {
  private struct Key: Hashable {
    var edge: String
    var id: String
    /// The instance of Postfix under whose name a line tells of the message's arrival; nil for any.
    var instance: String?
  }

  /// A recipient of a message; nil where a line names none.
  private struct Owner: Hashable {
    var message: Int
    var recipient: String?
  }

  /// Some lines of a message.
  private enum LineGroup: Hashable {
    case naming(String?)
    case all
  }

  /// What an event's id is made of, but for the line, and the lines it is looked for in.
  private struct EventLikeness: Hashable {
    var message: Int
    var edge: String
    var recipient: String?
    var kind: EventKind
    var lines: Int
    var group: LineGroup
  }

  /// The lines by the ids that events would have if they stood for them.
  private struct EventLines {
    var places: [String: Int] = [:]
    /// How many lines of the group are in it already.
    var hashed = 0
  }

  private let query: TraceQuery
  private let options: TraceSearch.Options
  private let lines: [TracedLine]
  private let ids: Set<String>
  private let hits: Set<MessageID>
  private let edge: String
  /// Reads lines for the messages; the other one reads them for the correlator.
  private var reader: RecordParser
  private var parser: RecordParser
  private var details: DetailReader
  private var assembler: RecordAssembler
  private var correlator: Correlator
  private var batch = RecordBatch()
  private var messages: [TracedMessage] = []
  /// The newest message of each id, and of each id in an instance.
  private var places: [Key: Int] = [:]
  /// The lines of each message by the recipient they name.
  private var naming: [Owner: [Int]] = [:]
  private var eventLines: [EventLikeness: EventLines] = [:]

  /// Makes a builder.
  ///
  /// - Parameter edge: the machine whose logs they are, where the lines do not say.
  package init(
    _ query: TraceQuery, _ findings: TraceSearch.Findings, options: TraceSearch.Options,
    edge: String, catalog: PatternCatalog, clock: TimeReader
  ) {
    self.query = query
    self.options = options
    self.edge = edge
    lines = findings.lines
    hits = findings.hits
    ids = Set(findings.lines.compactMap { $0.id?.text })
    reader = RecordParser(catalog: catalog, clock: clock)
    parser = RecordParser(catalog: catalog, clock: clock)
    details = DetailReader(catalog: catalog)
    assembler = RecordAssembler(catalog: catalog, clock: clock)
    var configuration = Correlator.Configuration(
      selection: Selection(codes: .everything), edge: edge)
    configuration.events = Set(EventKind.allCases)
    configuration.showsEveryCode = true
    correlator = Correlator(configuration: configuration, catalog: catalog)
  }

  /// The stories that answer the query, the newest last.
  package mutating func stories() -> [Story] {
    var reference: Int64?
    for place in lines.indices {
      if lines[place].reference != reference {
        reference = lines[place].reference
        reader.setReference(lines[place].reference)
        parser.setReference(lines[place].reference)
        assembler.setReference(lines[place].reference)
      }
      let message = take(place)
      correlate(place, message)
    }
    correlator.finish(&assembler)
    drain(nil, nil)
    for place in messages.indices {
      // What counts as delivered, because no message goes on from it, was not passed on.
      let outcomes = Set(messages[place].steps.filter(\.isOutcome).map(\.line))
      messages[place].steps.removeAll { $0.isPassedOn && outcomes.contains($0.line) }
      // Lines of one second stay in the order of the log.
      messages[place].steps.sort { a, b in
        a.time.isKnown && b.time.isKnown && a.time != b.time ? a.time < b.time : a.line < b.line
      }
    }
    // Where the id is a message's own, others that name it are no answers.
    if query.isID, messages.contains(where: { $0.id == query.text }) {
      for place in messages.indices where messages[place].id != query.text {
        messages[place].isHit = false
      }
    }
    var linker = StoryLinker(messages, followsLinks: options.followsLinks)
    return linker.stories()
  }

  // MARK: Outcomes

  private mutating func correlate(_ place: Int, _ message: Int?) {
    let block = lines[place].bytes + [10]
    batch.removeAll()
    var next = 0
    parser.parse(block.span, from: &next, into: &batch)
    correlator.receive(&batch, of: block.span, through: &assembler)
    correlator.outcomes.removeAll()
    drain(place, message)
  }

  private mutating func drain(_ place: Int?, _ message: Int?) {
    let events = correlator.events
    correlator.events.removeAll()
    for event in events {
      var owner = message
      if let message, event.messageID != messages[message].id { owner = nil }
      if owner == nil, let id = event.messageID { owner = places[Key(edge: event.edge, id: id)] }
      guard let owner else { continue }
      let line = self.line(of: event, owner) ?? place ?? lines.count
      messages[owner].steps.append(.init(time: event.time, event: .outcome(event), line: line))
    }
  }

  /// The line that an event stands for: it can come out later than its line went in.
  private mutating func line(of event: MailEvent, _ message: Int) -> Int? {
    if let newest = messages[message].lines.last, id(of: event, on: newest) == event.eventID {
      return newest
    }
    // All the events of a long-lived message can come out at the end, and a scan for each would take
    // quadratic time: each line is hashed once for all the events that differ in their lines alone, and
    // lines that name another recipient only where no other line is the one.
    for group in [LineGroup.naming(event.recipient), .naming(nil), .all] {
      let places =
        switch group {
        case .naming(let recipient): naming[Owner(message: message, recipient: recipient)] ?? []
        case .all: messages[message].lines
        }
      let like = EventLikeness(
        message: message, edge: event.edge, recipient: event.recipient, kind: event.kind,
        lines: event.lines, group: group)
      for place in places[(eventLines[like]?.hashed ?? 0)...] {
        let id = id(of: event, on: place)
        eventLines[like, default: EventLines()].places[id] = place
      }
      eventLines[like]?.hashed = places.count
      if let place = eventLines[like]?.places[event.eventID] { return place }
    }
    return nil
  }

  private func id(of event: MailEvent, on place: Int) -> String {
    let bytes = lines[place].bytes
    return correlator.eventID(of: event, line: bytes.span, lines: UInt32(clamping: event.lines))
  }

  // MARK: Messages

  /// Notes what a line says of its message; gives the message's place.
  private mutating func take(_ place: Int) -> Int? {
    let line = lines[place]
    let found = reader.record(of: line.bytes.span)
    if let found, let inner = FileSearch.inner(found, line.bytes.span) {
      // Its repetitions or its other parts come out of the assembler.
      if var record = reader.record(of: inner.span) {
        record[.partMark] = found[.partMark]
        return take(place, record, inner.span)
      }
    }
    return take(place, found, line.bytes.span)
  }

  private mutating func take(_ place: Int, _ found: Record?, _ line: Span<UInt8>) -> Int? {
    var record = found ?? Record()
    if found != nil { details.complete(&record, line: line) }
    let view = RecordView(record, line: line)
    let isHit =
      found != nil && query.matches(record, line: line) && options.includes(record.time)
    guard let id = lines[place].id ?? MessageID(line.extracting(record[.messageID].range)) else {
      var session = TracedMessage(id: nil, mta: record.mta, edge: view.text(.edge) ?? edge)
      session.isHit = isHit
      // What a client does without a message is over with its line.
      session.state = .completed
      session.lines = [place]
      messages.append(session)
      return messages.count - 1
    }
    let message = message(id, record, view, isKnown: found != nil)
    messages[message].lines.append(place)
    naming[Owner(message: message, recipient: view.recipient), default: []].append(place)
    // What a part of a split line says is known of the whole alone.
    if isHit || (record[.partMark].isPresent && hits.contains(id)) {
      messages[message].isHit = true
    }
    for link in Link.all(record, line, withHops: options.followsHops)
    where !messages[message].links.contains(link) {
      messages[message].links.append(link)
    }
    note(record, view, line, id, place, message, isRecognised: found != nil)
    return message
  }

  /// The message of an id, or a new one; Postfix gives its short ids again.
  ///
  /// Two instances of one machine can have the same id. A line is of the message that began under its
  /// instance's name, or else of the newest one: a transport may have a name of its own (`-o syslog_name`), and
  /// the queue manager alone tells in which instance a message is.
  private mutating func message(
    _ id: MessageID, _ record: Record, _ view: RecordView, isKnown: Bool
  ) -> Int {
    let text = id.text
    let edge = view.text(.edge) ?? edge
    let instance = record.mta.isPostfix ? view.text(.instance) : nil
    let key = Key(edge: edge, id: text)
    let own = Key(edge: edge, id: text, instance: instance)
    let isArrival =
      switch record.kind {
      case .begun, .described, .received: true
      default: false
      }
    let isQueued = record.kind == .received && instance != nil
    if let known = places[own] ?? places[key]
      ?? (isKnown ? nil : places.first { $0.key.id == text }?.value),
      !isQueued || messages[known].queue == nil || messages[known].queue == instance
    {
      let isEnded = messages[known].state != .open && messages[known].state != .frozen
      let isAnother =
        switch record.kind {
        case .begun: isEnded || messages[known].hasBegun
        case .described, .received: isEnded
        default: false
        }
      guard record.mta.isPostfix, isAnother, !text.utf8.contains(UInt8(ascii: "z")) else {
        if isArrival { places[own] = known }
        if isQueued { messages[known].queue = instance }
        return known
      }
    }
    messages.append(TracedMessage(id: text, mta: record.mta, edge: edge))
    places[key] = messages.count - 1
    if isArrival { places[own] = messages.count - 1 }
    if isQueued { messages[messages.count - 1].queue = instance }
    return messages.count - 1
  }

  private mutating func note(
    _ record: Record, _ view: RecordView, _ line: Span<UInt8>, _ id: MessageID, _ place: Int,
    _ message: Int, isRecognised: Bool
  ) {
    func step(_ event: TracedMessage.Step.Event) {
      messages[message].steps.append(.init(time: record.time, event: event, line: place))
    }
    guard isRecognised else { return step(.note(rest(line, behind: id))) }
    switch record.kind {
    case .received, .begun, .described:
      let isFirst = messages[message].receivedAt == nil
      noteArrival(record, view, message)
      if isFirst { step(.received) }
    case .completed:
      switch messages[message].state {
      case .open, .frozen, .held, .completed: messages[message].state = .completed
      case .removed, .cancelled, .discarded: break
      }
      step(.completed)
    case .attempt: step(.attempt(rest(line, behind: id)))
    case .delivered where record[.nextID].isPresent:
      guard let next = view.text(.nextID), knows(next) else { return }
      let address = view.recipient.map { "\($0) " } ?? ""
      step(.passedOn("\(address)as \(next)"))
    case .ignore, .senderChanged:
      let text = rest(line, behind: id)
      if let state = TracedMessage.state(noted: Array(text.utf8)) {
        messages[message].state = state
      }
      step(.note(text))
    default: break
    }
  }

  /// Whether there are lines of an id.
  private func knows(_ id: String) -> Bool { ids.contains(id) }

  private mutating func noteArrival(_ record: Record, _ view: RecordView, _ place: Int) {
    if case .begun = record.kind { messages[place].hasBegun = true }
    if messages[place].receivedAt == nil { messages[place].receivedAt = record.time }
    if case .received = record.kind { messages[place].sender = view.sender ?? "<>" }
    if messages[place].clientIP == nil, messages[place].clientHost == nil {
      messages[place].clientHost = view.clientHost
      messages[place].clientIP = view.clientIP
    }
    let message = messages[place]
    messages[place].authenticatedUser = message.authenticatedUser ?? view.text(.authenticatedUser)
    messages[place].size = view.text(.size).flatMap { Int($0) } ?? message.size
    messages[place].headerMessageID = message.headerMessageID ?? view.text(.headerMessageID)
    messages[place].subject = message.subject ?? view.value(named: "subject")
  }

  /// What a line says behind its message's id.
  private func rest(_ line: Span<UInt8>, behind id: MessageID) -> String {
    let bytes = line.copy
    let needle = Needle(id)
    let start = unsafe bytes.withUnsafeBufferPointer { unsafe needle.find(in: $0, from: 0) } ?? 0
    let text = bytes[min(bytes.count, start + id.text.utf8.count)...]
      .drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") }
    return String(decoding: Escapes.decode(text), as: UTF8.self)
  }
}
