/// Appends values to bytes, from which a `SnapshotReader` reads them in the same order.
///
/// Numbers are little-endian and of their own width; the form has no other description than the code on
/// both sides, and what keeps snapshots also keeps the version they were written in.
@usableFromInline package struct SnapshotWriter: Sendable {
  /// What was written.
  @usableFromInline package internal(set) var bytes: [UInt8] = []

  /// Makes an empty snapshot.
  package init() {}

  /// Grows with each change of what the bytes mean.
  ///
  /// Version 1 had no reason and no forward-path of an outcome that waits for its sender; version 2 did not
  /// tell a sender on the message's own line from others, bounces, which message goes on in which, recipients that
  /// went on, and why a server deferred, and had nothing of lines that are parts or copies of others; version 3
  /// knew of whole instances only whether they write lines twice, and nothing of messages that were refused.
  package static let version = 4

  /// Writes a number.
  @inlinable package mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    var rest = number
    for _ in 0..<(Number.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      if Number.bitWidth > 8 { rest >>= 8 }
    }
  }

  /// Writes a truth value.
  package mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// Writes bytes with their count.
  package mutating func put(_ text: [UInt8]) {
    put(UInt32(text.count))
    bytes += text
  }
}

/// Reads what a `SnapshotWriter` wrote.
@usableFromInline package struct SnapshotReader: Sendable {
  /// The bytes end too early, or are none that a writer wrote.
  @usableFromInline package struct Damaged: Error, CustomStringConvertible {
    /// The sentence for a person.
    @usableFromInline package let description = "what is kept of open messages is damaged"
    @usableFromInline package init() {}
  }

  @usableFromInline let bytes: [UInt8]
  @usableFromInline var at = 0

  /// Of which version the bytes are.
  package let version: Int

  /// Reads from the first byte on.
  ///
  /// - Parameter version: of which version they are.
  package init(_ bytes: [UInt8], version: Int = SnapshotWriter.version) {
    self.bytes = bytes
    self.version = version
  }

  /// Whether everything is read.
  package var isAtEnd: Bool { at == bytes.count }

  /// Leaves out all that is not read yet.
  package mutating func skipRest() { at = bytes.count }

  /// Reads a number of the type that was written.
  @inlinable package mutating func get<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(Damaged) -> Number {
    let width = Number.bitWidth / 8
    guard bytes.count - at >= width else { throw Damaged() }
    var number: Number = 0
    for index in 0..<width {
      number |= Number(truncatingIfNeeded: bytes[at + index]) << Number(index * 8)
    }
    at += width
    return number
  }

  /// Reads a truth value.
  package mutating func get() throws(Damaged) -> Bool { try get(UInt8.self) != 0 }

  /// Reads bytes that were written with their count.
  package mutating func get() throws(Damaged) -> [UInt8] {
    let count = Int(try get(UInt32.self))
    guard bytes.count - at >= count else { throw Damaged() }
    defer { at += count }
    return Array(bytes[at..<(at + count)])
  }

  /// Reads how many things follow; more than there are bytes left is damage.
  package mutating func count() throws(Damaged) -> Int {
    let count = Int(try get(UInt32.self))
    guard count <= bytes.count - at else { throw Damaged() }
    return count
  }
}
