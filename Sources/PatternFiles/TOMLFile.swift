internal import Glibc

/// A TOML file that people write, read so that every mistake can be told with its place.
package struct TOMLFile: Sendable {
  /// How messages call the file.
  package let path: String
  /// The keys outside all tables, tables among them.
  package let root: [String: TOMLNode]
  /// Where everything stands.
  let locations: TOMLLocations

  /// Reads a text.
  ///
  /// - Throws: `PatternFileError` where it is not TOML.
  package init(path: String, text: String) throws(PatternFileError) {
    self.path = path
    root = try TOMLNode.table(of: text, file: path)
    locations = TOMLLocations(text)
  }

  /// The text of a file.
  ///
  /// - Throws: `PatternFileError` with the system's reason, if it cannot be read to its end.
  package static func text(ofFile path: String) throws(PatternFileError) -> String {
    func failure() -> PatternFileError {
      PatternFileError(
        file: path, position: FilePosition(line: 0, column: 0),
        message: unsafe String(cString: strerror(errno)))
    }
    guard let stream = unsafe fopen(path, "r") else { throw failure() }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe fread(buffer.baseAddress, 1, buffer.count, stream)
      }
      if count == 0 { break }
      bytes.append(contentsOf: buffer.prefix(count))
    }
    guard unsafe ferror(stream) == 0 else { throw failure() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Makes sure that a table has no other keys than some.
  package func onlyKeys(
    _ known: [String], of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) {
    guard let stranger = table.keys.filter({ !known.contains($0) }).min() else { return }
    throw error(
      "no such key: \(stranger) (known: \(known.joined(separator: ", ")))",
      at: locations.value(stranger, in: place))
  }

  /// A key's text, which must be there.
  package func required(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> String {
    guard let text = try string(key, of: table, in: place) else {
      throw error("\(key) is missing", at: locations.table(place))
    }
    return text
  }

  /// A key's text; nil where it is not there.
  package func string(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> String? {
    switch table[key] {
    case nil: return nil
    case .string(let text): return text
    default: throw error("\(key) must be a string", at: locations.value(key, in: place))
    }
  }

  /// A key's text as one of some words.
  package func word<Word>(
    _ key: String, of table: [String: TOMLNode], in place: String, expected: [String] = [],
    _ word: (String) -> Word?
  ) throws(PatternFileError) -> Word? {
    guard let text = try string(key, of: table, in: place) else { return nil }
    guard let value = word(text) else {
      let words = expected.isEmpty ? "" : "; expected \(expected.joined(separator: ", "))"
      throw error("no such \(key): \(text)\(words)", at: locations.value(key, in: place))
    }
    return value
  }

  /// A key's table; empty where it is not there.
  package func table(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [String: TOMLNode] {
    switch table[key] {
    case nil: return [:]
    case .table(let inner): return inner
    default: throw error("\(key) must be a table", at: locations.value(key, in: place))
    }
  }

  /// The tables of a key, written as `[[key]]`.
  package func tables(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [[String: TOMLNode]] {
    guard let node = table[key] else { return [] }
    guard case .array(let nodes) = node else {
      throw error("write [[\(key)]], a table for each", at: locations.value(key, in: place))
    }
    var result: [[String: TOMLNode]] = []
    for case .table(let inner) in nodes { result.append(inner) }
    return result
  }

  /// An error at a place of the file.
  package func error(_ message: String, at position: FilePosition) -> PatternFileError {
    PatternFileError(file: path, position: position, message: message)
  }

  /// A key's number; nil where it is not there.
  package func integer(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> Int? {
    switch table[key] {
    case nil: return nil
    case .integer(let number): return number
    default: throw error("\(key) must be a whole number", at: locations.value(key, in: place))
    }
  }

  /// A key's text or whole number, as text; nil where it is not there.
  package func text(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> String? {
    if case .integer(let number) = table[key] { return String(number) }
    return try string(key, of: table, in: place)
  }

  /// A key's texts: one, or several in `[...]`; nil where it is not there.
  package func strings(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [String]? {
    switch table[key] {
    case nil: return nil
    case .string(let text): return [text]
    case .array(let nodes):
      var texts: [String] = []
      for node in nodes {
        guard case .string(let text) = node else {
          throw error("\(key) must hold strings", at: locations.value(key, in: place))
        }
        texts.append(text)
      }
      return texts
    default:
      throw error("\(key) must be a string or [strings]", at: locations.value(key, in: place))
    }
  }

  /// An error about a key's value.
  package func error(
    _ message: String, about key: String, in place: String
  ) -> PatternFileError {
    error(message, at: locations.value(key, in: place))
  }
}
