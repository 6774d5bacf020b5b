import Aggregation
import Correlation
import LogPatterns
import MailTerms
import Reporting
import TestSupport
import Testing

private let builtIn = try? PatternCatalog(files: PatternFolders.files(overlaidBy: []))

/// The report over a log that ends at this moment: 2026-11-25 00:00 UTC.
func report(
  _ lines: [String], codes: [String] = ["551"], by dimensions: [Dimension] = [],
  edge: String = "mx01.example.org",
  file: String = "mainlog"
) throws -> Report {
  var configuration = Correlator.Configuration(
    selection: Selection(codes: try #require(CodeFilter(codes))), edge: edge)
  configuration.needsSender = dimensions.contains(.sender)
  let catalog = try #require(builtIn)
  var correlator = Correlator(configuration: configuration, catalog: catalog)
  var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 1_795_564_800))
  var tally = Tally(groupedBy: dimensions)
  for line in lines {
    let bytes = Array(line.utf8)
    if var record = parser.record(of: bytes.span) { correlator.receive(&record, line: bytes.span) }
  }
  var totals = Report.Totals()
  totals.messages = correlator.messages
  totals.inProgress = correlator.openMessages
  correlator.finish()
  tally.add(&correlator.outcomes)
  totals.tried = tally.tried
  totals.delivered = tally.fates.delivered
  totals.deferred = tally.fates.deferred
  totals.failed = tally.fates.failed
  totals.rejected = tally.fates.rejected
  var input = Report.Input()
  input.files = [file]
  input.lines = parser.counts.lines
  input.bytes = lines.reduce(0) { $0 + $1.utf8.count + 1 }
  input.unrecognised = parser.counts.unrecognised
  input.examples = parser.counts.examples.map { String(decoding: $0, as: UTF8.self) }
  input.first = parser.counts.first
  input.last = parser.counts.last
  return Report(
    of: tally, names: correlator.names, dimensions: dimensions, edge: edge, codes: codes,
    input: input, totals: totals,
    generatedAt: LogTime(microseconds: 1_795_564_800_000_000, utcOffset: 3600))
}

/// A line of Exim's log on 24 November 2026, UTC.
func line(_ clock: String, _ id: String, _ text: String) -> String {
  "2026-11-24 \(clock) +0000 1xVg0\(id)-0006Kj-05 \(text)"
}

func arrival(_ clock: String, _ id: String, _ sender: String) -> String {
  line(clock, id, "<= \(sender) H=(c) [192.0.2.9] P=esmtp S=300")
}

func failure(_ clock: String, _ id: String, _ recipient: String, _ host: String, _ reply: String)
  -> String
{
  line(
    clock, id,
    "** \(recipient) R=all T=rs H=\(host): SMTP error from remote mail server after RCPT TO:<\(recipient)>: \(reply)"
  )
}

func delivery(_ clock: String, _ id: String, _ recipient: String, _ host: String) -> String {
  line(clock, id, "=> \(recipient) R=all T=rs H=\(host) C=\"250 ok\"")
}

/// Three senders, two hosts, and one of everything else that carries a 551.
let smallLog = [
  arrival("02:10:00", "A", "alice@acme.example"),
  failure("02:11:00", "A", "bob@d1.test", "mx1.d1.test [127.0.1.1]", "551 5.1.1 not our customer"),
  failure("02:11:01", "A", "eva@d1.test", "mx1.d1.test [127.0.1.1]", "551 5.1.1 not our customer"),
  delivery("02:11:02", "A", "dan@d2.test", "mx.d2.test [127.0.1.2]"),
  line("02:11:03", "A", "Completed"),
  arrival("02:12:00", "B", "root@bcorp.example"),
  failure("03:11:00", "B", "gus@d3.test", "mx.d3.test [2001:db8::3]", #"551 say "ja" \ nein"#),
  failure("03:15:00", "B", "gus@d3.test", "mx.d3.test [2001:db8::3]", #"551 say "ja" \ nein"#),
  delivery("03:16:00", "B", "hal@d1.test", "mx1.d1.test [127.0.1.1]"),
  arrival("03:17:00", "C", "<>"),
  line("03:18:00", "C", "** x@fail.example R=failr : 551 User not local"),
  line(
    "03:18:30", "C",
    "== kim@d1.test R=all T=rs defer (-44) H=mx1.d1.test [127.0.1.1]: SMTP error from remote mail server after MAIL FROM:<>: 551 later"
  ),
  "2026-11-24 03:19:00 +0000 H=(c) [192.0.2.4] F=<e@r.example> rejected RCPT <a@ver.example>: 551 5.7.1 go away",
  "2026-11-24 03:20:00 +0000 H=(c) [192.0.2.4] F=<e@r.example> rejected RCPT <a@ver.example>: mx1.d1.test [127.0.1.1] : SMTP error from remote mail server after RCPT TO:<a@ver.example>: 551 who",
  "what is this",
]
