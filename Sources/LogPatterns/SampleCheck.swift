package import MailTerms
package import PatternFiles
internal import PCRE2

/// What is wrong with a pattern, in the light of its samples.
package struct PatternProblem: Sendable {
  /// The file and the place of the sample or pattern.
  package var file: String
  package var position: FilePosition
  /// The name of the pattern or case.
  package var pattern: String
  /// What is wrong.
  package var message: String
  /// The line that shows it, and the offset of the byte up to which the pattern agreed with it.
  package var line: String?
  package var agreement: Int?

  /// Makes a problem.
  package init(
    file: String, position: FilePosition, pattern: String, message: String, line: String? = nil,
    agreement: Int? = nil
  ) {
    self.file = file
    self.position = position
    self.pattern = pattern
    self.message = message
    self.line = line
    self.agreement = agreement
  }
}

/// Holds every frame and rule of a catalog against its samples and near misses.
package struct SampleCheck: ~Copyable {
  private let catalog: PatternCatalog
  private var parser: RecordParser
  private var details: DetailReader
  private var matcher = Matcher()
  /// How many samples and near misses were tried.
  package private(set) var count = 0
  /// What is wrong.
  package private(set) var problems: [PatternProblem] = []
  /// The patterns that none of their own samples reaches, so that they may as well not be there.
  package private(set) var unreached: [PatternFileError] = []

  /// Makes a check; `clock` reads the samples' times.
  package init(catalog: PatternCatalog, clock: TimeReader) {
    self.catalog = catalog
    parser = RecordParser(catalog: catalog, clock: clock, keepsChain: true)
    details = DetailReader(catalog: catalog)
  }

  /// Tries all of them, or those of the user's files alone.
  package mutating func run(onlyUsers: Bool = false) {
    for (number, entry) in catalog.entries.enumerated() where !onlyUsers || !entry.step.isBuiltIn {
      if entry.step.samples.isEmpty {
        problems.append(
          PatternProblem(
            file: entry.step.file, position: entry.step.position, pattern: entry.step.name,
            message: "no sample shows what it recognises"))
      }
      var isReached = entry.step.samples.isEmpty
      for sample in entry.step.samples {
        isReached = check(sample, entry, Int32(number)) || isReached
      }
      if !isReached {
        unreached.append(
          PatternFileError(
            file: entry.step.file, position: entry.step.position,
            message: "\(entry.step.name): no sample reaches it"))
      }
      for miss in entry.step.nearMisses { check(miss, entry, Int32(number)) }
    }
  }

  /// Tries a sample, and tells whether it reaches its pattern.
  private mutating func check(
    _ sample: PatternSample, _ entry: PatternCatalog.Entry, _ number: Int32
  ) -> Bool {
    count += 1
    let line = Array(sample.line.utf8)
    func problem(_ message: String, _ agreement: Int? = nil) -> PatternProblem {
      PatternProblem(
        file: entry.step.file, position: sample.position, pattern: entry.step.name,
        message: message,
        line: sample.line, agreement: agreement)
    }
    guard var record = parser.record(of: line.span) else {
      problems.append(problem("no pattern recognises the sample", agreement(entry, line)))
      return false
    }
    guard parser.chain.contains(number) else {
      let taken = parser.chain.map { catalog.entries[Int($0)].step.name }.joined(separator: ", ")
      problems.append(problem("the sample is taken by \(taken)", agreement(entry, line)))
      return false
    }
    let text = record.isUnpacked ? parser.unpacked : line
    details.complete(&record, line: text.span)
    let view = RecordView(record, line: text.span)
    for (name, wanted) in sample.expected.sorted(by: { $0.key < $1.key }) {
      guard RecordView.names.contains(name) else {
        problems.append(problem("no such field: \(name)"))
        continue
      }
      let got = view.value(named: name)
      if got != wanted {
        problems.append(problem("\(name) is \(quoted(got)), not \(quoted(wanted))"))
      }
    }
    for name in sample.absent {
      guard RecordView.names.contains(name) else {
        problems.append(problem("no such field: \(name)"))
        continue
      }
      if let got = view.value(named: name) {
        problems.append(problem("\(name) is \(quoted(got)), and should not be there"))
      }
    }
    return true
  }

  private mutating func check(_ miss: NearMiss, _ entry: PatternCatalog.Entry, _ number: Int32) {
    count += 1
    let line = Array(miss.line.utf8)
    _ = parser.record(of: line.span)
    guard parser.chain.contains(number) else { return }
    problems.append(
      PatternProblem(
        file: entry.step.file, position: miss.position, pattern: entry.step.name,
        message: "takes the near miss, although \(miss.why)", line: miss.line))
  }

  /// How far the pattern agrees with a line: from every place where a pattern before it could end.
  private mutating func agreement(_ entry: PatternCatalog.Entry, _ line: [UInt8]) -> Int {
    var furthest = 0
    for offset in starts(of: entry, line) {
      furthest = max(furthest, matcher.agreement(of: entry.pattern, with: line.span, at: offset))
    }
    return furthest
  }

  /// The offsets at which a pattern may be tried on a line.
  private mutating func starts(of entry: PatternCatalog.Entry, _ line: [UInt8]) -> [Int] {
    if entry.isFrame { return [0] }
    var starts: Set<Int> = []
    for other in catalog.entries where other.mta == nil || other.mta == entry.mta {
      let leads = !other.pattern.namedGroups.filter { $0.name == "key" }.isEmpty
      let next = [other.step.then, other.step.otherwise].compactMap { $0 }
      guard leads || next.contains(where: entry.step.keys.contains) else { continue }
      for offset in other.isFrame ? [0] : self.starts(ofLeading: other, line) {
        guard matcher.match(other.pattern, in: line.span, at: offset) == .matched else { continue }
        starts.insert(matcher.matchEnd)
        for (name, group) in other.pattern.namedGroups where name == "key" {
          if let key = matcher.group(group) { starts.insert(key.lowerBound) }
        }
      }
    }
    return starts.sorted()
  }

  /// Where a rule that leads to others may begin: behind the frames, one step back.
  private mutating func starts(ofLeading rule: PatternCatalog.Entry, _ line: [UInt8]) -> [Int] {
    var starts: Set<Int> = []
    for frame in catalog.entries
    where frame.isFrame && (frame.mta == nil || frame.mta == rule.mta) {
      guard matcher.match(frame.pattern, in: line.span, at: 0) == .matched else { continue }
      starts.insert(matcher.matchEnd)
      for (name, group) in frame.pattern.namedGroups where name == "key" {
        if let key = matcher.group(group) { starts.insert(key.lowerBound) }
      }
    }
    return starts.sorted()
  }

  private func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "missing" }
}
