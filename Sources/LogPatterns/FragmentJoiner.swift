internal import MailTerms

/// Puts lines together again that syslog splitting cut.
///
/// Exim cuts what it sends to syslog at 870 bytes and at each LF, and numbers the parts `[1/3]` or,
/// where a part ended at a LF, `[1\3]` (spec "Log files on disk and syslog"; log.c). The parts of one
/// line come from one process, but other processes' lines stand between them.
package struct FragmentJoiner: Sendable {
  private struct Key: Hashable {
    var edge: [UInt8]
    var instance: [UInt8]
    var pid: [UInt8]
  }

  private struct Open {
    var line: [UInt8]
    var next: Int
    var count: Int
    /// A part ended at a LF: what follows belongs to a continuation line, which says nothing.
    var isClosed: Bool
    var age: Int
    /// When the first part was written.
    var time: LogTime

    /// Tells the line from others without a word of it.
    func identity(seed: UInt64) -> UInt64 {
      XXHash64.hash(line.span, seed: seed ^ UInt64(truncatingIfNeeded: next))
    }
  }

  /// The most lines that can be open at a time; the oldest is given up for one more.
  private static let capacity = 256
  private var open: [Key: Open] = [:]
  private var clock = 0

  /// Makes a joiner without open lines.
  package init() {}

  /// Takes one part.
  ///
  /// - Returns: the lines that are whole now, or will never be: parts that were lost end a line early.
  package mutating func add(_ record: Record, line: Span<UInt8>) -> [[UInt8]] {
    let view = RecordView(record, line: line)
    guard let number = view.text(.part).flatMap({ Int($0) }),
      let count = view.text(.partCount).flatMap({ Int($0) }), number >= 1, count >= number
    else { return [] }
    let key = Key(
      edge: view.bytes(.edge) ?? [], instance: view.bytes(.instance) ?? [],
      pid: view.bytes(.pid) ?? [])
    let endsAtNewline = view.text(.partMark) == "\\"
    let part = view.bytes(.partText) ?? []
    clock += 1
    var finished: [[UInt8]] = []
    if number == 1 {
      if let unfinished = open.removeValue(forKey: key) { finished.append(unfinished.line) }
      var head: [UInt8] = []
      for index in 0..<Int(record[.part].start) - 1 { head.append(line[index]) }
      open[key] = Open(
        line: head + part, next: 2, count: count, isClosed: endsAtNewline, age: clock,
        time: record.time)
      if open.count > Self.capacity, let oldest = open.min(by: { $0.value.age < $1.value.age }) {
        finished.append(oldest.value.line)
        open[oldest.key] = nil
      }
    } else if var line = open[key], line.next == number, line.count == count {
      if !line.isClosed { line.line += part }
      line.isClosed = line.isClosed || endsAtNewline
      line.next += 1
      open[key] = line
    } else if let unfinished = open.removeValue(forKey: key) {
      finished.append(unfinished.line)
    }
    if let whole = open[key], whole.next > whole.count {
      finished.append(whole.line)
      open[key] = nil
    }
    return finished
  }

  /// The lines whose last parts never came, oldest first.
  package mutating func finish() -> [[UInt8]] { giveUp { _ in true } }

  private mutating func giveUp(_ isDue: (Open) -> Bool) -> [[UInt8]] {
    let due = open.filter { isDue($0.value) }
    for key in due.keys { open[key] = nil }
    return due.values.sorted { $0.age < $1.age }.map(\.line)
  }
}

/// What a run needs that goes on where another one ended: it reads the last lines again.
extension FragmentJoiner {
  /// Whether no line is open.
  package var isEmpty: Bool { open.isEmpty }

  /// What tells the open lines from others, by a secret seed.
  package func identities(seed: UInt64) -> Set<UInt64> {
    Set(open.values.map { $0.identity(seed: seed) })
  }

  /// Takes the parts among the lines of a batch; what becomes whole by them was counted before.
  package mutating func add(_ batch: borrowing RecordBatch, _ block: Span<UInt8>) {
    for index in 0..<batch.records.count {
      guard case .fragment = batch.records[index].kind else { continue }
      _ = add(batch.records[index], line: batch.line(at: index, in: block))
    }
  }

  /// Goes on with open lines of another joiner, but for those that are counted already.
  ///
  /// - Parameter awaited: the identities of those that are not, by the seed; nil where all are taken.
  package mutating func goOn(with other: FragmentJoiner, awaited: Set<UInt64>?, seed: UInt64) {
    for (key, line) in other.open.sorted(by: { $0.value.age < $1.value.age })
    where open[key] == nil && awaited?.contains(line.identity(seed: seed)) ?? true {
      clock += 1
      open[key] = line
      open[key]?.age = clock
    }
  }

  /// The lines for whose last parts nobody waits any longer, oldest first.
  ///
  /// - Parameters:
  ///   - quiet: those that began before it, in microseconds since 1970; nil for all.
  ///   - next: those that are not open here either, where the next run goes on.
  package mutating func giveUp(
    before quiet: Int64?, unlessIn next: FragmentJoiner, seed: UInt64
  ) -> [[UInt8]] {
    guard let quiet else { return finish() }
    let kept = next.identities(seed: seed)
    return giveUp { line in
      (line.time.isKnown && line.time.microseconds < quiet)
        || !kept.contains(line.identity(seed: seed))
    }
  }
}
