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
        line: head + part, next: 2, count: count, isClosed: endsAtNewline, age: clock)
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
  package mutating func finish() -> [[UInt8]] {
    defer { open = [:] }
    return open.values.sorted { $0.age < $1.age }.map(\.line)
  }
}
