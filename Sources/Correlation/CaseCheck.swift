package import LogPatterns
package import MailTerms
internal import PatternFiles

/// Holds the cases of pattern files, logs of several lines, against the events that they must give.
package struct CaseCheck: ~Copyable {
  private let catalog: PatternCatalog
  private let clock: TimeReader
  /// How many cases were tried.
  package private(set) var count = 0
  /// What is wrong.
  package private(set) var problems: [PatternProblem] = []

  /// Makes a check.
  package init(catalog: PatternCatalog, clock: TimeReader) {
    self.catalog = catalog
    self.clock = clock
  }

  /// Tries all of them.
  package mutating func run() {
    for file in catalog.files {
      for aCase in file.cases { check(aCase) }
    }
  }

  private mutating func check(_ aCase: PatternCase) {
    count += 1
    let events = events(of: aCase.log)
    func problem(_ message: String) -> PatternProblem {
      PatternProblem(
        file: aCase.file, position: aCase.position, pattern: aCase.name, message: message)
    }
    guard events.count == aCase.expected.count else {
      let got = events.map { $0.value(named: "event") ?? "" }.joined(separator: ", ")
      problems.append(
        problem("\(events.count) events, not \(aCase.expected.count): \(got)"))
      return
    }
    for (index, (event, wanted)) in zip(events, aCase.expected).enumerated() {
      for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
        let got = event.value(named: name) ?? ""
        if got != value {
          problems.append(
            problem("event \(index + 1): \(name) is \"\(got)\", not \"\(value)\""))
        }
      }
    }
  }

  /// Every event of a log, whatever its code.
  private func events(of log: String) -> [MailEvent] {
    var configuration = Correlator.Configuration(
      selection: Selection(codes: .everything), edge: "localhost")
    configuration.events = Set(EventKind.allCases)
    configuration.showsEveryCode = true
    var correlator = Correlator(configuration: configuration, catalog: catalog)
    var parser = RecordParser(catalog: catalog, clock: clock)
    var assembler = RecordAssembler(catalog: catalog, clock: clock)
    var batch = RecordBatch()
    let lines = Array(log.utf8)
    var next = 0
    while next < lines.count {
      batch.removeAll()
      parser.parse(lines.span, from: &next, into: &batch)
      correlator.receive(&batch, of: lines.span, through: &assembler)
    }
    batch.removeAll()
    parser.parseRest(into: &batch)
    correlator.receive(&batch, of: lines.span, through: &assembler)
    correlator.finish(&assembler)
    return correlator.events
  }
}

extension MailEvent {
  /// A field by its name in JSON, as text; nil for null and for a name that is no field.
  package func value(named name: String) -> String? {
    switch name {
    case "event": kind.word.string
    case "event_id": eventID
    case "time": time.isKnown ? time.rfc3339 : nil
    case "edge": edge
    case "mta": mta.word
    case "message_id": messageID
    case "origin": origin?.word.string
    case "sender": sender
    case "sender_domain": senderDomain
    case "recipient": recipient
    case "recipient_domain": recipientDomain
    case "original_recipient": originalRecipient
    case "remote_host": remoteHost
    case "remote_ip": remoteIP
    case "remote_port": remotePort.map(String.init)
    case "command": command?.word.string
    case "code": reply?.code.map(String.init)
    case "enhanced": reply?.enhanced?.description
    case "reply": reply.map { String(decoding: $0.text, as: UTF8.self) }
    case "reason": reason.word
    case "nature": nature.word
    case "forward_path": forwardPath
    case "arrived_at": arrivedAt?.rfc3339
    case "client_host": clientHost
    case "client_ip": clientIP
    case "authenticated_user": authenticatedUser
    case "size": size.map(String.init)
    case "header_message_id": headerMessageID
    case "subject": subject
    case "parent_id": parentID
    case "bounce_id": bounceID
    case "remote_queue_id": remoteQueueID
    case "attempts": String(attempts)
    case "lines": String(lines)
    default: nil
    }
  }
}
