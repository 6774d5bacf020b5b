public import MailTerms

/// Where a field stands in its line.
@usableFromInline package struct FieldSpan: BitwiseCopyable, Sendable, Equatable {
  /// The offset of the first byte.
  @usableFromInline package var start: UInt16
  /// The offset behind the last byte.
  @usableFromInline package var end: UInt16

  /// Makes a span of its two offsets.
  @inlinable package init(start: UInt16, end: UInt16) {
    self.start = start
    self.end = end
  }

  /// Makes a span of its two offsets in a line that is no longer than `Record.maximumLineLength`.
  @inlinable package init(_ start: Int, _ end: Int) {
    self.start = UInt16(truncatingIfNeeded: start)
    self.end = UInt16(truncatingIfNeeded: end)
  }

  /// Makes a span of a range in such a line.
  @inlinable package init(_ range: Range<Int>) { self.init(range.lowerBound, range.upperBound) }

  /// The mark of a field that the line does not have.
  @inlinable package static var absent: FieldSpan { FieldSpan(start: .max, end: 0) }

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
  @usableFromInline package var kind = RecordKind.ignore
  /// Who decided the outcome: what the pattern says, or what the fields tell; nil for no outcome.
  package var origin: Origin?
  /// Which MTA's patterns recognised it.
  @usableFromInline package var mta = MTA.exim
  /// The number in the catalog of the rule that recognised it.
  package var step: Int32 = 0
  /// Where in the line that rule began to match.
  package var stepStart: UInt16 = 0
  /// The offset of the line in its block, and its length in bytes without line end.
  @usableFromInline package var lineStart: UInt32 = 0
  @usableFromInline package var lineLength: UInt16 = 0
  /// How many lines it stands for: more than 1 where syslog counted repetitions.
  package var lines: UInt32 = 1
  /// Whether the line is not in the block as it stands, but among the batch's unpacked lines.
  @usableFromInline package var isUnpacked = false
  /// The time stamp.
  package var time = LogTime.unknown
  /// The message's id; `none` where the line has none.
  package var id = MessageID.none
  // What counting will look up is worked out by as many threads as parse.
  /// The hash of the id, by `ByteHash.seed`.
  package var idHash: UInt64 = 0
  /// The hash of the name that counting needs of this line, as a name table makes it: the sender's domain
  /// of an arrival, the remote host of an outcome, of a refusal the client.
  package var nameHash: UInt64 = 0
  /// The identity of an outcome's recipient, by the same seed.
  package var recipientHash: UInt64 = 0
  /// A hash of machine and instance as the line names them, by the same seed; 0 where it is not known.
  package var sourceHash: UInt64 = 0
  /// Where the sender's domain stands, of an arrival.
  package var senderDomain = FieldSpan.absent
  /// A bit for each field that the line has, and where these stand, by `Field.rawValue`; what is left of
  /// others means nothing, so that a record is made anew by forgetting the bits.
  @usableFromInline var present: UInt32 = 0
  @usableFromInline var fields = InlineArray<32, FieldSpan>(repeating: .absent)

  /// Makes a record of a line that says nothing yet.
  package init() {}

  /// Makes it the record of another line, which says nothing yet.
  mutating func begin(lineLength: Int) {
    kind = .ignore
    origin = nil
    mta = .exim
    step = 0
    stepStart = 0
    lineStart = 0
    self.lineLength = UInt16(truncatingIfNeeded: lineLength)
    lines = 1
    isUnpacked = false
    time = .unknown
    id = .none
    nameHash = 0
    sourceHash = 0
    senderDomain = .absent
    present = 0
  }

  /// Makes it again what it was when it had only the time and some fields.
  mutating func begin(again fields: UInt32) {
    let time = time
    begin(lineLength: Int(lineLength))
    self.time = time
    present = fields
  }

  /// Where a field stands.
  @inlinable package subscript(_ field: Field) -> FieldSpan {
    @inline(__always) get {
      let number = Self.number(field)
      return present & 1 << number != 0 ? fields[Int(number)] : .absent
    }
    @inline(__always) set {
      let number = Self.number(field)
      fields[Int(number)] = newValue
      if newValue.isPresent { present |= 1 << number } else { present &= ~(1 << number) }
    }
  }

  // The raw value of an enum is no inlinable property; its byte is the same.
  @inlinable @inline(__always) static func number(_ field: Field) -> UInt32 {
    UInt32(unsafe unsafeBitCast(field, to: UInt8.self)) & 31
  }

  /// Sets where a field stands that the line has.
  @inline(__always) mutating func set(_ field: Field, _ start: Int, _ end: Int) {
    let number = Self.number(field)
    fields[Int(number)] = FieldSpan(start, end)
    present |= 1 << number
  }

  /// Sets where the field of a number stands.
  mutating func set(_ number: UInt8, _ span: FieldSpan) {
    fields[Int(number & 31)] = span
    present |= 1 << UInt32(number & 31)
  }

  /// Who decided the outcome, where the pattern file does not say it outright.
  var originByFields: Origin? {
    @inline(__always) get {
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
  }

  /// Whether its message's id may be used for another message later.
  ///
  /// Postfix makes its short queue ids of microseconds and an inode number, so that one is used again,
  /// sometimes within a second (mail_queue.h). Long ones, which have a `z`, are never used twice, nor are Exim's.
  package func isReusable(_ line: Span<UInt8>) -> Bool {
    guard mta.isPostfix else { return false }
    for index in self[.messageID].range where line[index] == UInt8(ascii: "z") { return false }
    return true
  }

  /// Whether the record says nothing but its time: Postfix's lines have no copies, which must be told apart.
  @inlinable package var isSilent: Bool {
    switch kind {
    case .ignore, .attempt: mta.isPostfix
    default: false
    }
  }

  /// Whether nothing that came before changes what the record says: it is no part and no repetition of
  /// another line, no copy that syslog may have made, and its line is in the block.
  @inlinable package var standsAlone: Bool {
    switch kind {
    case .fragment, .repeated, .repeatedLast, .lost, .unrecognised: false
    default: !isUnpacked && !self[.instance].isPresent
    }
  }

  /// The offsets of the line in its block.
  @inlinable package var lineRange: Range<Int> {
    Int(lineStart)..<(Int(lineStart) + Int(lineLength))
  }
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
