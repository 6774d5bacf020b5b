internal import LogPatterns
internal import Mustache
package import PatternFiles

/// A template that the build put into the binary.
struct BuiltInTemplate: Sendable {
  let name: String
  let text: String
}

/// The Mustache templates of the page and of the mail: those of the binary, overlaid by a site's own.
///
/// Escaping is Mustache's default, and every value is clean before it gets there. A template that cannot
/// work is found when it is read, not by a page that lacks something.
package struct PageTemplates: Sendable {
  /// The folder of the site's own templates, which need not exist.
  package static let site = "/etc/bouncelog/Templates"
  private static let suffix = ".mustache"

  private struct Source: Sendable {
    let path: String
    let text: String
    let isBuiltIn: Bool
  }

  private var library = MustacheLibrary()
  private let sources: [String: Source]

  /// Reads the templates.
  ///
  /// - Parameter folders: the overlays, the strongest last; a template stands in place of the one of the same
  ///   name below it.
  /// - Throws: `PatternFileError` for a folder or a file that cannot be read, and for a broken template.
  package init(overlaidBy folders: [String]) throws(PatternFileError) {
    var sources: [String: Source] = [:]
    for template in builtInTemplates {
      sources[template.name] = Source(
        path: PatternFile.builtInPrefix + template.name + Self.suffix, text: template.text,
        isBuiltIn: true)
    }
    for folder in folders {
      for path in try PatternFolders.paths(in: folder, suffix: Self.suffix, of: "page templates") {
        let name = String(path.dropFirst(folder.utf8.count + 1).dropLast(Self.suffix.count))
        sources[name] = Source(path: path, text: try TOMLFile.text(ofFile: path), isBuiltIn: false)
      }
    }
    self.sources = sources
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      library.register(try Self.template(source), named: name)
    }
    try check()
  }

  /// Whether the site has templates of its own.
  package static var siteFolders: [String] { PatternFolders.exists(site) ? [site] : [] }

  private static func template(_ source: Source) throws(PatternFileError) -> MustacheTemplate {
    do {
      return try MustacheTemplate(string: source.text)
    } catch let error as MustacheTemplate.ParserError {
      throw PatternFileError(
        file: source.path,
        position: FilePosition(line: error.context.lineNumber, column: error.context.columnNumber),
        message: sentence(error.error))
    } catch {
      throw problem(source.path, "\(error)")
    }
  }

  private static func sentence(_ error: any Error) -> String {
    switch error as? MustacheTemplate.Error {
    case .sectionCloseNameIncorrect: "a section is closed that is not open here"
    case .expectedSectionEnd: "a section is not closed"
    case .unfinishedName: "a tag is not closed"
    case .invalidSetDelimiter: "delimiters are set wrongly"
    // The parser's own error for a text that ends too early has no type that is seen here.
    default: "\(error)" == "overflow" ? "a tag is not closed" : "no template: \(error)"
    }
  }

  private static func problem(_ path: String, _ message: String) -> PatternFileError {
    PatternFileError(file: path, position: FilePosition(line: 0, column: 0), message: message)
  }

  // MARK: Checks

  /// The tags of a text: what stands behind the braces, if it is one of Mustache's marks, and the name.
  private static func tags(_ text: String) -> [(mark: UInt8, name: String)] {
    var tags: [(mark: UInt8, name: String)] = []
    var rest = Array(text.utf8)[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
      rest = rest[(open + 1)...]
      guard rest.first == UInt8(ascii: "{") else { continue }
      rest = rest.dropFirst().drop { $0 <= 0x20 }
      guard let mark = rest.first else { break }
      let inside = rest.prefix { $0 != UInt8(ascii: "}") }
      rest = rest[inside.endIndex...]
      let isMark = "{&><=%!#^/$".utf8.contains(mark)
      let words = inside.dropFirst(isMark ? 1 : 0).filter { $0 > 0x20 }
      tags.append((isMark ? mark : 0, String(decoding: words, as: UTF8.self)))
    }
    return tags
  }

  /// The names of the templates that a text includes: `{{>name}}` and `{{<name}}`.
  private static func partials(_ text: String) -> [String] {
    tags(text).filter { $0.mark == UInt8(ascii: ">") || $0.mark == UInt8(ascii: "<") }.map(\.name)
  }

  /// What a template may not do, since then a stranger's text could become markup, or this check be misled.
  private static func forbidden(_ text: String) -> String? {
    for (mark, name) in tags(text) {
      switch mark {
      case UInt8(ascii: "{"), UInt8(ascii: "&"):
        if name != "style" { return "\(name) must be escaped: two braces" }
      case UInt8(ascii: "="): return "the braces must stay what they are"
      case UInt8(ascii: "%"): return "the content must stay HTML"
      default: break
      }
    }
    return nil
  }

  /// Makes sure that each template that is included exists, that none includes itself, and that each of the
  /// site's is used.
  private func check() throws(PatternFileError) {
    var used = Set(builtInTemplates.map(\.name))
    for (_, source) in sources.sorted(by: { $0.key < $1.key }) {
      if let sentence = Self.forbidden(source.text) { throw Self.problem(source.path, sentence) }
      for partial in Self.partials(source.text) {
        guard sources[partial] != nil else {
          throw Self.problem(source.path, "no such template: \(partial)")
        }
        used.insert(partial)
      }
    }
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      guard used.contains(name) else {
        throw Self.problem(source.path, "nothing uses this template")
      }
      var seen: Set<String> = []
      var next = Self.partials(source.text)
      while let partial = next.popLast() {
        guard partial != name else { throw Self.problem(source.path, "includes itself") }
        if seen.insert(partial).inserted, let text = sources[partial]?.text {
          next += Self.partials(text)
        }
      }
    }
  }

  // MARK: Rendering

  /// The text of a template with some values.
  ///
  /// - Throws: `PatternFileError` for a name in a site's template that means nothing.
  func render(_ name: String, _ values: [String: Any]) throws(PatternFileError) -> String {
    let root = PageRoot(values)
    let text = library.render(root, withTemplate: name) ?? ""
    guard let unknown = root.unknown.min() else { return text }
    let place = sources.values.filter { !$0.isBuiltIn && $0.text.contains(unknown) }
      .map(\.path).min()
    guard let place else { return text }
    throw Self.problem(place, "nothing has the name \(unknown) here")
  }
}

/// The outermost values of a page, which note what a template asks for in vain.
private final class PageRoot: MustacheParent {
  private let values: [String: Any]
  private(set) var unknown: Set<String> = []

  init(_ values: [String: Any]) { self.values = values }

  func child(named name: String) -> Any? {
    if let value = values[name] { return value }
    unknown.insert(name)
    return nil
  }
}
