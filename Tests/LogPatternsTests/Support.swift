import LogPatterns
import MailTerms
import PatternFiles
import TestSupport
import Testing

/// A clock for stamps with a zone or of a known year: 2026-11-25 00:00 UTC.
let clock = TimeReader(reference: 1_795_564_800)

/// The pattern files of a folder that holds one file with this text.
func files(of text: String, named name: String = "test.toml") throws -> [PatternFile] {
  let folder = try TemporaryFolder()
  try folder.write(text.utf8, to: name)
  return try PatternFolders.read(folder: folder.path)
}

/// The catalog of one pattern file.
func catalog(of text: String) throws -> PatternCatalog {
  try PatternCatalog(files: files(of: text))
}

private let builtIn = try? PatternCatalog(files: PatternFolders.files(overlaidBy: []))

/// The built-in patterns.
func builtInCatalog() throws -> PatternCatalog { try #require(builtIn) }

/// The built-in patterns below those of one file.
func builtInCatalog(below text: String) throws -> PatternCatalog {
  try PatternCatalog(files: files(of: text) + PatternFolders.files(overlaidBy: []))
}

/// What a check of all samples finds wrong.
func problems(of catalog: PatternCatalog) -> [PatternProblem] {
  var check = SampleCheck(catalog: catalog, clock: clock)
  check.run()
  return check.problems
}

/// A frame that leaves the key behind a date to the rules, and the beginning of any test file.
let head = #"""
  mta = "exim"
  [[frame]]
  name = "line"
  regex = '''(?<time>\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d)\ (?<message_id>\w{6}-\w{6}-\w\w)\ (?<key>\S+)\ ?'''
  [[frame.sample]]
  line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed'''
  [[rule]]
  name = "done"
  key = "Completed"
  event = "completed"
  regex = '''$'''
  [[rule.sample]]
  line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed'''

  """#

/// Takes the mark `❯` out of a text and tells where it stood, line and column counted in bytes from 1.
func marked(_ text: String) throws -> (text: String, position: FilePosition) {
  let bytes = Array(text.utf8)
  let mark = Array("❯".utf8)
  let place = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) })
  let before = bytes[..<place]
  let position = FilePosition(
    line: before.count(where: { $0 == 10 }) + 1,
    column: place - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1)
  return (
    String(decoding: before + bytes[(place + mark.count)...], as: UTF8.self), position
  )
}

extension RecordParser {
  /// Some fields of a line's record; nil if the line is not recognised.
  mutating func values(_ line: [UInt8], _ names: [String]) -> [String: String]? {
    guard let record = record(of: line.span) else { return nil }
    let view = RecordView(record, line: line.span)
    var values: [String: String] = [:]
    for name in names { values[name] = view.value(named: name) }
    return values
  }
}

/// Changes, drops or adds some bytes of a line, or mixes in a part of another one; it stays one line.
func damage(_ line: inout [UInt8], with lines: [[UInt8]], _ random: inout SplitMix) {
  for _ in 0...random.next(below: 4) {
    let at = random.next(below: line.count)
    switch random.next(below: 8) {
    case 0: line[at] = UInt8(random.next(below: 256))
    case 1: line.remove(at: at)
    case 2, 3:
      let other = lines[random.next(below: lines.count)]
      line.insert(contentsOf: other.suffix(random.next(below: 90)), at: at)
    case 4: line = Array(line.prefix(at + 1))
    default:
      let odd = Array("\" <>:@[]()\\=*,;|/\tAz0\r".utf8)
      line.insert(odd[random.next(below: odd.count)], at: at)
    }
    line.removeAll { $0 == 10 }
    if line.isEmpty { line = [0] }
  }
}
