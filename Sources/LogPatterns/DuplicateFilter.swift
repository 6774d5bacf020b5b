internal import MailTerms
internal import PatternFiles

/// Recognises the second copy of a refusal in a syslog file.
///
/// With `syslog_duplication`, which is Exim's default, a line for the reject log goes to syslog twice, at
/// two levels, and both copies end up in one file (spec "Log files on disk and syslog"). The copies come
/// one right after the other from one process. Two equal refusals of one process can also be real: whether an
/// instance writes the lines of a rule twice is learned from the log. It is learned for each rule, since
/// a line that `log_selector` leaves out of the main log has no copy (log_write() in log.c).
package struct DuplicateFilter: Sendable {
  private struct Last {
    /// The line, and the kind of its lines.
    var line: UInt64
    var kind: UInt64
    var age: Int
  }

  private static let capacity = 1024
  /// The most that is known for or against copies: an instance may be configured anew.
  private static let certainty = 16
  /// The refusals whose copy may come next, by their process.
  private var waiting: [UInt64: Last] = [:]
  /// For the lines that an instance writes by one rule, how many more spoke for lines that come once than for
  /// copies.
  private var surplus: [UInt64: Int] = [:]
  private var clock = 0
  /// The secret seed of all the hashes: of lines, of processes, and of the lines' kinds.
  private let seed: UInt64

  /// Makes a filter that has seen nothing.
  package init(seed: UInt64 = ByteHash.seed) { self.seed = seed }

  /// Whether a line is the copy of the one before it; each line of a log is asked about, in order.
  @inline(__always) package mutating func isCopy(
    _ record: inout Record, line: Span<UInt8>, _ catalog: PatternCatalog
  ) -> Bool {
    guard Self.mayHaveCopy(&record) else { return false }
    return distinct(1, &record, line: line, catalog) == 0
  }

  /// How many lines some copies of a line stand for, which syslog wrote out or counted.
  package mutating func distinct(
    _ count: Int, _ record: inout Record, line: Span<UInt8>, _ catalog: PatternCatalog
  ) -> Int {
    let isRefusal = record.kind == .rejected || record.kind == .callout
    guard Self.mayHaveCopy(&record), isRefusal || !waiting.isEmpty else { return count }
    let edge = XXHash64.hash(line.extracting(record[.edge].range), seed: seed)
    let source = XXHash64.hash(line.extracting(record[.instance].range), seed: edge)
    let process = XXHash64.hash(line.extracting(record[.pid].range), seed: source)
    let last = waiting.removeValue(forKey: process)
    guard isRefusal || last != nil else { return count }
    let hash = XXHash64.hash(line, seed: seed)
    var rest = count
    if let last {
      let comesOnce = surplus[last.kind, default: 0] > 0
      // Two equal lines are seldom a chance; one alone can be what is left of two.
      note(last.kind, last.line == hash ? -2 : 1)
      if last.line == hash, !comesOnce { rest -= 1 }
    }
    guard isRefusal, rest > 0 else { return rest }
    let rule = Array(catalog.entries[Int(record.step)].step.name.utf8)
    let kind = XXHash64.hash(rule.span, seed: source)
    if surplus[kind, default: 0] <= 0 {
      // Of an odd number the last one waits for its copy.
      if rest.isMultiple(of: 2) { return rest / 2 }
      rest = (rest + 1) / 2
    }
    expect(hash, kind, of: process)
    return rest
  }

  /// Whether a line is one that Exim may have written twice.
  @inline(__always) private static func mayHaveCopy(_ record: inout Record) -> Bool {
    record[.instance].isPresent && !record.mta.isPostfix && record[.pid].isPresent
  }

  private mutating func note(_ kind: UInt64, _ evidence: Int) {
    // Names of machines can be new for ever; what is forgotten is seen again.
    if surplus[kind] == nil, surplus.count >= Self.capacity { surplus.removeAll() }
    let known = surplus[kind, default: 0] + evidence
    surplus[kind] = max(-Self.certainty, min(Self.certainty, known))
  }

  private mutating func expect(_ line: UInt64, _ kind: UInt64, of process: UInt64) {
    clock += 1
    waiting[process] = Last(line: line, kind: kind, age: clock)
    if waiting.count > Self.capacity,
      let oldest = waiting.min(by: { $0.value.age < $1.value.age })?.key
    {
      waiting[oldest] = nil
    }
  }
}

/// What it knows, as bytes, without a word of the lines.
extension DuplicateFilter {
  /// Writes it behind what a snapshot has already, but for the seed.
  func write(to writer: inout SnapshotWriter) {
    writer.put(UInt32(waiting.count))
    for (process, last) in waiting.sorted(by: { $0.value.age < $1.value.age }) {
      writer.put(process)
      writer.put(last.line)
      writer.put(last.kind)
    }
    writer.put(UInt32(surplus.count))
    for (kind, known) in surplus {
      writer.put(kind)
      writer.put(Int8(truncatingIfNeeded: known))
    }
  }

  /// Reads what `write` wrote.
  init(_ reader: inout SnapshotReader, seed: UInt64) throws(SnapshotReader.Damaged) {
    self.init(seed: seed)
    // Before, an instance that wrote any line once was taken to write each one once.
    guard reader.version >= 4 else {
      reader.skipRest()
      return
    }
    for _ in 0..<(try reader.count()) {
      let process = try reader.get(UInt64.self)
      let line = try reader.get(UInt64.self)
      expect(line, try reader.get(), of: process)
    }
    for _ in 0..<(try reader.count()) {
      let kind = try reader.get(UInt64.self)
      surplus[kind] = Int(try reader.get(Int8.self))
    }
  }
}
