package import MailTerms

extension RecordParser {
  /// What a parser has read so far; parsers that worked side by side add up.
  package struct Counts: Sendable {
    /// Lines, recognised or not.
    package var lines = 0
    /// Lines that no pattern recognised, blank ones among them.
    package var unrecognised = 0
    /// Lines that were longer than `Record.maximumLineLength` and were cut.
    package var cut = 0
    /// The earliest and the latest time of a recognised line.
    package var first: LogTime?
    package var last: LogTime?
    /// How often each pattern recognised a line or a part of one, by its number in the catalog; empty for a
    /// parser that keeps no chains.
    package var hits: [Int]
    /// How often each pattern was given up because it was too costly for the line.
    package var limits: [Int]
    /// The first lines that were not recognised, cut to 300 bytes.
    package var examples: [[UInt8]] = []

    init(steps: Int, keepsChain: Bool = false) {
      hits = Array(repeating: 0, count: keepsChain ? steps : 0)
      limits = Array(repeating: 0, count: steps)
    }

    /// Adds what was counted in the lines behind these.
    package mutating func add(_ other: Counts) {
      lines += other.lines
      unrecognised += other.unrecognised
      cut += other.cut
      for number in hits.indices { hits[number] += other.hits[number] }
      for number in limits.indices { limits[number] += other.limits[number] }
      examples += other.examples.prefix(RecordParser.exampleCount - examples.count)
      if let time = other.first, first.map({ time < $0 }) ?? true { first = time }
      if let time = other.last, last.map({ $0 < time }) ?? true { last = time }
    }
  }
}
