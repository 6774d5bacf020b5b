internal import TOMLKit

/// A value of a TOML document; the only file that knows the library which reads them.
package indirect enum TOMLNode: Sendable, Equatable {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case array([TOMLNode])
  case table([String: TOMLNode])
  /// Floats, dates and times, which no pattern file needs.
  case other

  /// Reads a document.
  ///
  /// - Throws: `PatternFileError` with the line and column where the text is not TOML.
  static func table(of text: String, file: String) throws(PatternFileError) -> [String: TOMLNode] {
    if let trap = TOMLTrap(in: Array(text.utf8)) {
      throw PatternFileError(
        file: file, position: trap.position, message: "bad TOML: \(trap.message)")
    }
    do {
      return table(try TOMLTable(string: text))
    } catch let error as TOMLParseError {
      throw PatternFileError(
        file: file,
        position: FilePosition(line: error.source.begin.line, column: error.source.begin.column),
        message: "bad TOML: \(error.description)")
    } catch {
      throw PatternFileError(
        file: file, position: FilePosition(line: 0, column: 0), message: "bad TOML: \(error)")
    }
  }

  private static func table(_ table: TOMLTable) -> [String: TOMLNode] {
    var nodes: [String: TOMLNode] = [:]
    for (key, value) in table { nodes[key] = node(value) }
    return nodes
  }

  private static func node(_ value: any TOMLValueConvertible) -> TOMLNode {
    if let text = value.string { return .string(text) }
    if let flag = value.bool { return .boolean(flag) }
    if let number = value.int { return .integer(number) }
    if let array = value.array { return .array(array.map(node)) }
    if let inner = value.table { return .table(table(inner)) }
    return .other
  }
}
