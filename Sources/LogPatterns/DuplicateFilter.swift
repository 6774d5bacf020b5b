internal import MailTerms

/// Recognises the second copy of a refusal in a syslog file.
///
/// With `syslog_duplication`, which is Exim's default, a line for the reject log goes to syslog twice, at
/// two levels, and both copies end up in one file (spec "Log files on disk and syslog"). The copies come
/// one right after the other from one process. Two equal refusals of one process can also be real, so
/// a refusal that was followed by another line of its process shows that an instance does not duplicate.
package struct DuplicateFilter: Sendable {
  fileprivate struct Source: Hashable {
    var edge: [UInt8]
    var instance: [UInt8]
  }

  private struct Process: Hashable {
    var source: Source
    var pid: [UInt8]
  }

  private struct Last {
    var line: UInt64
    var age: Int
  }

  private static let capacity = 1024
  /// The refusals whose copy may come next.
  private var waiting: [Process: Last] = [:]
  /// Instances that have been seen to write a refusal once only.
  private var single: Set<Source> = []
  private var clock = 0
  /// The secret seed of the lines' hashes.
  private let seed: UInt64

  /// Makes a filter that has seen nothing.
  package init(seed: UInt64 = ByteHash.seed) { self.seed = seed }

  /// Whether a line is the copy of the one before it; each line of a log is asked about, in order.
  @inline(__always) package mutating func isCopy(
    _ record: inout Record, line: Span<UInt8>
  ) -> Bool {
    guard record[.instance].isPresent, !record.mta.isPostfix, record[.pid].isPresent else {
      return false
    }
    return isSecond(&record, line: line)
  }

  private mutating func isSecond(_ record: inout Record, line: Span<UInt8>) -> Bool {
    let isRefusal = record.kind == .rejected || record.kind == .callout
    guard isRefusal || !waiting.isEmpty else { return false }
    let view = RecordView(record, line: line)
    let source = Source(edge: view.bytes(.edge) ?? [], instance: view.bytes(.instance) ?? [])
    guard !single.contains(source) else { return false }
    let process = Process(source: source, pid: view.bytes(.pid) ?? [])
    let hash = XXHash64.hash(line, seed: seed)
    if let last = waiting.removeValue(forKey: process) {
      if last.line == hash { return true }
      // Names of machines can be new for ever; what is forgotten is seen again.
      if single.count >= Self.capacity { single.removeAll() }
      single.insert(source)
      return false
    }
    if isRefusal {
      clock += 1
      waiting[process] = Last(line: hash, age: clock)
      if waiting.count > Self.capacity,
        let oldest = waiting.min(by: { $0.value.age < $1.value.age })?.key
      {
        waiting[oldest] = nil
      }
    }
    return false
  }
}

/// What it knows, as bytes, without a word of the lines.
extension DuplicateFilter {
  /// Writes it behind what a snapshot has already, but for the seed.
  func write(to writer: inout SnapshotWriter) {
    writer.put(UInt32(waiting.count))
    for (process, last) in waiting.sorted(by: { $0.value.age < $1.value.age }) {
      process.source.write(to: &writer)
      writer.put(process.pid)
      writer.put(last.line)
    }
    writer.put(UInt32(single.count))
    for source in single { source.write(to: &writer) }
  }

  /// Reads what `write` wrote.
  init(_ reader: inout SnapshotReader, seed: UInt64) throws(SnapshotReader.Damaged) {
    self.init(seed: seed)
    for _ in 0..<(try reader.count()) {
      let process = Process(source: try Source(&reader), pid: try reader.get())
      clock += 1
      waiting[process] = Last(line: try reader.get(), age: clock)
    }
    for _ in 0..<(try reader.count()) { single.insert(try Source(&reader)) }
  }
}

extension DuplicateFilter.Source {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.put(edge)
    writer.put(instance)
  }

  fileprivate init(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) {
    edge = try reader.get()
    instance = try reader.get()
  }
}
