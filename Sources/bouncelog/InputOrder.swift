internal import LogPatterns
internal import LogReading
internal import MailTerms

/// Chooses the files of a run and puts them into the order of their content's time, whatever their names
/// are.
///
/// Those that begin at the same moment are ordered as rotation named them, or else as they were last written.
struct InputOrder {
  /// Enough to find a line with a time in any log.
  private static let headLength = 64 << 10

  /// How long before a period lines can matter, in seconds: a message that fails in it was received up to
  /// that long before (Postfix: maximal_queue_lifetime, 5 days; Exim's default retry rule: 4 days).
  private static let queueLifetime: Int64 = 5 * 86_400

  /// A file with the same lines as another one, or with a part of them.
  struct Copy {
    var path: String
    var original: String
  }

  private struct Entry {
    var path: String
    var first: LogTime?
    /// When it was last written, in seconds since 1970.
    var modified: Int64?
    var position: Int
    /// The number of the log that it is a part of.
    var log: Int
  }

  /// The files to read, in their order, and how many were left out.
  private(set) var paths: [String] = []
  private(set) var passedOver = 0
  /// Files that were left out since another one has the same lines, or the same and more.
  private(set) var copies: [Copy] = []

  /// Orders some files: one given twice is read once, and those whose first lines have no time keep their
  /// place behind the others.
  ///
  /// - Parameter period: what is asked for, in microseconds since 1970. Of a log that is named, those
  ///   rotated files are read too that can have lines which matter, and others are left out.
  init(
    _ named: [String], catalog: PatternCatalog, clock: TimeReader,
    period: (since: Int64, until: Int64?)? = nil
  ) {
    guard named.count > 1 || period != nil else {
      paths = named
      return
    }
    var entries: [Entry] = []
    var seen: Set<FileIdentity> = []
    var heads: [[UInt8]] = []
    func add(_ path: String, log: Int) {
      var entry = Entry(path: path, first: nil, modified: nil, position: entries.count, log: log)
      // What cannot be opened is told when its turn comes.
      var head: [UInt8] = []
      if path != LogSource.standardInput, let identity = FileIdentity(of: path),
        !seen.insert(identity).inserted
      {
        return
      }
      if let modified = LogSource(regular: path)?.modificationTime {
        var clock = clock
        clock.reference = Int64(modified)
        entry.modified = Int64(modified)
        head = LogSource.head(of: path, bytes: Self.headLength)
        entry.first = Self.firstTime(in: head, catalog: catalog, clock: clock)
      }
      // A file and its compressed copy are the same lines.
      if let twin = heads.firstIndex(where: { Self.isSame($0, head) }) {
        let other = entries[twin].path
        let isFuller = Self.extent(of: path) > Self.extent(of: other)
        if isFuller { entries[twin].path = path }
        copies.append(
          isFuller ? Copy(path: other, original: path) : Copy(path: path, original: other))
        return
      }
      entries.append(entry)
      heads.append(head)
    }
    for (log, path) in named.enumerated() {
      let rotated =
        period == nil || path == LogSource.standardInput
        ? [] : RotatedLogs.files(of: path).filter { !named.contains($0.path) }
      // Between a rotation and the next line there is no file of the log's own name.
      if rotated.isEmpty || LogSource.isThere(path) { add(path, log: log) }
      guard let period else { continue }
      for file in rotated {
        // What was last written before all that can matter need not be opened.
        if file.modified < period.since / 1_000_000 - Self.queueLifetime {
          passedOver += 1
        } else {
          add(file.path, log: log)
        }
      }
    }
    entries.sort { a, b in
      switch (a.first, b.first) {
      case (let x?, let y?) where x != y: x < y
      case (_?, nil): true
      case (nil, _?): false
      case (_?, _?): Self.isOlder(a, than: b)
      case (nil, nil): a.position < b.position
      }
    }
    paths = entries.indices.filter { index in
      period.map { Self.matters(entries, index, $0) } ?? true
    }.map { entries[$0].path }
    passedOver += entries.count - paths.count
  }

  /// Whether a file goes before another one whose first lines are of the same time.
  private static func isOlder(_ a: Entry, than b: Entry) -> Bool {
    if let isOlder = RotatedLogs.isOlder(a.path, than: b.path) { return isOlder }
    if let written = a.modified, let otherWritten = b.modified, written != otherWritten {
      return written < otherWritten
    }
    return a.position < b.position
  }

  /// Whether a file can have lines that matter for a period: it ends where the next one of its log begins.
  private static func matters(
    _ entries: [Entry], _ index: Int, _ period: (since: Int64, until: Int64?)
  ) -> Bool {
    let entry = entries[index]
    guard let first = entry.first else { return true }
    if let until = period.until, first.microseconds >= until { return false }
    let (earliest, isBeyond) = period.since.subtractingReportingOverflow(queueLifetime * 1_000_000)
    if isBeyond { return true }
    if let modified = entry.modified, modified < earliest / 1_000_000 { return false }
    let next = entries[(index + 1)...].first { $0.log == entry.log }
    guard let behind = next?.first else { return true }
    // A line can be written into a file after the next one was begun.
    return behind.microseconds + 3600 * 1_000_000 >= earliest
  }

  /// Whether two files begin with the same lines, and are not just short.
  private static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    let length = min(a.count, b.count)
    guard length > 0, length >= 1024 || a.count == b.count else { return false }
    return a.prefix(length) == b.prefix(length)
  }

  /// How much is in a file, so that of one and its copy, while it is made or where nobody has finished it,
  /// the whole one is read; the plain one where both are whole.
  private static func extent(of path: String) -> (lines: Int, onDisk: Int) {
    (LogSource.length(of: path), LogSource.size(of: path) ?? 0)
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
