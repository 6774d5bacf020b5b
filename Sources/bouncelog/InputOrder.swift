internal import LogPatterns
internal import LogReading
internal import MailTerms

/// Puts the files of a run into the order of their content's time, whatever their names are.
struct InputOrder {
  /// Enough to find a line with a time in any log.
  private static let headLength = 64 << 10

  private struct Entry {
    var path: String
    var first: LogTime?
    var position: Int
  }

  /// The paths in the order in which to read them: a file given twice is read once, and files whose
  /// first lines have no time keep their place behind the others.
  static func sorted(_ paths: [String], catalog: PatternCatalog, clock: TimeReader) -> [String] {
    guard paths.count > 1 else { return paths }
    var entries: [Entry] = []
    var seen: Set<FileIdentity> = []
    for (position, path) in paths.enumerated() {
      guard path != LogSource.standardInput else {
        entries.append(Entry(path: path, first: nil, position: position))
        continue
      }
      // What cannot be opened is told when its turn comes.
      var first: LogTime?
      if let source = try? LogSource(path: path) {
        if let modified = source.modificationTime {
          if !seen.insert(source.identity).inserted { continue }
          var clock = clock
          clock.reference = Int64(modified)
          first = (try? LogSource.head(of: path, bytes: headLength)).flatMap {
            firstTime(in: $0, catalog: catalog, clock: clock)
          }
        }
      }
      entries.append(Entry(path: path, first: first, position: position))
    }
    entries.sort { a, b in
      switch (a.first, b.first) {
      case (let x?, let y?) where x != y: x < y
      case (_?, nil): true
      case (nil, _?): false
      default: a.position < b.position
      }
    }
    return entries.map(\.path)
  }

  private static func firstTime(
    in head: [UInt8], catalog: PatternCatalog, clock: TimeReader
  ) -> LogTime? {
    var parser = RecordParser(catalog: catalog, clock: clock)
    for line in head.split(separator: 10).prefix(200) {
      if let record = parser.record(of: Array(line).span), record.time.isKnown {
        return record.time
      }
    }
    return nil
  }
}
