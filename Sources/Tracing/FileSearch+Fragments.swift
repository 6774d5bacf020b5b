internal import LogPatterns
internal import MailTerms

extension FileSearch {
  /// A line that syslog splitting cut, with the places of its parts in the block.
  struct Joined {
    var line: [UInt8]
    var parts: [Range<Int>]
  }

  /// How many lines of other processes may stand between the parts.
  private static let reach = 300

  /// Puts the line together to which a part belongs; nil where a part is not near.
  mutating func joined(
    _ record: Record, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Joined? {
    let own = unsafe key(record, Self.span(bytes, range))
    var start = range.lowerBound
    for _ in 0..<Self.reach where start > 0 { start = unsafe Self.lineStart(bytes, start - 1) }
    var joiner = FragmentJoiner()
    var parts: [Range<Int>] = []
    var behind = 0
    while start < bytes.count, behind < Self.reach {
      let line = start..<(unsafe Self.lineEnd(bytes, start))
      start = line.upperBound + 1
      if line.lowerBound > range.lowerBound { behind += 1 }
      guard let other = parser.record(of: unsafe Self.span(bytes, line)),
        case .fragment = other.kind, unsafe key(other, Self.span(bytes, line)) == own
      else { continue }
      if unsafe RecordView(other, line: Self.span(bytes, line)).text(.part) == "1" { parts = [] }
      parts.append(line)
      let whole = unsafe joiner.add(other, line: Self.span(bytes, line)).last
      if let whole, parts.contains(range) { return Joined(line: whole, parts: parts) }
    }
    return nil
  }

  /// The machine and the process that wrote a part.
  private func key(_ record: Record, _ line: Span<UInt8>) -> [[UInt8]] {
    let view = RecordView(record, line: line)
    return [Field.edge, .instance, .pid].map { view.bytes($0) ?? [] }
  }
}
