import Aggregation
import Correlation
import MailTerms
@testable import Reporting
import Testing

@Suite struct `Terminal text` {
  /// Characters that could move the cursor, change colours, hide or reverse.
  static let hostile: [Unicode.Scalar] =
    (0..<0x20).map { Unicode.Scalar($0) } + (0x7F..<0xA0).map { Unicode.Scalar($0) } + [
      "\u{AD}", "\u{61C}", "\u{180E}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}",
      "\u{2028}", "\u{2029}", "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}",
      "\u{2060}",
      "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "\u{206F}", "\u{FEFF}", "\u{FFF9}",
      "\u{E0001}",
      "\u{E007F}",
    ]

  @Test func `has none of what a terminal obeys`() {
    for scalar in Self.hostile {
      let text = "a\(String(scalar))b"
      #expect(TerminalText.clean(text) == "a?b", "U+\(String(scalar.value, radix: 16))")
    }
    #expect(
      TerminalText.clean("mx1.müller.example 日本 \u{FFFD} 😀") == "mx1.müller.example 日本 \u{FFFD} 😀")
  }

  /// Widths of Unicode's EastAsianWidth.txt and of combining marks.
  @Test(arguments: [
    ("", 0), ("mx1.example", 11), ("müller", 6), ("日本", 4), ("ｱ", 1), ("Ａ", 2), ("한국", 4),
    ("e\u{301}", 1),
    ("\u{1F600}", 2), ("…", 1), ("\u{FFFD}", 1), ("ไทย", 3), ("การ", 3), ("\u{20000}", 2), ("א", 1),
  ])
  func `is as wide as a terminal shows it`(text: String, columns: Int) {
    #expect(TerminalText.width(text) == columns)
  }

  @Test(arguments: [
    ("mx1.example", 11, "mx1.example"), ("mx1.example", 12, "mx1.example"),
    ("abcdefghij", 5, "ab…ij"),
    ("abcdefghij", 4, "a…ij"), ("abcdefghij", 2, "…j"), ("", 5, ""),
  ])
  func `is cut in its middle`(text: String, columns: Int, short: String) {
    #expect(TerminalText.shortened(text, to: columns) == short)
  }

  @Test(arguments: [
    "a-long-name.of.a.host.example", "日本語のとても長い名前です",
    "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
    "日a本b語cのdと", "😀😀😀😀😀😀😀",
  ])
  func `never gets wider than asked for`(text: String) {
    #expect(TerminalText.width(TerminalText.shortened(text, to: 1)) <= 1)
    for columns in [0] + Array(2...40) {
      let short = TerminalText.shortened(text, to: columns)
      #expect(TerminalText.width(short) <= columns, "\(columns): \(short)")
      let padded = TerminalText.padded(short, to: columns)
      #expect(TerminalText.width(padded) == columns, "\(columns): \(padded)")
      #expect(TerminalText.width(TerminalText.padded(short, to: columns, onLeft: true)) == columns)
    }
  }
}

@Suite struct `Text report` {
  static func text(_ report: Report, columns: Int = 100, top: Int = 20, hasColour: Bool = false)
    -> String
  {
    var renderer = TextRenderer(style: TextStyle(columns: columns, hasColour: hasColour, top: top))
    return renderer.render(report)
  }

  static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The words of the rows of the table whose title line begins so, up to the next blank line.
  static func table(_ title: String, in text: String) throws -> [[String]] {
    let lines = lines(text)
    let start = try #require(lines.firstIndex { $0.hasPrefix(title) }, "\(title) in \(text)")
    return lines[(start + 1)...].prefix { !$0.isEmpty }.map {
      $0.split(separator: " ").map(String.init)
    }
  }

  @Test func `begins with the verdict`() throws {
    let lines = try Self.lines(Self.text(report(smallLog)))
    for words in ["3 failures", "551", "2 remote hosts", "2 sender domains"] {
      #expect(lines[0].contains(words))
    }
    #expect(lines[1].contains("mx01.example.org"))
    #expect(lines[1].contains("2026-11-24 02:10:00 to 2026-11-24 03:20:00"))
    let none = try Self.lines(Self.text(report(smallLog, codes: ["559"])))
    #expect(none[0] == "No failures with SMTP 559")
  }

  @Test func `has a row for each remote host, sender domain and pair`() throws {
    let text = try Self.text(report(smallLog))
    func beginnings(_ title: String, _ words: Int) throws -> [String] {
      try Self.table(title, in: text).map { $0.prefix(words).joined(separator: " ") }
    }
    #expect(
      try beginnings("By remote host  ", 4) == ["mx1.d1.test 2 3 66.7%", "mx.d3.test 1 1 100.0%"])
    #expect(
      try beginnings("By sender domain", 4)
        == ["acme.example 2 3 66.7%", "bcorp.example 1 2 50.0%"])
    #expect(
      try beginnings("By remote host and", 3)
        == ["mx1.d1.test acme.example 2", "mx.d3.test bcorp.example 1"])
    #expect(try beginnings("By recipient domain", 2) == ["d1.test 2", "d3.test 1"])
    #expect(try beginnings("Replies", 9) == ["2 not our customer", #"1 say "ja" \ nein"#])
    #expect(text.contains("bouncelog trace 1xVg0A-0006Kj-05\n"))
  }

  @Test func `says what is not counted, and what was read`() throws {
    let text = try Self.text(report(smallLog))
    #expect(
      text.contains("1 deferral, 1 client refused by us, 1 callout answered, 1 local failure\n"))
    #expect(text.contains("All recipients: 6 tried, 2 delivered, 4 failed, 1 deferred\n"))
    #expect(text.contains("Messages: 3, in progress 2; clients refused: 1\n"))
    #expect(text.contains("Read: mainlog (15 lines, 1 not recognised"))
    #expect(text.contains("  ? what is this\n"))
  }

  @Test(arguments: [1, 2, 3, 7, 19, 20, 25, 30])
  func `has a last row with which a table adds up`(top: Int) throws {
    let lines = (0..<25).flatMap { number in
      let id = String(UnicodeScalar(UInt8(65 + number)))
      return [arrival("02:10:00", id, "x@s\(number).example")]
        + (0...number).map {
          failure(
            "02:11:00", id, "b\($0)@d.test", "mx\(number).test [192.0.2.1]", "551 no \(number)")
        }
    }
    let text = try Self.text(report(lines), top: top)
    for title in ["By remote host  ", "By sender domain", "By recipient domain"] {
      let table = try Self.table(title, in: text)
      // The count is the first number of a row, behind "(5 more)" or a name.
      let counts = table.map { row in
        row.dropFirst(row[0].hasPrefix("(") ? 2 : 1).first.flatMap { Int($0) } ?? 0
      }
      let rows = title == "By recipient domain" ? 1 : min(25, top + 1)
      #expect(table.count == rows)
      #expect(counts.reduce(0, +) == 325)
      if rows > 1, top < 25 { #expect(table.last?.prefix(2) == ["(\(25 - top)", "more)"]) }
    }
    #expect(try Self.table("Replies", in: text).count == min(25, top + 1))
  }

  /// Names and replies that are long, wide, or made of marks.
  static let strangeLog = zip(
    "ABCDEF",
    [
      (
        "a-very-long-name-of-a-host-in-a-very-long-domain.subdomain.example.org",
        "long-sender-domain-name-of-a-customer.example.com"
      ),
      ("日本語のホスト名はとても長いですね.example", "送信者のドメイン名も長いです.example"),
      (
        "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}.example",
        "x\u{308}\u{308}\u{308}.example"
      ),
      ("mx.example", "s.example"), ("[::1]", "한국어도메인이름이길어요.example"), ("x", "y"),
    ]
  ).flatMap { id, names in
    [
      arrival("02:10:00", String(id), "alice@\(names.1)"),
      failure(
        "02:11:00", String(id), "bob@\(names.0)",
        "\(names.0) [2001:db8:1234:5678:9abc:def0:1234:5678]",
        "551 5.1.1 " + String(repeating: "\(names.0) ", count: 9)),
      failure(
        "02:11:00", String(id), "eva@\(names.0)",
        "\(names.0) [2001:db8:1234:5678:9abc:def0:1234:5678]", "551 5.1.1 short"),
    ]
  }

  @Test(arguments: Array(40...100))
  func `is never wider than the terminal`(columns: Int) throws {
    for log in [smallLog, Self.strangeLog, []] {
      let report = try report(
        log, file: "/var/log/exim4/" + String(repeating: "mainlog", count: 30))
      let grouped = try groupedReport(log)
      for text in [Self.text(report, columns: columns), Self.text(grouped, columns: columns)] {
        let wide = Self.lines(text).filter { TerminalText.width($0) > columns }
        #expect(wide == [])
      }
    }
  }

  private func groupedReport(_ log: [String]) throws -> Report {
    try report(log, by: [.remoteHost, .senderDomain, .recipientDomain, .hour])
  }

  @Test func `lets nothing through that a terminal obeys`() throws {
    var report = try report(smallLog)
    let hostile = "x" + String(String.UnicodeScalarView(hostileScalars)) + "y"
    report.edge = hostile
    report.input.files = [hostile]
    report.input.examples = [hostile]
    report.input.limits = [(pattern: hostile, count: 1)]
    report.input.cut = 1
    report.input.lost = 1
    report.input.evicted = 1
    report.sections[0].byRemoteHost = [Report.Row(names: [hostile], count: 1, tried: 1)]
    report.sections[0].bySenderDomain = [Report.Row(names: [hostile], count: 1, tried: 1)]
    report.sections[0].byPair = [
      Report.Row(names: [hostile, hostile], count: 1), Report.Row(names: [hostile, nil], count: 1),
    ]
    report.sections[0].byReply = [Report.Row(names: [hostile], count: 1)]
    for columns in [40, 100, 500] {
      let text = Self.text(report, columns: columns)
      let found = text.unicodeScalars.filter { $0 != "\n" && hostileScalars.contains($0) }
      #expect(found.isEmpty)
    }
    // Where nothing needs to be wrapped, no text adds a line of its own.
    let lines = Self.lines(Self.text(report, columns: 20_000))
    #expect(lines.count == Self.lines(Self.text(report, columns: 10_000)).count)
  }

  private var hostileScalars: [Unicode.Scalar] { `Terminal text`.hostile }

  @Test func `has colours only where they are welcome`() throws {
    let report = try report(smallLog)
    #expect(!Self.text(report).contains("\u{1B}"))
    let coloured = Self.text(report, hasColour: true)
    #expect(coloured.contains("\u{1B}[31m"))
    let plain = coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    #expect(plain == Self.text(report))
  }
}

@Suite struct `Event line` {
  static func event(_ reply: String = "551 5.1.1 not our customer") -> MailEvent {
    var event = MailEvent(
      kind: .failed, time: LogTime(microseconds: 1_795_486_296_934_000, utcOffset: 0), edge: "mx",
      mta: .exim)
    event.messageID = "1xVg0C-0006Kj-05"
    event.origin = .remote
    event.sender = "alice@acme.example"
    event.recipient = "bob@d1.test"
    event.remoteHost = "mx1.d1.test"
    event.remoteIP = "192.0.2.1"
    event.reply = Reply(raw: Array(reply.utf8)[...])
    return event
  }

  static func line(_ event: MailEvent) -> String {
    EventTextRenderer(style: TextStyle(columns: 100, hasColour: false)).render(event)
  }

  @Test func `tells what happened on one line`() {
    #expect(
      Self.line(Self.event())
        == "2026-11-24 02:11:36 failed 551 bob@d1.test from alice@acme.example at mx1.d1.test [192.0.2.1] 5.1.1: not our customer (1xVg0C-0006Kj-05)\n"
    )
    var again = Self.event("551")
    again.attempts = 2
    again.sender = nil
    again.remoteIP = nil
    #expect(
      Self.line(again)
        == "2026-11-24 02:11:36 failed 551 bob@d1.test from (unknown) at mx1.d1.test (1xVg0C-0006Kj-05, try 2)\n"
    )
  }

  @Test func `tells that the sender was told`() {
    var notice = MailEvent(
      kind: .notified, time: LogTime(microseconds: 1_795_486_296_934_000, utcOffset: 0), edge: "mx",
      mta: .exim)
    notice.messageID = "1xVg0C-0006Kj-05"
    notice.bounceID = "1xVg0D-0006Kj-05"
    notice.sender = "alice@acme.example"
    #expect(
      Self.line(notice)
        == "2026-11-24 02:11:36 told alice@acme.example: bounce 1xVg0D-0006Kj-05 for 1xVg0C-0006Kj-05\n"
    )
  }

  @Test func `lets nothing through that a terminal obeys`() {
    let hostile = "x" + String(String.UnicodeScalarView(`Terminal text`.hostile)) + "y"
    for kind in EventKind.allCases {
      var event = Self.event("551 \(hostile)")
      event.kind = kind
      event.messageID = hostile
      event.bounceID = hostile
      event.sender = hostile
      event.recipient = hostile
      event.remoteHost = hostile
      event.remoteIP = hostile + "z"
      let text = Self.line(event)
      #expect(text.hasSuffix("\n"))
      #expect(!text.unicodeScalars.dropLast().contains { `Terminal text`.hostile.contains($0) })
    }
  }
}
