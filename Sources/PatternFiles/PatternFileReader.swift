internal import Glibc
internal import MailTerms

/// Reads one pattern file; every mistake is told with its place.
package struct PatternFileReader {
  private let file: String
  private let locations: TOMLLocations
  private var fragments: [String: String] = [:]
  private var fragmentLengths: [String: Int] = [:]

  /// Reads a file's text.
  ///
  /// - Parameters:
  ///   - name: the file's name.
  ///   - path: how messages call the file.
  /// - Throws: `PatternFileError` for bad TOML, unknown or missing keys, and values of the wrong type.
  package static func read(name: String, path: String, text: String) throws(PatternFileError)
    -> PatternFile
  {
    let root = try TOMLNode.table(of: text, file: path)
    var reader = PatternFileReader(file: path, text: text)
    return try reader.file(root, name: name, text: text)
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

  private init(file: String, text: String) {
    self.file = file
    locations = TOMLLocations(text)
  }

  private mutating func file(
    _ root: [String: TOMLNode], name: String, text: String
  ) throws(PatternFileError) -> PatternFile {
    try onlyKeys(["mta", "define", "frame", "rule", "case"], of: root, in: "")
    guard let word = try string("mta", of: root, in: "") else {
      throw error(
        "a pattern file begins with mta = \"exim\", \"postfix\" or \"any\"", at: locations.table("")
      )
    }
    let mta = MTA.allCases.first { $0.word == word }
    guard mta != nil || word == "any" else {
      throw error("no such mta: \(word)", at: locations.value("mta", in: ""))
    }
    for (key, value) in try table("define", of: root, in: "") {
      guard case .string(let text) = value else {
        throw error("define.\(key) must be a string", at: locations.value(key, in: "define"))
      }
      fragments[key] = text
    }
    for (key, text) in fragments.sorted(by: { $0.key < $1.key }) {
      fragmentLengths[key] = try filled(text, key: key, in: "define").utf8.count
    }
    var result = PatternFile(
      name: name, path: file, mta: mta, fragments: fragments, frames: [], rules: [], cases: [],
      text: text)
    for (index, table) in try tables("frame", of: root, in: "").enumerated() {
      result.frames.append(try step(table, in: "frame[\(index)]", isFrame: true))
    }
    for (index, table) in try tables("rule", of: root, in: "").enumerated() {
      result.rules.append(try step(table, in: "rule[\(index)]", isFrame: false))
    }
    for (index, table) in try tables("case", of: root, in: "").enumerated() {
      result.cases.append(try aCase(table, in: "case[\(index)]"))
    }
    return result
  }

  private func step(
    _ table: [String: TOMLNode], in path: String, isFrame: Bool
  ) throws(PatternFileError) -> PatternStep {
    var known = [
      "name", "regex", "detail", "contains", "event", "origin", "then", "otherwise", "sample",
      "near_miss",
    ]
    if !isFrame { known.append("key") }
    try onlyKeys(known, of: table, in: path)
    let name = try required("name", of: table, in: path)
    let written = try required("regex", of: table, in: path)
    let regex = try filled(written, key: "regex", in: path)
    var keys: [String] = []
    if !isFrame {
      switch table["key"] {
      case .string(let key): keys = [key]
      case .array(let nodes):
        for case .string(let key) in nodes { keys.append(key) }
      default: break
      }
      guard !keys.isEmpty else {
        throw error(
          "a rule needs key = \"...\", what its frame captured", at: locations.table(path))
      }
    }
    let event = try word("event", of: table, in: path, RecordKind.init(word:))
    let origin = try word("origin", of: table, in: path) { word in
      Origin.allCases.first { $0.word.string == word }
    }
    let then = try string("then", of: table, in: path)
    let otherwise = try string("otherwise", of: table, in: path)
    if !isFrame, event == nil, then == nil, otherwise == nil, !regex.contains("(?<key>") {
      throw error(
        "a rule needs an event, then = \"...\", or a key to go on with", at: locations.table(path))
    }
    var samples: [PatternSample] = []
    for (index, sample) in try tables("sample", of: table, in: path).enumerated() {
      samples.append(try self.sample(sample, in: "\(path).sample[\(index)]"))
    }
    var misses: [NearMiss] = []
    for (index, miss) in try tables("near_miss", of: table, in: path).enumerated() {
      let path = "\(path).near_miss[\(index)]"
      try onlyKeys(["line", "why"], of: miss, in: path)
      misses.append(
        NearMiss(
          line: try required("line", of: miss, in: path),
          why: try required("why", of: miss, in: path),
          position: locations.table(path)))
    }
    return PatternStep(
      name: name, keys: keys, regex: regex,
      detail: try string("detail", of: table, in: path).map { text throws(PatternFileError) in
        try filled(text, key: "detail", in: path)
      },
      contains: try string("contains", of: table, in: path), event: event, origin: origin,
      then: then,
      otherwise: otherwise, samples: samples, nearMisses: misses, file: file,
      position: locations.value("regex", in: path),
      detailPosition: locations.value("detail", in: path), written: written,
      writtenDetail: try string("detail", of: table, in: path), fragmentLengths: fragmentLengths
    )
  }

  private func sample(
    _ table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> PatternSample {
    try onlyKeys(["line", "expect", "absent"], of: table, in: path)
    var absent: [String] = []
    if case .array(let nodes) = table["absent"] {
      for case .string(let name) in nodes { absent.append(name) }
    }
    return PatternSample(
      line: try required("line", of: table, in: path),
      expected: try fields(try self.table("expect", of: table, in: path), in: path),
      absent: absent, position: locations.table(path))
  }

  private func aCase(
    _ table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> PatternCase {
    try onlyKeys(["name", "log", "expect"], of: table, in: path)
    guard case .array(let nodes) = table["expect"] else {
      throw error("a case needs expect = [ {...}, ... ]", at: locations.table(path))
    }
    var expected: [[String: String]] = []
    for case .table(let event) in nodes { expected.append(try fields(event, in: path)) }
    return PatternCase(
      name: try required("name", of: table, in: path),
      log: try required("log", of: table, in: path),
      expected: expected, file: file, position: locations.table(path))
  }

  /// The expected values as texts: `code = 551` and `code = "551"` are the same.
  private func fields(
    _ table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> [String: String] {
    var result: [String: String] = [:]
    for (key, node) in table {
      switch node {
      case .string(let text): result[key] = text
      case .integer(let number): result[key] = String(number)
      default:
        throw error(
          "expect.\(key) must be a string or a number", at: locations.value("expect", in: path))
      }
    }
    return result
  }

  /// Replaces each `%{name}` by the fragment of that name, and those inside it.
  private func filled(
    _ text: String, key: String, in path: String, depth: Int = 0
  ) throws(PatternFileError) -> String {
    guard depth < 12 else {
      throw error("fragments that use each other in a circle", at: locations.value(key, in: path))
    }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count * 2)
    var at = 0
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "%"), at + 1 < bytes.count,
        bytes[at + 1] == UInt8(ascii: "{"),
        let end = bytes[at...].firstIndex(of: UInt8(ascii: "}"))
      else {
        result.append(bytes[at])
        at += 1
        continue
      }
      let name = String(decoding: bytes[(at + 2)..<end], as: UTF8.self)
      guard let fragment = fragments[name] else {
        throw error(
          "no such fragment: %{\(name)}", at: locations.byte(at, of: text, key: key, in: path))
      }
      result += try filled(fragment, key: name, in: "define", depth: depth + 1).utf8
      at = end + 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  // MARK: Reading keys

  private func onlyKeys(
    _ known: [String], of table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) {
    guard let stranger = table.keys.filter({ !known.contains($0) }).min() else { return }
    throw error(
      "no such key: \(stranger) (known: \(known.joined(separator: ", ")))",
      at: locations.value(stranger, in: path))
  }

  private func required(
    _ key: String, of table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> String {
    guard let text = try string(key, of: table, in: path) else {
      throw error("\(key) is missing", at: locations.table(path))
    }
    return text
  }

  private func string(
    _ key: String, of table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> String? {
    switch table[key] {
    case nil: return nil
    case .string(let text): return text
    default: throw error("\(key) must be a string", at: locations.value(key, in: path))
    }
  }

  private func word<Word>(
    _ key: String, of table: [String: TOMLNode], in path: String, _ word: (String) -> Word?
  ) throws(PatternFileError) -> Word? {
    guard let text = try string(key, of: table, in: path) else { return nil }
    guard let value = word(text) else {
      throw error("no such \(key): \(text)", at: locations.value(key, in: path))
    }
    return value
  }

  private func table(
    _ key: String, of table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> [String: TOMLNode] {
    switch table[key] {
    case nil: return [:]
    case .table(let inner): return inner
    default: throw error("\(key) must be a table", at: locations.value(key, in: path))
    }
  }

  private func tables(
    _ key: String, of table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> [[String: TOMLNode]] {
    guard let node = table[key] else { return [] }
    guard case .array(let nodes) = node else {
      throw error("write [[\(key)]], a table for each", at: locations.table(key))
    }
    var result: [[String: TOMLNode]] = []
    for case .table(let inner) in nodes { result.append(inner) }
    return result
  }

  private func error(_ message: String, at position: FilePosition) -> PatternFileError {
    PatternFileError(file: file, position: position, message: message)
  }
}
