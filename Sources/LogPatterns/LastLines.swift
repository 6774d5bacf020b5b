internal import MailTerms

/// The last line of each machine, as far as it can be told.
///
/// A log of many machines has the lines of all of them mixed: each is found by a hash of its name.
struct LastLines: Sendable {
  private struct Kept {
    var made: RecordAssembler.Made
    /// When it was written: counted in lines.
    var age: Int
  }

  /// The most machines whose last line is kept.
  private static let capacity = 1024
  /// The lines by their machines' hashes; of two machines with one hash, the earlier is forgotten.
  private var lines: [UInt64: Kept] = [:]
  /// How many lines went by.
  private var clock = 0
  /// The last line of all; nil where no pattern knew it.
  private(set) var newest: RecordAssembler.Made?

  /// The last line of a machine; nil where that cannot be told.
  func line(of edge: Span<UInt8>) -> RecordAssembler.Made? {
    guard let made = lines[Self.hash(edge)]?.made,
      Self.isSame(edge, made.line.span.extracting(made.record[.edge].range))
    else { return nil }
    return made
  }

  /// Keeps the last line of each machine in a batch.
  mutating func keep(_ batch: borrowing RecordBatch, _ block: Span<UInt8>) {
    let last = batch.records.count - 1
    guard last >= 0 else { return }
    let lastLine = batch.line(at: last, in: block)
    let made = RecordAssembler.Made(record: batch.records[last], line: lastLine.copy)
    newest = made
    if case .unrecognised = made.record.kind { newest = nil }
    guard batch.records[last][.edge].isPresent else {
      lines.removeAll(keepingCapacity: true)
      return
    }
    let start = clock
    clock += batch.records.count
    let machine = lastLine.extracting(batch.records[last][.edge].range)
    let source = batch.records[last].sourceHash
    lines[Self.hash(machine)] = Kept(made: made, age: clock)
    for index in (0..<last).reversed() {
      // A log mostly has one machine.
      if source != 0, batch.records[index].sourceHash == source { continue }
      // Whose line it is cannot be told, so that it may be the last one of any machine before it.
      if case .unrecognised = batch.records[index].kind {
        drop(upTo: start)
        break
      }
      let line = batch.line(at: index, in: block)
      let edge = line.extracting(batch.records[index][.edge].range)
      if Self.isSame(edge, machine) { continue }
      let hash = Self.hash(edge)
      if let age = lines[hash]?.age, age > start { continue }
      lines[hash] = Kept(
        made: .init(record: batch.records[index], line: line.copy), age: start + index + 1)
    }
    if lines.count > Self.capacity {
      let ages = lines.values.map(\.age).sorted()
      drop(upTo: ages[ages.count - Self.capacity - 1])
    }
  }

  /// Forgets the lines that were written up to a moment.
  private mutating func drop(upTo age: Int) {
    for hash in lines.filter({ $0.value.age <= age }).keys { lines[hash] = nil }
  }

  private static func hash(_ edge: Span<UInt8>) -> UInt64 {
    ByteHash.hash(edge, seed: ByteHash.seed)
  }

  /// Whether two machines' names are the same.
  static func isSame(_ edge: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
    guard edge.count == other.count else { return false }
    return unsafe edge.withUnsafeBytes { a in
      unsafe other.withUnsafeBytes { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return true }
        return unsafe ByteHash.areSame(a, b, count: edge.count)
      }
    }
  }
}
