import Aggregation
import Correlation
import MailTerms
@testable import Reporting
import TestSupport
import Testing

/// The page of a report with the built-in templates, on a clock of UTC.
func page(_ report: Report, top: Int = 20, offset: Int32 = 0) throws -> String {
  try PageRenderer(
    templates: PageTemplates(overlaidBy: []), top: top, utcOffset: { _ in offset }
  ).render(report)
}

/// A log of as many failures at hosts and for senders of these names.
func log(of names: [(host: String, sender: String, reply: String)]) -> [String] {
  names.enumerated().flatMap { index, name -> [String] in
    let id = String(index + 1000, radix: 36).uppercased()
    let time =
      "2026-11-24 \(10 + index / 3600):\(index / 600 % 6)\(index / 60 % 10):\(index / 10 % 6)\(index % 10) +0000"
    let mark = "1xV" + String(repeating: "0", count: 5 - id.count) + id
    return [
      "\(time) \(mark.prefix(6))-00\(mark.suffix(4))-01 <= a@\(name.sender) H=(c) [192.0.2.9] P=esmtp S=300",
      "\(time) \(mark.prefix(6))-00\(mark.suffix(4))-01 ** b@\(name.host) R=all T=rs H=\(name.host) [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<b@\(name.host)>: \(name.reply)",
    ]
  }
}

/// Names that strangers may give themselves: markup, quotes, templates, formulas, controls, very long ones.
let hostileNames = [
  "<script>alert(1)</script>", "\"onmouseover=\"alert(1)", "'onfocus='alert(1)", "=hyperlink(1)",
  "{{verdict}}", "{{{edge}}}", "{{>page}}", "&lt;b&gt;", "--><b>", "</style><b>", "</title><b>",
  "javascript:alert(1)", "]]><b>", "a\"\u{301}onload=x", "<\u{338}b", "\u{600}<img>",
  "gro.\u{202E}elpmaxe", "zero\u{200B}width", "es\u{1B}[31mc", "nu\u{0}l", "日本.example",
  String(repeating: "h", count: 300) + ".example", "-2+3", "@sum", "a\u{85}b\u{2028}c",
]

/// A report whose hosts, domains and replies have these names, each once, whatever a log can hold.
func named(_ names: [String], by dimensions: [Dimension] = [], edge: String = "mx.example") throws
  -> Report
{
  var report = try report(smallLog, by: dimensions, edge: edge, file: edge)
  let time = try #require(report.from)
  let tables: [WritableKeyPath<Report.SectionTables, [Report.Row]>] = [
    \.byRemoteHost, \.byRemoteIP, \.bySenderDomain, \.byRecipientDomain, \.byReason, \.byReply,
    \.forwardPaths,
  ]
  for section in report.sections.indices {
    report.sections[section].total = names.count
    for table in tables {
      report.sections[section][keyPath: table] = names.map {
        Report.Row(names: [$0], count: 1, tried: 2, first: time, last: time)
      }
    }
    report.sections[section].byPair = names.map {
      Report.Row(names: [$0, $0], count: 1, tried: 2, first: time, last: time)
    }
    report.sections[section].byGroup = names.map { name in
      Report.Row(names: Report.Names(dimensions.map { _ in name }), count: 1)
    }
  }
  report.input.examples = names
  report.input.limits = names.map { ($0, 1) }
  report.codes = ["551"]
  return report
}

private let hostileLog = log(
  of: hostileNames.map {
    ($0, "from." + $0, "551 " + $0 + " <img src=http://evil.example/x.png>")
  } + hostileNames.map { ("mx.plain.example", $0, "551 5.1.1 no") })

@Suite struct `Page` {
  /// The figures of a table of JSON as the words that the page should show.
  private func expected(
    _ rows: JSONValue?, _ names: [String], hasBar: Bool
  ) throws -> [[String]] {
    try #require(rows).elements.map { row in
      var cells = names.map { row[$0]?.text ?? "(none)" }
      cells.append(PageText.number(try #require(row["count"]?.integer)))
      if hasBar { cells.append("") }
      if let before = row["before"]?.integer {
        cells.append(PageText.number(before) + (row["new"] == nil ? "" : " NEW"))
      }
      if let tried = row["tried"]?.integer { cells.append(PageText.number(tried)) }
      return cells
    }
  }

  private func compared() throws -> Report {
    var report = try report(smallLog + log(of: [("mx.n.test", "n.example", "551 no")]))
    report.compare(
      with: try Self.before, from: LogTime(microseconds: 1_795_392_000_000_000, utcOffset: 0),
      to: LogTime(microseconds: 1_795_478_400_000_000, utcOffset: 0))
    return report
  }

  private static var before: Report {
    get throws {
      try ReportingTests.report([
        arrival("01:00:00", "Z", "alice@acme.example"),
        failure(
          "01:00:01", "Z", "x@d1.test", "mx1.d1.test [127.0.1.1]", "551 5.1.1 not our customer"),
      ])
    }
  }

  @Test func `has the figures of the JSON`() throws {
    for report in [try report(smallLog), try compared(), try report(hostileLog)] {
      let json = try JSONValue(parsing: JSONRenderer.render(report))
      let html = try HTMLReader(page(report, top: 1000))
      for (heading, table, names, hasBar) in [
        ("By remote host and sender domain", "by_pair", ["remote_host", "sender_domain"], false),
        ("By remote host", "by_remote_host", ["remote_host"], true),
        ("By sender domain", "by_sender_domain", ["sender_domain"], true),
        ("By recipient domain", "by_recipient_domain", ["recipient_domain"], true),
        ("By reason", "by_reason", ["reason"], true), ("Replies", "by_reply", ["reply"], true),
        ("Servers say, not checked: mail to", "by_forward_path", ["forward_path"], false),
      ] {
        let rows = try expected(json["failures"]?[table], names, hasBar: hasBar)
        if rows.isEmpty, !html.text.contains(heading) { continue }
        let shown = try html.rows(below: heading)
        try #require(shown.count == rows.count, "\(heading)")
        for (shown, row) in zip(shown, rows) {
          let names = row.prefix(names.count).map {
            TerminalText.shortened(PageText.clean($0), to: PageText.longest)
          }
          #expect(
            Array(shown.prefix(row.count)) == names + row.dropFirst(names.count), "\(heading)")
        }
      }
      let hours = try html.rows(below: "By hour").filter { $0[1] != "0" }
      let expected = try #require(json["failures"]?["by_hour"]?.elements)
      try #require(hours.count == expected.count)
      for (shown, row) in zip(hours, expected) {
        let hour = try #require(row["hour"]?.text).prefix(13).replacing("T", with: " ")
        #expect(shown[0].prefix(13) == hour)
        #expect(shown[1] == PageText.number(try #require(row["count"]?.integer)))
      }
    }
  }

  @Test func `has the totals of the JSON, beside those of the period before`() throws {
    let report = try compared()
    let json = try JSONValue(parsing: JSONRenderer.render(report))
    let text = try HTMLReader(page(report)).text
    for (name, key) in [
      ("tried", "tried"), ("delivered", "delivered"), ("deferred", "deferred"),
      ("failed", "failed"), ("in progress", "in_progress"), ("rejected", "rejected"),
    ] {
      let now = try #require(json["totals"]?[key]?.integer)
      let old = try #require(json["previous"]?["totals"]?[key]?.integer)
      #expect(
        text.contains("\n\(name)\(now)before \(old) \(PageText.change(now - old))\n"), "\(name)")
    }
    #expect(text.contains("\nwith 5514"))
    #expect(text.contains("before 1 +3\n"))
    #expect(text.contains("4 failures with SMTP 551 (+3) at 3 remote hosts for 3 sender domains"))
  }

  @Test func `sums up the rows that are not at the top, and lists them behind it`() throws {
    let names = (0..<30).map { ("mx\($0).x.test", "s\($0).example", "551 no") }
    let html = try HTMLReader(page(report(log(of: names + names.prefix(10))), top: 5))
    let rows = try html.rows(below: "By remote host and sender domain")
    try #require(rows.count == 5 + 1 + 25)
    #expect(rows[5].prefix(2) == ["25 more", "30"])
    #expect(rows[5][2] == "30")
    #expect(rows[6...].compactMap { HTMLReader.number($0[2]) }.reduce(0, +) == 30)
    #expect(Set(rows.map { $0[0] }).count == 31)
  }

  @Test func `has a size that grows with its rows alone`() throws {
    for count in [0, 1, 100, 1400] {
      let names = (0..<count).map {
        ("mx\($0).provider.example", "customer\($0).hosting.example", "551 5.1.6 moved")
      }
      for top in [20, 2000] {
        let html = try page(report(log(of: names) + [line("02:00:00", "A", "Completed")]), top: top)
        let rows = html.components("<tr>")
        #expect(html.utf8.count < 60_000 + 200 * rows, "\(count) pairs, top \(top), \(rows) rows")
        #expect(count < 100 || rows > count)
      }
    }
  }

  @Test func `lets no name be more than a text`() throws {
    // Long ones have titles.
    let plain = hostileNames.indices.map { String(repeating: "l", count: 200) + "\($0).example" }
    for dimensions in [[], [Dimension.sender, .remoteHost]] {
      func reader(_ names: [String], _ edge: String) throws -> HTMLReader {
        try HTMLReader(page(named(names, by: dimensions, edge: edge), top: 3))
      }
      let known = try reader(plain, plain[0])
      for edge in hostileNames {
        let html = try reader(hostileNames, edge)
        #expect(html.tags == known.tags)
        #expect(html.attributes.isSubset(of: known.attributes))
        #expect(!html.text.unicodeScalars.contains { $0 != "\n" && TerminalText.isUnsafe($0) })
        #expect(!html.text.contains("BAD ENTITY"))
        for value in html.values(of: "title") + html.values(of: "class") {
          #expect(!value.unicodeScalars.contains(where: TerminalText.isUnsafe))
        }
      }
    }
  }

  @Test func `shows a long name cut, and the whole of it in the title`() throws {
    let long = String(repeating: "h", count: 300) + ".example"
    let html = try HTMLReader(page(report(log(of: [(long, "s.example", "551 no")]))))
    #expect(html.values(of: "title").contains(long))
    let shown = try html.rows(below: "By remote host")[0][0]
    #expect(shown.count == PageText.longest)
    #expect(shown.hasSuffix(".example"))
  }

  @Test func `asks for nothing and lets nothing in`() throws {
    let text = try page(report(hostileLog, edge: "http://evil.example/"))
    let html = try HTMLReader(text)
    #expect(html.values(of: "src").isEmpty)
    #expect(html.values(of: "style").isEmpty)
    #expect(html.values(of: "href").allSatisfy { $0.hasPrefix("#") })
    #expect(
      html.tags.isDisjoint(with: ["script", "link", "img", "iframe", "object", "form", "base"]))
    #expect(!html.attributes.contains { $0.contains(".on") })
    let style = try #require(
      html.pieces.indices.first { html.pieces[$0] == .tag("style", [:]) }.map {
        html.pieces[$0 + 1]
      })
    guard case .text(let sheet) = style else { throw TestFailure("no style sheet") }
    #expect(!sheet.contains("url(") && !sheet.contains("@import"))
    #expect(
      html.values(of: "content").contains(
        "default-src 'none'; style-src 'sha256-\(SHA256.base64(SHA256.hash(sheet)))'; img-src 'none'; base-uri 'none'; form-action 'none'"
      ))
  }

  /// Examples of FIPS 180-4 and RFC 4648 section 10.
  @Test(arguments: [
    ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="
    ),
  ])
  func `hashes its style sheet as everybody does`(text: String, hash: String) {
    #expect(SHA256.base64(SHA256.hash(text)) == hash)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
  ])
  func `writes bytes in base 64`(text: String, base64: String) {
    #expect(SHA256.base64(Array(text.utf8)) == base64)
  }

  @Test func `says that a day had none, and what was read`() throws {
    let quiet = try report([
      arrival("02:10:00", "A", "alice@acme.example"),
      delivery("02:11:02", "A", "dan@d2.test", "mx.d2.test [127.0.1.2]"), "what is this",
    ])
    let html = try HTMLReader(page(quiet))
    #expect(html.values(of: "class").contains("good"))
    #expect(html.text.contains("No failures with SMTP 551"))
    #expect(html.text.contains("No remote host refused a recipient with 551"))
    #expect(html.text.contains("not recognised1, 33.3%"))
    #expect(html.text.contains("what is this"))
    let nothing = try HTMLReader(page(report([])))
    #expect(nothing.values(of: "class").contains("unsure"))
    #expect(nothing.text.contains("Nothing was read."))
  }

  @Test func `has every id once, and a heading for each part`() throws {
    let html = try HTMLReader(page(compared(), top: 1))
    let ids = html.values(of: "id")
    #expect(Set(ids).count == ids.count)
    for reference in html.values(of: "href") {
      #expect(ids.contains(String(reference.dropFirst())))
    }
    for reference in html.values(of: "aria-labelledby") { #expect(ids.contains(reference)) }
    #expect(html.values(of: "lang") == ["en"])
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func components(_ text: String) -> Int {
    var count = 0
    var rest = utf8[...]
    let wanted = Array(text.utf8)
    while let start = rest.firstIndex(of: wanted[0]) {
      rest = rest[start...]
      if rest.starts(with: wanted) { count += 1 }
      rest = rest.dropFirst()
    }
    return count
  }
}
