import MailTerms
@testable import Reporting
import TestSupport
import Testing

@Suite struct `Mail of a report` {
  private func mail(
    _ report: Report, to: [String] = ["postmaster@example.org"],
    from: String = "root@mx.example.org"
  ) throws -> String {
    var envelope = MailEnvelope()
    envelope.to = to
    envelope.from = from
    let page = PageRenderer(
      templates: try PageTemplates(overlaidBy: []), top: 20, utcOffset: { _ in 0 })
    return try MailRenderer(page: page, envelope: envelope).render(report)
  }

  @Test func `has a header that sendmail and a reader need`() throws {
    let mail = try MailReader(mail(report(smallLog)))
    #expect(
      mail.fields.map(\.name) == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted",
        "Content-Type",
      ])
    #expect(mail["From"] == "root@mx.example.org")
    #expect(mail["To"] == "postmaster@example.org")
    #expect(mail["Subject"] == "551: 3 failures at 2 hosts, mx01.example.org 2026-11-24")
    #expect(mail["Date"] == "Wed, 25 Nov 2026 01:00:00 +0100")
    #expect(mail["MIME-Version"] == "1.0")
    #expect(mail["Auto-Submitted"] == "auto-generated")
    let id = try #require(mail["Message-ID"])
    #expect(id.hasPrefix("<1795564800.") && id.hasSuffix("@mx.example.org>"))
  }

  @Test func `has the text report first, then the same figures in HTML`() throws {
    let report = try report(smallLog)
    let mail = try MailReader(mail(report))
    #expect(mail.parts.map(\.type) == ["text/plain; charset=utf-8", "text/html; charset=utf-8"])
    var renderer = TextRenderer(style: TextStyle(columns: 78, hasColour: false))
    #expect(mail.parts[0].text == renderer.render(report))
    let json = try JSONValue(parsing: JSONRenderer.render(report))
    let html = try HTMLReader(mail.parts[1].text)
    let rows = try html.rows(below: "By remote host and sender domain").dropFirst()
    let pairs = try #require(json["failures"]?["by_pair"]?.elements)
    #expect(
      rows.map { Array($0.prefix(4)) }
        == pairs.map { row in
          [
            row["remote_host"]?.text ?? "", row["sender_domain"]?.text ?? "",
            String(row["count"]?.integer ?? -1), String(row["tried"]?.integer ?? -1),
          ]
        })
    for key in ["tried", "delivered", "deferred", "failed", "rejected"] {
      let count = try #require(json["totals"]?[key]?.integer)
      #expect(html.text.contains("\n\(key)\(count)\n"), "\(key)")
    }
  }

  @Test func `needs no style sheet, no picture and no other file`() throws {
    let html = try HTMLReader(MailReader(mail(report(smallLog))).parts[1].text)
    #expect(html.tags.isDisjoint(with: ["style", "svg", "img", "script", "link"]))
    #expect(html.attributes.isDisjoint(with: ["td.background", "a.href", "td.class", "tr.class"]))
    #expect(!html.values(of: "style").contains { $0.contains("url(") })
  }

  @Test(
    arguments: hostileNames + ["a\nBcc: x@evil.example", "a\r\n\r\n<b>", "=?utf-8?q?x?=", "", "ü"])
  func `takes nothing into its header from a name`(name: String) throws {
    let report = try named([name], edge: name)
    for from in ["", "root@" + name, name] {
      let mail = try MailReader(mail(report, to: ["a@b.example", name], from: from))
      #expect(mail.fields.count == 8)
      #expect(mail["To"] == (MailEnvelope.isAddress(name) ? "a@b.example, \(name)" : "a@b.example"))
      #expect(MailEnvelope.isAddress(try #require(mail["From"])))
      let edge = TerminalText.shortened(TerminalText.clean(name), to: 60)
      let subject = try #require(mail["Subject"])
      #expect(subject.hasSuffix(", \(edge) 2026-11-24"))
      let known = try HTMLReader(
        MailReader(self.mail(ReportingTests.report(smallLog))).parts[1].text)
      let html = try HTMLReader(mail.parts[1].text)
      #expect(html.tags.isSubset(of: known.tags))
      #expect(html.attributes.isSubset(of: known.attributes))
    }
  }

  @Test func `names all who get it, in lines that are short`() throws {
    let many = (0..<40).map { "someone.with.a.name.\($0)@example.org" }
    let mail = try MailReader(mail(report(smallLog), to: many))
    #expect(mail["To"] == many.joined(separator: ", "))
    #expect(try MailReader(self.mail(report(smallLog), to: []))["To"] == nil)
  }

  @Test func `says in its subject that a day was quiet, and how it was before`() throws {
    var quiet = try report([arrival("02:10:00", "A", "alice@acme.example")])
    #expect(
      try MailReader(mail(quiet))["Subject"] == "551: no failures, mx01.example.org 2026-11-24")
    var bad = try report(smallLog)
    let (from, to) = (
      LogTime(microseconds: 0, utcOffset: 0), LogTime(microseconds: 1, utcOffset: 0)
    )
    bad.compare(with: quiet, from: from, to: to)
    #expect(
      try MailReader(mail(bad))["Subject"]
        == "551: 3 failures at 2 hosts (+3), mx01.example.org 2026-11-24")
    quiet.compare(with: quiet, from: from, to: to)
    #expect(
      try MailReader(mail(quiet))["Subject"]
        == "551: no failures (as before), mx01.example.org 2026-11-24")
    #expect(
      try MailReader(mail(report([])))["Subject"] == "551: nothing known, mx01.example.org")
  }

  /// Dates of the rules for leap years and weekdays, as `date -R` writes them.
  @Test(arguments: [
    (0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"), (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
    (1_795_564_800, -34_200, "Tue, 24 Nov 2026 14:30:00 -0930"),
    (-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000"),
  ])
  func `writes dates as mail has them`(seconds: Int64, offset: Int32, text: String) {
    #expect(
      MailRenderer.date(LogTime(microseconds: seconds * 1_000_000, utcOffset: offset)) == text)
  }

  @Test(arguments: [
    ("", ""), ("a", "a"), ("a=b", "a=3Db"), ("a \n", "a=20\n"), (".", "=2E"),
    ("a.b\n.c\n", "a.b\n=2Ec\n"),
    ("From me\nfrom", "=46rom me\nfrom"), ("é", "=C3=A9"), ("\t", "=09"),
    (String(repeating: "x", count: 76), String(repeating: "x", count: 76)),
    (String(repeating: "x", count: 77), String(repeating: "x", count: 75) + "=\nxx"),
    (String(repeating: ".", count: 76), "=2E" + String(repeating: ".", count: 72) + "=\n=2E.."),
  ])
  func `writes text in short lines of ASCII`(text: String, encoded: String) throws {
    #expect(QuotedPrintable.encode(text) == encoded)
    #expect(try MailReader.decoded(encoded) == text)
  }

  @Test func `writes any text so that it comes back`() throws {
    var random = SplitMix(state: 7)
    let alphabet = Array("a=. \t\nFrom é日😀-_?").map(String.init)
    for _ in 0..<300 {
      let length = random.next(below: 400)
      let text = (0..<length).map { _ in alphabet[random.next(below: alphabet.count)] }.joined()
      let encoded = QuotedPrintable.encode(text)
      #expect(try MailReader.decoded(encoded) == text)
      for line in encoded.split(separator: "\n") {
        #expect(line.utf8.count <= 76)
        #expect(!line.hasPrefix(".") && !line.hasPrefix("From ") && line.last != " ")
      }
    }
  }
}
