package import MailTerms

/// What stands between the records of single lines and the correlator: one ordered stage.
///
/// Lines that were split are put together, copies are dropped, and a line that stands for repetitions
/// becomes what was repeated. Other records pass as they are.
package struct RecordAssembler: ~Copyable {
  /// A record that was made of other lines, with the line it points into.
  package struct Made: Sendable {
    /// The record.
    package var record: Record
    /// Its line.
    package var line: [UInt8]
  }

  /// Reads the lines that were put together; what they are made of is counted already.
  private var parser: RecordParser
  private var joiner = FragmentJoiner()
  private var duplicates = DuplicateFilter()
  /// Makes the hashes of lines that are kept between runs.
  private var seed = ByteHash.seed
  /// The lines that were open when the run before ended, and not counted; nil where that is not known.
  private var awaited: Set<UInt64>?
  /// The last line of each machine in the batches before.
  private var lastLines = LastLines()
  /// How many lines a syslog daemon says it lost.
  package private(set) var lost = 0

  /// Makes an assembler for the records of a catalog.
  package init(catalog: PatternCatalog, clock: TimeReader) {
    parser = RecordParser(catalog: catalog, clock: clock)
  }

  /// How often each pattern was given up on a line that was put together.
  package var limits: [Int] { parser.counts.limits }

  /// Sets the moment from which missing years are worked out, in seconds since 1970.
  package mutating func setReference(_ seconds: Int64) { parser.setReference(seconds) }

  /// Whether a record passes as it is; each record of a log is asked about, in order.
  package mutating func passes(_ record: inout Record, line: Span<UInt8>) -> Bool {
    switch record.kind {
    case .fragment, .repeated, .repeatedLast, .lost, .unrecognised: false
    default: !duplicates.isCopy(&record, line: line, parser.catalog)
    }
  }

  /// What a record that does not pass stands for.
  ///
  /// - Parameters:
  ///   - index: where the record stands in its batch.
  ///   - block: the lines of the batch.
  package mutating func made(
    of record: Record, line: Span<UInt8>, at index: Int, in batch: borrowing RecordBatch,
    _ block: Span<UInt8>
  ) -> [Made] {
    switch record.kind {
    case .fragment: joiner.add(record, line: line).compactMap { read($0) }
    case .repeated: repetition(record, line: line)
    case .repeatedLast:
      repetition(of: lastLine(before: index, in: batch, block, record, line), record, line: line)
    case .lost:
      {
        lost += Self.count(record, line: line); return []
      }()
    default: []
    }
  }

  /// The lines whose last parts never came.
  package mutating func finish() -> [Made] { joiner.finish().compactMap { read($0) } }

  /// Keeps the last lines of a batch, which the first line of the next one may repeat.
  package mutating func keepLast(of batch: borrowing RecordBatch, _ block: Span<UInt8>) {
    lastLines.keep(batch, block)
  }

  // MARK: Repetitions

  /// `message repeated 3 times: [ TEXT]`: the line that has the text in its place, three times.
  private mutating func repetition(_ record: Record, line: Span<UInt8>) -> [Made] {
    let text = record[.partText].range
    var whole: [UInt8] = []
    for index in 0..<Int(record.stepStart) { whole.append(line[index]) }
    for index in text { whole.append(line[index]) }
    return repetition(of: recognised(whole), record, line: line)
  }

  private mutating func repetition(
    of made: Made?, _ record: Record, line: Span<UInt8>
  ) -> [Made] {
    var count = Self.count(record, line: line)
    guard var made, count > 0, passesAsIs(made.record) else { return [] }
    let line = made.line
    count = duplicates.distinct(count, &made.record, line: line.span, parser.catalog)
    guard count > 0 else { return [] }
    made.record.lines = UInt32(clamping: count)
    if record.time.isKnown { made.record.time = record.time }
    return [made]
  }

  /// The line before the one at `index` that the same machine wrote; nil where that cannot be told.
  ///
  /// Daemons that write no machine's name into such a line write one log only: it is about the line before it.
  private func lastLine(
    before index: Int, in batch: borrowing RecordBatch, _ block: Span<UInt8>, _ record: Record,
    _ line: Span<UInt8>
  ) -> Made? {
    let edge = line.extracting(record[.edge].range)
    let isOfAny = !record[.edge].isPresent
    var at = index - 1
    while at >= 0 {
      let other = batch.records[at]
      if case .unrecognised = other.kind { return nil }
      let otherLine = batch.line(at: at, in: block)
      if isOfAny || LastLines.isSame(edge, otherLine.extracting(other[.edge].range)) {
        // A line that is itself made of others stands for them.
        guard passesAsIs(other) else { return nil }
        return Made(record: other, line: otherLine.copy)
      }
      at -= 1
    }
    let last = isOfAny ? lastLines.newest : lastLines.line(of: edge)
    guard let last, passesAsIs(last.record) else { return nil }
    return last
  }

  private func passesAsIs(_ record: Record) -> Bool {
    switch record.kind {
    case .fragment, .repeated, .repeatedLast, .lost: false
    default: true
    }
  }

  private static func count(_ record: Record, line: Span<UInt8>) -> Int {
    RecordView(record, line: line).text(.count).flatMap { Int($0) } ?? 0
  }

  private mutating func read(_ line: [UInt8]) -> Made? {
    guard var made = recognised(line) else { return nil }
    let line = made.line
    return passes(&made.record, line: line.span) ? made : nil
  }

  private mutating func recognised(_ line: [UInt8]) -> Made? {
    guard let record = parser.record(of: line.span) else { return nil }
    let text = record.isUnpacked ? parser.unpacked : line
    return Made(record: record, line: Array(text.prefix(Int(record.lineLength))))
  }
}

/// What a run needs that goes on where another one ended.
///
/// No text is kept, since lines name people: the last lines are read again, and hashes tell which of the
/// open ones among them are still to be counted.
extension RecordAssembler {
  /// Whether lines wait for their last parts.
  package var hasOpenParts: Bool { !joiner.isEmpty }

  /// Whether the run before waited for the last parts of lines.
  package var awaitsParts: Bool { awaited?.isEmpty == false }

  /// Goes on with what was open behind the lines that were read again.
  package mutating func goOn(with parts: FragmentJoiner) {
    joiner.goOn(with: parts, awaited: awaited, seed: seed)
    awaited?.subtract(joiner.identities(seed: seed))
  }

  /// The lines for whose last parts nobody waits any longer.
  ///
  /// - Parameters:
  ///   - quiet: those that began before it, in microseconds since 1970; nil for all.
  ///   - next: those that are not open here either, where the next run goes on.
  package mutating func giveUp(before quiet: Int64?, unlessIn next: FragmentJoiner) -> [Made] {
    joiner.giveUp(before: quiet, unlessIn: next, seed: seed).compactMap { read($0) }
  }

  /// What the next run has to know, as bytes.
  package func snapshot() -> [UInt8] {
    Kept(seed: seed, open: joiner.identities(seed: seed), duplicates: duplicates).bytes
  }

  /// The bytes of a snapshot of some version as this version writes them.
  package static func rewritten(
    _ snapshot: [UInt8], version: Int
  ) throws(SnapshotReader.Damaged) -> [UInt8] {
    try Kept(snapshot, version: version).bytes
  }

  /// Takes in what another assembler knew; this one must not have read anything yet.
  package mutating func restore(
    _ bytes: [UInt8], version: Int = SnapshotWriter.version
  ) throws(SnapshotReader.Damaged) {
    let kept = try Kept(bytes, version: version)
    seed = kept.seed
    awaited = kept.open
    duplicates = kept.duplicates
  }

  /// What goes from one run to the next: lines that are open, and what is known of copies.
  private struct Kept {
    var seed: UInt64
    var open: Set<UInt64>
    var duplicates: DuplicateFilter

    init(seed: UInt64, open: Set<UInt64>, duplicates: DuplicateFilter) {
      self.seed = seed
      self.open = open
      self.duplicates = duplicates
    }

    init(_ bytes: [UInt8], version: Int) throws(SnapshotReader.Damaged) {
      var reader = SnapshotReader(bytes, version: version)
      seed = try reader.get()
      open = []
      for _ in 0..<(try reader.count()) { open.insert(try reader.get()) }
      duplicates = try DuplicateFilter(&reader, seed: seed)
      guard reader.isAtEnd else { throw SnapshotReader.Damaged() }
    }

    var bytes: [UInt8] {
      var writer = SnapshotWriter()
      writer.put(seed)
      writer.put(UInt32(open.count))
      for identity in open { writer.put(identity) }
      duplicates.write(to: &writer)
      return writer.bytes
    }
  }
}

extension RecordBatch {
  /// The line of the record at an index.
  @_lifetime(borrow self, copy block)
  @inline(__always) package func line(at index: Int, in block: Span<UInt8>) -> Span<UInt8> {
    records[index].isUnpacked
      ? unpacked.span.extracting(records[index].lineRange)
      : block.extracting(records[index].lineRange)
  }
}

extension Span<UInt8> {
  /// The bytes, for as long as they are needed.
  package var copy: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
