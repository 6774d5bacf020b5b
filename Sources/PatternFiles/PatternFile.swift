package import MailTerms

/// One pattern file as its author wrote it: frames, rules and cases, before anything is compiled.
package struct PatternFile: Sendable {
  /// What the path of a built-in file begins with.
  package static let builtInPrefix = "built-in/"

  /// The file's name, such as `exim.toml`; a file overlays the one of the same name.
  package var name: String
  /// Where it came from, for messages: a path, or `built-in/exim.toml`.
  package var path: String
  /// Whose log lines the patterns recognise; nil for those of a log that any program may write to.
  package var mta: MTA?
  /// Fragments of regular expressions by name, written `%{name}` in a regex of the file.
  package var fragments: [String: String]
  /// The patterns that are tried at the beginning of a line.
  package var frames: [PatternStep]
  /// The patterns filed under what an earlier one captured as `key`.
  package var rules: [PatternStep]
  /// Logs of several lines and the outcomes they must give.
  package var cases: [PatternCase]
  /// The whole text.
  package var text: String
}

/// One pattern: a frame or a rule.
package struct PatternStep: Sendable {
  /// Its name, unique among the frames or rules of its MTA.
  package var name: String
  /// The keys under which a rule is filed; a frame has none.
  package var keys: [String]
  /// The regular expression, with its fragments filled in.
  package var regex: String
  /// A second expression for the same place, tried only when an event is written: fields that no count needs.
  package var detail: String?
  /// Bytes of which the rest of the line must contain some for the rule to be tried; none where it always is.
  package var contains: [String]
  /// What a recognised line says; nil where other rules go on.
  package var event: RecordKind?
  /// Who decided, where the rule's text alone tells.
  package var origin: Origin?
  /// The key of the rules that go on behind this match; a captured `key` goes before it.
  package var then: String?
  /// The key of the rules that go on from the start of the captured `key`, when none is filed under it.
  package var otherwise: String?
  /// Lines that the pattern must recognise.
  package var samples: [PatternSample]
  /// Lines that it must leave alone.
  package var nearMisses: [NearMiss]
  /// The file of the pattern, and where its regex begins there.
  package var file: String
  package var position: FilePosition
  /// Whether the pattern came with the binary.
  package var isBuiltIn: Bool { file.hasPrefix(PatternFile.builtInPrefix) }
  /// The same of `detail`.
  var detailPosition: FilePosition
  /// The two expressions as they stand in the file, before their fragments were filled in.
  var written: String
  var writtenDetail: String?
  /// The length in bytes of each fragment once it is filled in.
  var fragmentLengths: [String: Int]

  /// Where a byte of `regex` or `detail` comes from; inside a fragment, where the fragment is used.
  package func position(ofByte offset: Int, inDetail: Bool) -> FilePosition {
    let start = inDetail ? detailPosition : position
    var filled = 0
    var line = start.line
    var column = start.column
    var rest = (inDetail ? writtenDetail ?? "" : written).utf8[...]
    while let byte = rest.first, filled < offset {
      if rest.starts(with: "%{".utf8), let end = rest.firstIndex(of: UInt8(ascii: "}")) {
        let name = String(decoding: rest[..<end].dropFirst(2), as: UTF8.self)
        let length = fragmentLengths[name] ?? 0
        if filled + length > offset { break }
        filled += length
        column += name.utf8.count + 3
        rest = rest[rest.index(after: end)...]
        continue
      }
      filled += 1
      column = byte == UInt8(ascii: "\n") ? 1 : column + 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      rest = rest.dropFirst()
    }
    return FilePosition(line: line, column: column)
  }
}

/// A line and the fields that it must give.
package struct PatternSample: Sendable {
  /// The line as logged.
  package var line: String
  /// The value of each named field; the names are those of `RecordView.value(named:)`.
  package var expected: [String: String]
  /// Fields that the line must not give.
  package var absent: [String]
  /// Where the sample stands.
  package var position: FilePosition
}

/// A line that looks as if a rule took it, and the reason why it must not.
package struct NearMiss: Sendable {
  /// The line as logged.
  package var line: String
  /// Why.
  package var why: String
  /// Where it stands.
  package var position: FilePosition
}

/// Some lines of a log and the events that they must give, in order.
package struct PatternCase: Sendable {
  /// What the case shows.
  package var name: String
  /// The log.
  package var log: String
  /// The expected events: some fields of each, an empty text for null.
  package var expected: [[String: String]]
  /// The file of the case, and where it stands there.
  package var file: String
  package var position: FilePosition
}

// What the binary's own patterns are made with: the build reads and checks their files, so that a run
// need not. Only what proves them is left out.

extension PatternStep {
  /// Makes a pattern of the binary's own, without samples.
  package init(
    builtIn name: String, file: String, line: Int, keys: [String] = [], regex: String,
    detail: String? = nil, contains: [String] = [], event: RecordKind? = nil,
    origin: Origin? = nil, then: String? = nil, otherwise: String? = nil
  ) {
    let position = FilePosition(line: line, column: 1)
    self.init(
      name: name, keys: keys, regex: regex, detail: detail, contains: contains, event: event,
      origin: origin, then: then, otherwise: otherwise, samples: [], nearMisses: [], file: file,
      position: position, detailPosition: position, written: regex, writtenDetail: detail,
      fragmentLengths: [:])
  }
}

extension PatternFile {
  /// Makes a file of the binary's own, without cases.
  package init(builtIn name: String, mta: MTA?, frames: [PatternStep], rules: [PatternStep]) {
    self.init(
      name: name, path: Self.builtInPrefix + name, mta: mta, fragments: [:], frames: frames,
      rules: rules, cases: [], text: "")
  }
}
