package import PatternFiles

/// Writes a report as one page of HTML that needs nothing else: no script, no request, no other file.
package struct PageRenderer {
  private let templates: PageTemplates
  /// The rows of a table that are seen at once.
  let top: Int
  private let utcOffset: (Int64) -> Int32

  /// Makes a renderer.
  ///
  /// - Parameters:
  ///   - templates: the templates, of which `page` is the page.
  ///   - top: the rows of a table that are seen at once.
  ///   - utcOffset: the offset of the clock at some seconds since 1970.
  package init(templates: PageTemplates, top: Int, utcOffset: @escaping (Int64) -> Int32) {
    self.templates = templates
    self.top = top
    self.utcOffset = utcOffset
  }

  /// The page.
  ///
  /// - Throws: `PatternFileError` for a template of the site that asks for what there is not.
  package func render(_ report: Report) throws(PatternFileError) -> String {
    let style = try templates.render("page-style", [:])
    var values = PageValues(report: report, top: top, utcOffset: utcOffset).all
    values["style"] = style
    values["styleHash"] = SHA256.base64(SHA256.hash(style))
    return try templates.render("page", values)
  }

  /// The same figures for a program that reads mail: tables and inline styles alone.
  func mailPart(_ report: Report) throws(PatternFileError) -> String {
    let top = min(top, 50)
    return try templates.render(
      "mail", PageValues(report: report, top: top, utcOffset: utcOffset).all)
  }
}
