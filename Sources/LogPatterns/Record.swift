package import MailTerms

/// Where a field stands in its line.
@usableFromInline package struct FieldSpan: BitwiseCopyable, Sendable, Equatable {
  /// The offset of the first byte.
  @usableFromInline package var start: UInt16
  /// The offset behind the last byte.
  @usableFromInline package var end: UInt16

  /// Makes a span of its two offsets.
  package init(start: UInt16, end: UInt16) {
    self.start = start
    self.end = end
  }

  /// The mark of a field that the line does not have.
  package static let absent = FieldSpan(start: .max, end: 0)

  /// Whether the line has the field.
  @inlinable package var isPresent: Bool { start != .max }

  /// The offsets; empty for an absent field.
  @inlinable package var range: Range<Int> { isPresent ? Int(start)..<Int(end) : 0..<0 }
}

/// A recognised line: what it says, when, and where its fields stand.
///
/// It is plain memory without references. The bytes stay in the block of lines that was read; a record
/// only points into it, and copies nothing.
@usableFromInline package struct Record: BitwiseCopyable, Sendable {
  /// The longest line, in bytes, whose offsets fit a `FieldSpan`; longer ones are cut.
  package static let maximumLineLength = Int(UInt16.max) - 1

  /// What the line says.
  package var kind = RecordKind.ignore
  /// Who decided, where the pattern file says it outright.
  package var origin: Origin?
  /// Which MTA's patterns recognised it.
  package var mta = MTA.exim
  /// The number in the catalog of the rule that recognised it.
  package var step: Int32 = 0
  /// Where in the line that rule began to match.
  package var stepStart: UInt16 = 0
  /// The offset of the line in its block, and its length in bytes without line end.
  package var lineStart: UInt32 = 0
  package var lineLength: UInt16 = 0
  /// How many lines it stands for: more than 1 where syslog counted repetitions.
  package var lines: UInt32 = 1
  /// Whether the line is not in the block as it stands, but among the batch's unpacked lines.
  package var isUnpacked = false
  /// The time stamp.
  package var time = LogTime.unknown
  /// Where each field stands, by `Field.rawValue`.
  @usableFromInline package var fields = InlineArray<32, FieldSpan>(repeating: .absent)

  /// Makes a record of a line that says nothing yet.
  package init() {}

  /// Where a field stands.
  @inlinable package subscript(_ field: Field) -> FieldSpan {
    // The raw value of an enum is no inlinable property; its byte is the same.
    get { fields[Int(unsafe unsafeBitCast(field, to: UInt8.self))] }
    set { fields[Int(unsafe unsafeBitCast(field, to: UInt8.self))] = newValue }
  }

  /// Who decided the outcome: what the pattern says, or what the fields tell; nil for no outcome.
  package var decidedBy: Origin? {
    if let origin { return origin }
    switch kind {
    case .failed, .deferred: return self[.reply].isPresent ? .remote : .local
    case .delivered:
      // Postfix names a server that it reaches by a socket, which has no address.
      let isRemote = self[.remoteIP].isPresent || (mta.isPostfix && self[.remoteHost].isPresent)
      return isRemote ? .remote : .local
    case .rejected: return .rejected
    case .callout: return .callout
    default: return nil
    }
  }

  /// The offsets of the line in its block.
  package var lineRange: Range<Int> { Int(lineStart)..<(Int(lineStart) + Int(lineLength)) }
}

/// The records of some lines of a block, in the order of the lines.
package struct RecordBatch: ~Copyable {
  /// How many records a batch takes: few enough that they and their lines are still in the processor's
  /// nearest cache when they are looked at again.
  package static let capacity = 128

  /// The records.
  package var records = Slab<Record>(capacity: capacity)
  /// The lines that were taken out of a wrapping, one behind the other.
  package var unpacked: [UInt8] = []

  /// Makes an empty batch.
  package init() {}

  /// Forgets all records.
  package mutating func removeAll() {
    records.removeAll()
    if !unpacked.isEmpty { unpacked.removeAll(keepingCapacity: true) }
  }
}
