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
    var closing: [UInt8]?
    var number = 0
    for line in Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false) {
      number += 1
      if let end = closing {
        if Self.contains(end, line) { closing = nil }
        continue
      }
      let content = line.drop(while: Self.isBlank)
      guard let first = content.first, first != UInt8(ascii: "#") else { continue }
      if first == UInt8(ascii: "[") {
        let header = Substring(String(decoding: content, as: UTF8.self))
        table = Self.open(header: header, counts: &counts)
        let place = FilePosition(line: number, column: content.startIndex - line.startIndex + 1)
        tables[table] = place
        noteParents(of: table, place)
        continue
      }
      let key = content.prefix { $0 != UInt8(ascii: "=") && !Self.isBlank($0) }
      let afterKey = content.dropFirst(key.count).drop(while: Self.isBlank)
      guard !key.isEmpty, afterKey.first == UInt8(ascii: "=") else { continue }
      let value = afterKey.dropFirst().drop(while: Self.isBlank)
      let name = String(decoding: key, as: UTF8.self)
      let path = table.isEmpty ? name : "\(table).\(name)"
      noteParents(
        of: path, FilePosition(line: number, column: content.startIndex - line.startIndex + 1))
      (values[path], closing) = Self.start(
        of: value, line: number, column: value.startIndex - line.startIndex + 1)
    }
  }

  /// Notes where the tables begin that only the name of another one or a dotted key makes.
  private mutating func noteParents(of path: String, _ place: FilePosition) {
    for dot in path.indices where path[dot] == "." {
      let parent = String(path[..<dot])
      if tables[parent] == nil { tables[parent] = place }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func contains(_ quotes: [UInt8], _ line: ArraySlice<UInt8>) -> Bool {
    var run = 0
    for byte in line {
      run = byte == quotes[0] ? run + 1 : 0
      if run == quotes.count { return true }
    }
    return false
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
    of value: ArraySlice<UInt8>, line: Int, column: Int
  ) -> (Value, closing: [UInt8]?) {
    let quote = value.first ?? 0
    let isLiteral = quote == UInt8(ascii: "'")
    guard isLiteral || quote == UInt8(ascii: "\"") else {
      return (Value(position: FilePosition(line: line, column: column), isLiteral: false), nil)
    }
    let quotes = [quote, quote, quote]
    guard value.starts(with: quotes) else {
      return (
        Value(position: FilePosition(line: line, column: column + 1), isLiteral: isLiteral), nil
      )
    }
    let inner = value.dropFirst(3)
    // A newline right behind the opening quotes is not part of the text.
    let position =
      inner.isEmpty
      ? FilePosition(line: line + 1, column: 1) : FilePosition(line: line, column: column + 3)
    return (
      Value(position: position, isLiteral: isLiteral), contains(quotes, inner) ? nil : quotes
    )
  }

  /// Where a table's header stands.
  func table(_ path: String) -> FilePosition { tables[path] ?? FilePosition(line: 0, column: 0) }

  /// Where a key's value begins, or the header of a table or of the first of some tables of that name; the
  /// table's header where the key is not there.
  func value(_ key: String, in path: String) -> FilePosition {
    let full = path.isEmpty ? key : "\(path).\(key)"
    return values[full]?.position ?? tables[full] ?? tables[full + "[0]"] ?? table(path)
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
