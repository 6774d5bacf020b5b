/// Where the tables and keys of a TOML text stand, which the TOML library does not tell.
///
/// Tables of an array are counted from 0: `rule[2].sample[0].line` is the `line` of the first
/// `[[rule.sample]]` below the third `[[rule]]`. Keys inside an inline table are not located.
struct TOMLLocations {
  /// Where the value of a key begins, and whether its text is taken as it stands (`'...'`).
  struct Value {
    var position: FilePosition
    var isLiteral: Bool
  }

  private var tables: [String: FilePosition] = [:]
  private var values: [String: Value] = [:]

  /// Finds the tables and keys of a text that is known to be TOML.
  init(_ text: String) {
    var counts: [String: Int] = [:]
    var table = ""
    var closing: String?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let end = closing {
        if line.contains(end) { closing = nil }
        continue
      }
      let content = line.drop { $0 == " " || $0 == "\t" }
      let indent = line.utf8.count - content.utf8.count
      if content.hasPrefix("[") {
        table = Self.open(header: content, counts: &counts)
        tables[table] = FilePosition(line: number + 1, column: indent + 1)
        continue
      }
      let key = content.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
      let afterKey = content.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }
      guard !key.isEmpty, afterKey.first == "=" else { continue }
      let value = afterKey.dropFirst().drop { $0 == " " || $0 == "\t" }
      let path = table.isEmpty ? String(key) : "\(table).\(key)"
      let column = line.utf8.count - value.utf8.count + 1
      (values[path], closing) = Self.start(of: value, line: number + 1, column: column)
    }
  }

  /// The full path of a table header, with the number of the table in each array.
  private static func open(header: Substring, counts: inout [String: Int]) -> String {
    let isArray = header.hasPrefix("[[")
    let name = header.drop { $0 == "[" || $0 == " " }.prefix { $0 != "]" && $0 != " " }
    let parts = name.split(separator: ".").map(String.init)
    var path = ""
    for (index, part) in parts.enumerated() {
      path += (path.isEmpty ? "" : ".") + part
      let isLast = index == parts.count - 1
      if isLast, isArray { counts[path, default: 0] += 1 }
      if let count = counts[path], isArray || !isLast { path += "[\(count - 1)]" }
    }
    return path
  }

  private static func start(
    of value: Substring, line: Int, column: Int
  ) -> (Value, closing: String?) {
    for quote in ["'''", "\"\"\""] where value.hasPrefix(quote) {
      let inner = value.dropFirst(3)
      let isOpen = !inner.contains(quote)
      // A newline right behind the opening quotes is not part of the text.
      let position =
        inner.isEmpty
        ? FilePosition(line: line + 1, column: 1) : FilePosition(line: line, column: column + 3)
      return (Value(position: position, isLiteral: quote == "'''"), isOpen ? quote : nil)
    }
    let isQuoted = value.hasPrefix("'") || value.hasPrefix("\"")
    let position = FilePosition(line: line, column: column + (isQuoted ? 1 : 0))
    return (Value(position: position, isLiteral: value.hasPrefix("'")), nil)
  }

  /// Where a table's header stands.
  func table(_ path: String) -> FilePosition { tables[path] ?? FilePosition(line: 0, column: 0) }

  /// Where a key's value begins; the table's header where the key is not there.
  func value(_ key: String, in path: String) -> FilePosition {
    values[path.isEmpty ? key : "\(path).\(key)"]?.position ?? table(path)
  }

  /// Where a byte of a key's text stands: `offset` bytes from its beginning.
  func byte(_ offset: Int, of text: String, key: String, in path: String) -> FilePosition {
    let start = value(key, in: path)
    guard values["\(path).\(key)"]?.isLiteral == true else { return start }
    let before = text.utf8.prefix(offset)
    guard let newline = before.lastIndex(of: UInt8(ascii: "\n")) else {
      return FilePosition(line: start.line, column: start.column + before.count)
    }
    let lines = before.count(where: { $0 == UInt8(ascii: "\n") })
    return FilePosition(
      line: start.line + lines, column: before[before.index(after: newline)...].count + 1)
  }
}
