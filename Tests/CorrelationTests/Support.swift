import Aggregation
import Correlation
import LogPatterns
import MailTerms
import Reporting
import Testing

/// What a log came to: its events, and every figure of its tally as one line of text, sorted.
struct Story: Equatable {
  var events: [MailEvent] = []
  var figures: [String] = []
  var messages = 0
  var evicted = 0
  var open = 0
  var notices = NoticeCounts()

  static func == (a: Story, b: Story) -> Bool {
    a.figures == b.figures && a.messages == b.messages
      && a.events.map(\.eventID) == b.events.map(\.eventID)
  }

  /// The figures of one section, without its name: `total 1`, `host mx1.d1.test 1`.
  func section(_ section: Correlation.Section) -> [String] {
    let name = section.word.string + " "
    return figures.filter { $0.hasPrefix(name) }.map { String($0.dropFirst(name.utf8.count)) }
  }

  /// The events in short: `failed bob@d1.test 551 a@acme.example`, a dash for what is missing.
  var short: [String] {
    events.map { event in
      let parts = [
        event.kind.word.string, event.recipient, event.reply?.code.map(String.init), event.sender,
      ]
      return parts.map { $0 ?? "-" }.joined(separator: " ")
    }
  }
}

let builtIn: PatternCatalog? = try? PatternCatalog(files: PatternFolders.files(overlaidBy: []))

/// Follows a log with the built-in patterns to its end.
func story(
  _ lines: [String], codes: [String] = ["551"],
  settings: (inout Correlator.Configuration) -> Void = { _ in }
) throws -> Story {
  let catalog = try #require(builtIn)
  var configuration = Correlator.Configuration(
    selection: Correlation.Selection(codes: try #require(CodeFilter(codes))), edge: "relay")
  configuration.events = Set(EventKind.allCases)
  settings(&configuration)
  var correlator = Correlator(configuration: configuration, catalog: catalog)
  var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
  var tally = Tally(groupedBy: [])
  for line in lines {
    let bytes = Array(line.utf8)
    let found = parser.record(of: bytes.span)
    var record = try #require(found, "\(line)")
    correlator.receive(&record, line: bytes.span)
  }
  let open = correlator.openMessages
  correlator.finish()
  tally.add(&correlator.outcomes)
  return Story(
    events: correlator.events, figures: figures(of: tally, correlator.names),
    messages: correlator.messages, evicted: correlator.evicted, open: open,
    notices: correlator.notices)
}

/// Every figure of a tally as a line of text.
func figures(of tally: borrowing Tally, _ names: borrowing NameTable) -> [String] {
  let report = Report(
    of: tally, names: names, dimensions: [], edge: "relay", codes: [], input: Report.Input(),
    totals: Report.Totals(), generatedAt: .unknown)
  var figures = [
    "tried \(tally.tried)", "delivered \(tally.fates.delivered)",
    "deferred \(tally.fates.deferred)",
    "failed \(tally.fates.failed)", "rejected \(tally.fates.rejected)",
  ]
  for section in report.sections where section.attempts > 0 {
    let name = section.section.word.string
    figures += ["\(name) total \(section.total)", "\(name) attempts \(section.attempts)"]
    let tables = [
      ("host", section.byRemoteHost), ("ip", section.byRemoteIP),
      ("sender", section.bySenderDomain),
      ("recipient", section.byRecipientDomain), ("reply", section.byReply),
      ("code", section.byCode),
    ]
    for (word, rows) in tables {
      for row in rows {
        let tried = row.tried.map { " of \($0)" } ?? ""
        figures.append("\(name) \(word) \(row.names[0] ?? "-") \(row.count)\(tried)")
      }
    }
    for row in section.byPair {
      let names = row.names.map { $0 ?? "-" }.joined(separator: " ")
      let times = [row.first, row.last].map { $0?.rfc3339 ?? "-" }.joined(separator: " ")
      figures.append("\(name) pair \(names) \(row.count) \(times)")
    }
  }
  return figures.sorted()
}

// MARK: Lines

let a = "1xVg0A-0006Kj-05"
let b = "1xVg0B-0006Kj-05"
let c = "1xVg0C-0006Kj-05"

/// A line of Exim's log on 24 November 2026, UTC.
func line(_ clock: String, _ id: String, _ text: String) -> String {
  "2026-11-24 \(clock) +0000 \(id) \(text)"
}

func arrival(_ clock: String, _ id: String, _ sender: String = "alice@acme.example") -> String {
  line(clock, id, "<= \(sender) H=(c) [192.0.2.9] P=esmtp S=300")
}

func bounce(_ clock: String, _ id: String, of parent: String) -> String {
  line(clock, id, "<= <> R=\(parent) U=mailnull P=local S=900")
}

func failure(
  _ clock: String, _ id: String, _ recipient: String = "bob@d1.test",
  reply: String = "551 not our customer",
  host: String = "mx1.d1.test [127.0.1.1]", sender: String? = nil
) -> String {
  let from = sender.map { " F=<\($0)>" } ?? ""
  return line(
    clock, id,
    "** \(recipient)\(from) R=all T=rs H=\(host): SMTP error from remote mail server after RCPT TO:<\(recipient)>: \(reply)"
  )
}

func deferral(
  _ clock: String, _ id: String, _ recipient: String = "bob@d1.test",
  reply: String = "450 4.2.0 greylisted",
  host: String = "mx1.d1.test [127.0.1.1]"
) -> String {
  line(
    clock, id,
    "== \(recipient) R=all T=rs defer (-44) H=\(host): SMTP error from remote mail server after RCPT TO:<\(recipient)>: \(reply)"
  )
}

func delivery(_ clock: String, _ id: String, _ recipient: String = "carol@d2.test") -> String {
  line(clock, id, "=> \(recipient) R=all T=rs H=mx.d2.test [127.0.1.2] C=\"250 ok\"")
}

func completion(_ clock: String, _ id: String) -> String { line(clock, id, "Completed") }

/// Every order of some elements.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
  guard elements.count > 1 else { return [elements] }
  return elements.indices.flatMap { index in
    var rest = elements
    let first = rest.remove(at: index)
    return permutations(rest).map { [first] + $0 }
  }
}

extension Correlator {
  /// Takes whole lines, as a report does.
  mutating func receive(
    log: [UInt8], by parser: inout RecordParser, through assembler: inout RecordAssembler
  ) {
    var batch = RecordBatch()
    var next = 0
    while next < log.count {
      batch.removeAll()
      parser.parse(log.span, from: &next, into: &batch)
      receive(&batch, of: log.span, through: &assembler)
    }
  }
}
