package import LogPatterns
package import MailTerms

/// The lines of messages as logged, each message's together: what exigrep(8) gives.
package struct Transcript: ~Copyable {
  /// The lines of one message up to its end, or one line that belongs to none.
  package struct Part: Sendable {
    /// The message's id; nil for a line without one.
    package var id: String?
    /// Whether the line that ends the message is among them.
    package var isComplete: Bool
    package var lines: [[UInt8]]
  }

  private var parser: RecordParser

  /// Makes a transcript's reader.
  package init(catalog: PatternCatalog, clock: TimeReader) {
    parser = RecordParser(catalog: catalog, clock: clock)
  }

  /// The messages in the order in which they end, then those that have not ended, the oldest first.
  package mutating func parts(_ findings: TraceSearch.Findings) -> [Part] {
    var parts: [Part] = []
    var open: [MessageID: Part] = [:]
    var order: [MessageID] = []
    for line in findings.lines {
      guard let id = line.id else {
        parts.append(Part(id: nil, isComplete: true, lines: [line.bytes]))
        continue
      }
      if open[id] == nil { order.append(id) }
      open[id, default: Part(id: id.text, isComplete: false, lines: [])].lines.append(line.bytes)
      let record = parser.record(of: line.bytes.span)
      if let record, case .completed = record.kind, var part = open.removeValue(forKey: id) {
        part.isComplete = true
        parts.append(part)
      }
    }
    for id in order { if let part = open.removeValue(forKey: id) { parts.append(part) } }
    return parts
  }
}
