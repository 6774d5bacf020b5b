import PatternFiles
@testable import Reporting
import TestSupport
import Testing

@Suite struct `Page templates` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func render(_ files: [String: String]) throws -> String {
    for (name, text) in files { try folder.write(text.utf8, to: name) }
    return try PageRenderer(
      templates: PageTemplates(overlaidBy: [folder.path]), top: 5, utcOffset: { _ in 0 }
    ).render(report(smallLog))
  }

  @Test func `of a site stand in place of the built-in ones`() throws {
    let page = try render([
      "page.mustache": "{{edge}}: {{#tables}}{{title}} {{>table}}{{/tables}}",
      "table.mustache": "{{#rows}}{{#head}}{{name}}{{/head}}={{count}} {{/rows}}; {{>mine}}",
      "mine.mustache": "{{^period}}never{{/period}}{{#hours}}{{peak}}{{/hours}}",
      "notes.txt": "not a template",
    ])
    #expect(page.hasPrefix("mx01.example.org: By remote host and sender domain mx1.d1.test=2 "))
  }

  @Test func `of a site escape what strangers wrote`() throws {
    try folder.write(
      "{{#tables}}{{#rows}}{{#head}}{{name}}{{/head}}{{/rows}}{{/tables}}".utf8, to: "page.mustache"
    )
    let page = try PageRenderer(
      templates: PageTemplates(overlaidBy: [folder.path]), top: 5, utcOffset: { _ in 0 }
    ).render(named(["a\"\u{301}<b"]))
    #expect(page.contains("a&quot;?&lt;b"), "\(page)")
    #expect(!page.contains("<") && !page.contains("\""))
  }

  @Test(arguments: [
    ("page", "<p>\n{{#tables}}\n", "page.mustache:3:1: a section is not closed"),
    (
      "page", "{{#tables}}{{/hours}}",
      "page.mustache:1:15: a section is closed that is not open here"
    ),
    ("table", "a {{name", "table.mustache:1:9: a tag is not closed"),
    ("page", "{{>tabel}}", "page.mustache: no such template: tabel"),
    ("table", "{{>table}}", "table.mustache: includes itself"),
    ("hours", "{{> table }}{{>page}}", "hours.mustache: includes itself"),
    ("page", "{{{edge}}}", "page.mustache: edge must be escaped: two braces"),
    ("page", "{{&edge}}", "page.mustache: edge must be escaped: two braces"),
    ("page", "{{=<% %>=}}<%>page%>", "page.mustache: the braces must stay what they are"),
    ("page", "{{% CONTENT_TYPE:TEXT}}", "page.mustache: the content must stay HTML"),
    ("page", "{{>*edge}}", "page.mustache: no such template: *edge"),
    ("pagina", "x", "pagina.mustache: nothing uses this template"),
    ("page", "{{vedict}}", "page.mustache: nothing has the name vedict here"),
    ("table", "{{#rows}}{{cuont}}{{/rows}}", "table.mustache: nothing has the name cuont here"),
  ])
  func `that are broken are named with their place`(name: String, text: String, problem: String)
    throws
  {
    let error = #expect(throws: PatternFileError.self) {
      _ = try render(["\(name).mustache": text])
    }
    #expect(error?.description == "\(folder.path)/\(problem)")
  }

  @Test func `need a folder that is there`() {
    #expect(throws: PatternFileError.self) { try PageTemplates(overlaidBy: ["/nowhere/at/all"]) }
  }
}
