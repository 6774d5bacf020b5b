import TestSupport
import Testing

@Suite struct `Page and mail of a report` {
  let folder: TemporaryFolder
  let log: String

  init() throws {
    folder = try TemporaryFolder()
    log = try folder.write((monday + tuesday).utf8, to: "mainlog")
  }

  @Test func `are chosen by the format or by a suffix`() throws {
    let page = try bouncelog(["report", "-f", "html", "--edge", "mx.example.org", log])
    #expect(page.status == 0)
    #expect(page.output.hasPrefix("<!DOCTYPE html>\n"))
    #expect(page.output.contains("<h1>3 failures with SMTP 551"))
    #expect(page.output.hasSuffix("</html>\n"))
    for name in ["a.html", "b.htm", "c.eml"] {
      let outcome = try bouncelog([
        "report", "--edge", "mx.example.org", "-o", folder.file(name), log,
      ])
      #expect(outcome.status == 0)
      #expect(outcome.output.isEmpty)
      let isMail = name.hasSuffix(".eml")
      #expect(try folder.contents(of: name).hasPrefix(isMail ? "From: " : "<!DOCTYPE html>"))
    }
  }

  @Test func `mail goes to whom it is for`() throws {
    let mail = try bouncelog([
      "report", "-f", "mail", "--to", "a@example.org", "--to", "b@example.org", "--mail-from",
      "reports@example.org", "--edge", "mx.example.org", log,
    ])
    #expect(mail.status == 0)
    #expect(
      mail.lines.prefix(2) == ["From: reports@example.org", "To: a@example.org, b@example.org"])
    #expect(
      mail.lines[2].hasPrefix("Subject: 551: 3 failures at 2 hosts, mx.example.org 2026-11-2"))
  }

  @Test func `need templates that work, and say so before the log is read`() throws {
    try folder.write("{{#tables}}".utf8, to: "page.mustache")
    for arguments in [["-f", "html"], ["-f", "mail"], ["-o", folder.file("x.html")]] {
      let outcome = try bouncelog(
        ["report", "--templates", folder.path] + arguments + ["/nowhere/at/all"])
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasPrefix(
          "bouncelog: \(folder.file("page.mustache")):1:12: a section is not"),
        "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
    // No other form needs them.
    #expect(try bouncelog(["report", "--templates", folder.path, log]).status == 0)
  }

  @Test func `take a site's templates`() throws {
    try folder.write("{{verdict}} on {{edge}}\n".utf8, to: "page.mustache")
    let page = try bouncelog([
      "report", "--templates", folder.path, "-f", "html", "--edge", "a<b", log,
    ])
    #expect(page.status == 0)
    #expect(page.output.hasSuffix(" sender domains on a&lt;b\n"))
  }

  @Test func `leave no half of a page where a template asks for what there is not`() throws {
    try folder.write("{{verdict}} {{nothing.such}}\n".utf8, to: "page.mustache")
    let outcome = try bouncelog([
      "report", "--templates", folder.path, "-o", folder.file("x.html"), log,
    ])
    #expect(outcome.status == 65)
    #expect(!folder.names.contains("x.html"))
  }
}
