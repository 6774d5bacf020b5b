import TestSupport

/// A page as its tags and the text between them, read as a browser's tokenizer does (HTML, section 13.2.5).
struct HTMLReader {
  /// A tag with its attributes, or the text behind it.
  enum Piece: Equatable {
    case tag(String, [String: String])
    case end(String)
    case text(String)
  }

  let pieces: [Piece]

  init(_ html: String) throws {
    var pieces: [Piece] = []
    var rest = Array(html.unicodeScalars)[...]
    while let first = rest.first {
      if first != "<" {
        pieces.append(.text(Self.decoded(Self.taken(&rest) { $0 != "<" })))
      } else if rest.dropFirst().first == "!" {
        _ = Self.taken(&rest) { $0 != ">" }
        rest = rest.dropFirst()
      } else {
        let tag = try Self.tag(&rest)
        pieces.append(tag)
        // What stands in a style sheet is no markup.
        if case .tag("style", _) = tag { pieces.append(.text(Self.taken(&rest) { $0 != "<" })) }
      }
    }
    self.pieces = pieces
  }

  private static func taken(
    _ rest: inout ArraySlice<Unicode.Scalar>, while isWanted: (Unicode.Scalar) -> Bool
  ) -> String {
    let part = rest.prefix(while: isWanted)
    rest = rest.dropFirst(part.count)
    return String(String.UnicodeScalarView(part))
  }

  private static func tag(_ rest: inout ArraySlice<Unicode.Scalar>) throws -> Piece {
    let all = String(String.UnicodeScalarView(rest.prefix(60)))
    rest = rest.dropFirst()
    let isEnd = rest.first == "/"
    if isEnd { rest = rest.dropFirst() }
    let name = taken(&rest) { $0.properties.isAlphabetic || $0.properties.numericType != nil }
    guard !name.isEmpty else { throw TestFailure("no tag: \(all)") }
    var attributes: [String: String] = [:]
    while true {
      _ = taken(&rest) { $0 == " " || $0 == "\n" || $0 == "/" }
      guard let next = rest.first else { throw TestFailure("an open tag: \(all)") }
      if next == ">" { break }
      let key = taken(&rest) { $0 != "=" && $0 != ">" && $0 != " " }
      var value = ""
      if rest.first == "=" {
        rest = rest.dropFirst()
        if rest.first == "\"" {
          rest = rest.dropFirst()
          value = taken(&rest) { $0 != "\"" }
          rest = rest.dropFirst()
          guard let end = rest.first, end == " " || end == ">" || end == "\n" || end == "/" else {
            throw TestFailure("text behind an attribute: \(all)")
          }
        } else {
          value = taken(&rest) { $0 != ">" && $0 != " " }
        }
      }
      guard attributes[key] == nil else { throw TestFailure("\(key) twice: \(all)") }
      attributes[key] = decoded(value)
    }
    rest = rest.dropFirst()
    return isEnd ? .end(name) : .tag(name, attributes)
  }

  private static func decoded(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      rest = rest[ampersand...]
      let known = [
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "),
        ("&amp;", "&"),
      ]
      guard let (entity, character) = known.first(where: { rest.hasPrefix($0.0) }) else {
        return result + "BAD ENTITY" + rest
      }
      result += character
      rest = rest.dropFirst(entity.count)
    }
    return result + rest
  }

  /// The names of the tags.
  var tags: Set<String> {
    Set(pieces.compactMap { if case .tag(let name, _) = $0 { name } else { nil } })
  }

  /// Each attribute as `tag.name`.
  var attributes: Set<String> {
    Set(
      pieces.flatMap { piece -> [String] in
        guard case .tag(let name, let attributes) = piece else { return [] }
        return attributes.keys.map { "\(name).\($0)" }
      })
  }

  /// The values of an attribute.
  func values(of attribute: String) -> [String] {
    pieces.compactMap { if case .tag(_, let all) = $0 { all[attribute] } else { nil } }
  }

  /// The text, with nothing of the tags.
  var text: String {
    pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
  }

  /// The rows of the tables below a heading, as the words of their cells; the rows of headings are not among
  /// them.
  func rows(below heading: String) throws -> [[String]] {
    let start = pieces.indices.dropFirst().first { index in
      guard case .tag("h2", _) = pieces[index - 1] else { return false }
      return pieces[index] == .text(heading)
    }
    guard let start else { throw TestFailure("no heading \(heading)") }
    var rows: [[String]] = []
    var isHead = false
    for piece in pieces[(start + 1)...] {
      switch piece {
      case .tag("h2", _), .end("main"): return Self.trimmed(rows)
      case .tag("thead", _): isHead = true
      case .end("thead"): isHead = false
      case .tag("tr", _): rows.append([])
      case .tag("th", _), .tag("td", _):
        if !isHead, !rows.isEmpty { rows[rows.count - 1].append("") }
      case .text(let text):
        guard !isHead, let last = rows.last, !last.isEmpty else { continue }
        rows[rows.count - 1][last.count - 1] += text
      case .end("table"): rows.append([])
      default: break
      }
    }
    return Self.trimmed(rows)
  }

  /// The rows that have cells, without what ends a line behind a cell.
  private static func trimmed(_ rows: [[String]]) -> [[String]] {
    rows.filter { !$0.isEmpty }.map { row in
      row.map { cell in
        var cell = cell[...]
        while cell.last == "\n" { cell = cell.dropLast() }
        return String(cell)
      }
    }.filter { $0 != [""] }
  }

  /// The number that a cell shows.
  static func number(_ cell: String) -> Int? {
    Int(cell.filter { $0.isNumber || $0 == "-" })
  }
}
