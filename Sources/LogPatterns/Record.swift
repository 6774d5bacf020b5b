package import MailTerms

/// What a recognised line says; the values of `event` in pattern files.
package enum RecordKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The line says nothing that is counted.
  case ignore
  /// A message was accepted.
  case received
  /// One recipient's fate.
  case delivered, deferred, failed
  /// A try at one host that did not decide anything yet.
  case attempt
  /// The MTA forgot the message.
  case completed
  /// The message's envelope sender was changed by hand.
  case senderChanged
  /// We refused a client; a verification probe was answered.
  case rejected, callout
  /// One part of a line that was split on its way through syslog.
  case fragment

  /// The word in pattern files.
  package var word: String {
    switch self {
    case .ignore: "ignore"
    case .received: "received"
    case .delivered: "delivered"
    case .deferred: "deferred"
    case .failed: "failed"
    case .attempt: "attempt"
    case .completed: "completed"
    case .senderChanged: "sender-changed"
    case .rejected: "rejected"
    case .callout: "callout"
    case .fragment: "fragment"
    }
  }

  init?(word: String) {
    guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = found
  }
}

/// Where a field stands in its line.
@usableFromInline package struct FieldSpan: BitwiseCopyable, Sendable, Equatable {
  /// The offset of the first byte.
  @usableFromInline package var start: UInt16
  /// The offset behind the last byte.
  @usableFromInline package var end: UInt16

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

  /// The offsets of the line in its block.
  package var lineRange: Range<Int> { Int(lineStart)..<(Int(lineStart) + Int(lineLength)) }
}

/// The records of one block of lines, in the order of the lines.
package struct RecordBatch: ~Copyable {
  /// The records.
  package var records = Slab<Record>(capacity: 4096)

  /// Makes an empty batch.
  package init() {}
}
