internal import Glibc
internal import MailTerms

/// Reads one pattern file; every mistake is told with its place.
package struct PatternFileReader {
  private let toml: TOMLFile
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
    var reader = PatternFileReader(toml: try TOMLFile(path: path, text: text))
    return try reader.file(reader.toml.root, name: name, text: text)
  }

  private init(toml: TOMLFile) { self.toml = toml }

  private mutating func file(
    _ root: [String: TOMLNode], name: String, text: String
  ) throws(PatternFileError) -> PatternFile {
    try toml.onlyKeys(["mta", "define", "frame", "rule", "case"], of: root, in: "")
    guard let word = try toml.string("mta", of: root, in: "") else {
      throw toml.error(
        "a pattern file begins with mta = \"exim\", \"postfix\" or \"any\"",
        at: toml.locations.table("")
      )
    }
    let mta = MTA.allCases.first { $0.word == word }
    guard mta != nil || word == "any" else {
      throw toml.error("no such mta: \(word)", at: toml.locations.value("mta", in: ""))
    }
    for (key, value) in try toml.table("define", of: root, in: "") {
      guard case .string(let text) = value else {
        throw toml.error(
          "define.\(key) must be a string", at: toml.locations.value(key, in: "define"))
      }
      fragments[key] = text
    }
    for (key, text) in fragments.sorted(by: { $0.key < $1.key }) {
      fragmentLengths[key] = try filled(text, key: key, in: "define").utf8.count
    }
    var result = PatternFile(
      name: name, path: toml.path, mta: mta, fragments: fragments, frames: [], rules: [], cases: [],
      text: text)
    for (index, table) in try toml.tables("frame", of: root, in: "").enumerated() {
      let frame = try step(table, in: "frame[\(index)]", isFrame: true)
      try add(frame, to: &result.frames)
    }
    for (index, table) in try toml.tables("rule", of: root, in: "").enumerated() {
      let rule = try step(table, in: "rule[\(index)]", isFrame: false)
      try add(rule, to: &result.rules)
    }
    for (index, table) in try toml.tables("case", of: root, in: "").enumerated() {
      result.cases.append(try aCase(table, in: "case[\(index)]"))
    }
    return result
  }

  /// Adds a step, which has its name to itself in its file: of two, one would never be tried.
  private func add(_ step: PatternStep, to steps: inout [PatternStep]) throws(PatternFileError) {
    guard !steps.contains(where: { $0.name == step.name }) else {
      throw toml.error("\(step.name) stands here twice", at: step.position)
    }
    steps.append(step)
  }

  private func step(
    _ table: [String: TOMLNode], in path: String, isFrame: Bool
  ) throws(PatternFileError) -> PatternStep {
    var known = [
      "name", "regex", "detail", "contains", "event", "origin", "then", "otherwise", "sample",
      "near_miss",
    ]
    if !isFrame { known.append("key") }
    try toml.onlyKeys(known, of: table, in: path)
    let name = try toml.required("name", of: table, in: path)
    let written = try toml.required("regex", of: table, in: path)
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
        throw toml.error(
          "a rule needs key = \"...\", what its frame captured", at: toml.locations.table(path))
      }
    }
    let event = try toml.word("event", of: table, in: path, RecordKind.init(word:))
    let origin = try toml.word("origin", of: table, in: path) { word in
      Origin.allCases.first { $0.word.string == word }
    }
    let then = try toml.string("then", of: table, in: path)
    let otherwise = try toml.string("otherwise", of: table, in: path)
    if !isFrame, event == nil, then == nil, otherwise == nil, !regex.contains("(?<key>") {
      throw toml.error(
        "a rule needs an event, then = \"...\", or a key to go on with",
        at: toml.locations.table(path))
    }
    var samples: [PatternSample] = []
    for (index, sample) in try toml.tables("sample", of: table, in: path).enumerated() {
      samples.append(try self.sample(sample, in: "\(path).sample[\(index)]"))
    }
    var misses: [NearMiss] = []
    for (index, miss) in try toml.tables("near_miss", of: table, in: path).enumerated() {
      let path = "\(path).near_miss[\(index)]"
      try toml.onlyKeys(["line", "why"], of: miss, in: path)
      misses.append(
        NearMiss(
          line: try toml.required("line", of: miss, in: path),
          why: try toml.required("why", of: miss, in: path),
          position: toml.locations.table(path)))
    }
    return PatternStep(
      name: name, keys: keys, regex: regex,
      detail: try toml.string("detail", of: table, in: path).map { text throws(PatternFileError) in
        try filled(text, key: "detail", in: path)
      },
      contains: try toml.strings("contains", of: table, in: path) ?? [], event: event,
      origin: origin, then: then,
      otherwise: otherwise, samples: samples, nearMisses: misses, file: toml.path,
      position: toml.locations.value("regex", in: path),
      detailPosition: toml.locations.value("detail", in: path), written: written,
      writtenDetail: try toml.string("detail", of: table, in: path),
      fragmentLengths: fragmentLengths
    )
  }

  private func sample(
    _ table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> PatternSample {
    try toml.onlyKeys(["line", "expect", "absent"], of: table, in: path)
    var absent: [String] = []
    if case .array(let nodes) = table["absent"] {
      for case .string(let name) in nodes { absent.append(name) }
    }
    return PatternSample(
      line: try toml.required("line", of: table, in: path),
      expected: try fields(try toml.table("expect", of: table, in: path), in: path),
      absent: absent, position: toml.locations.table(path))
  }

  private func aCase(
    _ table: [String: TOMLNode], in path: String
  ) throws(PatternFileError) -> PatternCase {
    try toml.onlyKeys(["name", "log", "expect"], of: table, in: path)
    guard case .array(let nodes) = table["expect"] else {
      throw toml.error("a case needs expect = [ {...}, ... ]", at: toml.locations.table(path))
    }
    var expected: [[String: String]] = []
    for case .table(let event) in nodes { expected.append(try fields(event, in: path)) }
    return PatternCase(
      name: try toml.required("name", of: table, in: path),
      log: try toml.required("log", of: table, in: path),
      expected: expected, file: toml.path, position: toml.locations.table(path))
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
        throw toml.error(
          "expect.\(key) must be a string or a number", at: toml.locations.value("expect", in: path)
        )
      }
    }
    return result
  }

  /// Replaces each `%{name}` by the fragment of that name, and those inside it.
  private func filled(
    _ text: String, key: String, in path: String, depth: Int = 0
  ) throws(PatternFileError) -> String {
    guard depth < 12 else {
      throw toml.error(
        "fragments that use each other in a circle", at: toml.locations.value(key, in: path))
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
        throw toml.error(
          "no such fragment: %{\(name)}", at: toml.locations.byte(at, of: text, key: key, in: path))
      }
      result += try filled(fragment, key: name, in: "define", depth: depth + 1).utf8
      at = end + 1
    }
    return String(decoding: result, as: UTF8.self)
  }
}
