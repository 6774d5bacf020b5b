import MailTerms
import PatternFiles
import TestSupport
import Testing

@testable import LogPatterns

/// Lines read by hand give what their patterns give: the same rule, the same fields.
@Suite struct FastPathTests {
  private let catalog: PatternCatalog
  private let lines: [[UInt8]]

  init() throws {
    catalog = try PatternCatalog(files: PatternFolders.files(overlaidBy: []))
    var lines: [String] = []
    for entry in catalog.entries {
      lines += entry.step.samples.map(\.line) + entry.step.nearMisses.map(\.line)
    }
    for file in catalog.files {
      for aCase in file.cases { lines += aCase.log.split(separator: "\n").map(String.init) }
    }
    self.lines = lines.map { Array($0.utf8) }
  }

  private func parser(byHand: Bool) -> RecordParser {
    RecordParser(
      catalog: catalog, clock: TimeReader(reference: 1_764_000_000), readsByHand: byHand)
  }

  /// A difference between the two ways, as a sentence; nil where there is none.
  private func difference(
    _ line: [UInt8], _ fast: inout RecordParser, _ slow: inout RecordParser
  ) -> String? {
    let a = fast.record(of: line.span)
    let b = slow.record(of: line.span)
    let text = String(decoding: line, as: UTF8.self)
    guard let a, let b else {
      return (a == nil) == (b == nil) ? nil : "recognised by one way only: \(text)"
    }
    if fast.chain != slow.chain { return "other patterns: \(text)" }
    if a.kind != b.kind || a.origin != b.origin || a.time != b.time || a.stepStart != b.stepStart {
      return "another record: \(text)"
    }
    for field in Field.allCases where a[field] != b[field] {
      return "\(field.name) is \(a[field].range), not \(b[field].range): \(text)"
    }
    return nil
  }

  @Test func `reads something by hand with the built-in patterns`() {
    let fast = FastPath(catalog)
    let steps = [
      fast.frame, fast.received, fast.delivered, fast.failedAddress, fast.failedByReply,
      fast.deferredAddress, fast.deferredByReply, fast.deferredHere, fast.completed,
    ]
    #expect(!steps.contains(nil))
    #expect(fast.answers > 0 && fast.failures > 0 && fast.deferrals > 0)
  }

  @Test func `gives the same record for every sample, near miss and case`() {
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    for line in lines { #expect(difference(line, &fast, &slow) == nil) }
  }

  @Test(arguments: 0..<8) func `gives the same record for altered lines`(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var fast = parser(byHand: true)
    var slow = parser(byHand: false)
    let bits = [
      " ", ":", ": ", " : ", "\"", " <\"", "<", ">", "(", "[", "]", "@", "\\", "|", "/", "=", " H=",
      " R=",
      " T=", " DT=1s", "R=1xVg0C-0006Kj-05", "\\n", "\n", "\u{0}", "é", "551 ", "551-",
      "host x [1.2.3.4]: ",
      " F=<>", " F=<a@b>", " P=<a@b>", " I=[192.0.2.9]:25", " X=TLS1.3:A:256 CV=yes", ".551",
      " +0000", " [551]",
      " QT=1s", " DN=\"a\"", " C=\"250 ok\"", " S=12", ":25", "*", "defer (-44)", "**", "==", "<=",
      "=>", "Completed",
      "****",
    ].map { Array($0.utf8) }
    for _ in 0..<8000 {
      var line = lines[random.next(below: lines.count)]
      for _ in 0..<(1 + random.next(below: 3)) where !line.isEmpty {
        let at = random.next(below: line.count)
        switch random.next(below: 5) {
        case 0: line.remove(at: at)
        case 1: line.insert(contentsOf: bits[random.next(below: bits.count)], at: at)
        case 2: line[at] = UInt8(truncatingIfNeeded: random.next())
        case 3: line.removeSubrange(at...)
        default:
          let other = lines[random.next(below: lines.count)]
          let from = random.next(below: other.count)
          line.replaceSubrange(at..., with: other[from...])
        }
      }
      let found = difference(line, &fast, &slow)
      #expect(found == nil)
    }
  }

  @Test func `a rule of the user's goes before what is read by hand`() throws {
    let text = """
      mta = "exim"
      [[rule]]
      name = "mine"
      key = "=>"
      event = "ignore"
      regex = '''quiet@'''
      [[rule.sample]]
      line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 => quiet@x.test R=r T=t H=h [192.0.2.1]'''
      expect = { event = "ignore" }
      """
    let mine = try PatternFileReader.read(name: "mine.toml", path: "mine.toml", text: text)
    let files = try PatternFolders.files(overlaidBy: [])
    let catalog = try PatternCatalog(files: [mine] + files)
    var parser = RecordParser(catalog: catalog, clock: TimeReader(reference: 0))
    let line = Array(
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 => quiet@x.test R=r T=t H=h [192.0.2.1]".utf8)
    let parsed = parser.record(of: line.span)
    let record = try #require(parsed)
    #expect(record.kind == .ignore)
    #expect(FastPath(catalog).delivered == nil)
  }
}
