internal import Glibc
internal import MailTerms

/// What is to be read of a log that was read before: which files, from where, in which order.
package struct LogPlan {
  /// A file with bytes that were not read yet.
  package struct Part {
    /// Where it lies now.
    package let path: String
    /// What is known of it: its place among the known files; nil for a new one.
    package let known: Int?
    /// The end of what was read of it.
    package let offset: Int
    /// What the file system said of it.
    package let status: KnownFile.Status
    /// Whether it has the log's own name.
    package let isCurrent: Bool

    /// The same file, to be read from elsewhere.
    package func at(_ offset: Int) -> Part {
      Part(path: path, known: known, offset: offset, status: status, isCurrent: isCurrent)
    }
  }

  /// The files to read, in the order in which they were written.
  package private(set) var parts: [Part] = []
  /// Files of which nothing has to be read: those that were rotated before the log was first looked at,
  /// and those whose bytes are all read; what is known of them is new.
  package private(set) var passed: [KnownFile] = []
  /// The known files that were found, by their place; where each lies now.
  package private(set) var found: [Int: Part] = [:]
  /// The known files, by their place, that had nothing in them and have now: a new file stands for each.
  package private(set) var replaced: Set<Int> = []
  /// Whether no file has the log's own name.
  package private(set) var isMissing = false
  /// Whether the file that had the log's own name is gone, with whatever was not read of it.
  package private(set) var hasGap = false
  /// Files that could not be looked at.
  package private(set) var errors: [ReadError] = []

  private struct Candidate {
    var entry: LogFolder.Entry
    var head: [UInt8]
    var isCompressed: Bool

    /// Whether two files are the same as far as the shorter head goes.
    func beginsAlike(_ other: Candidate) -> Bool {
      let count = min(head.count, other.head.count)
      return head.prefix(count) == other.head.prefix(count)
    }
  }

  /// Looks at the files of a log.
  ///
  /// - Parameters:
  ///   - path: the log's own name.
  ///   - known: the files known so far, in the order in which they were written; empty for a log that is
  ///     looked at for the first time: only the file with the log's own name is read then.
  ///   - lastScan: when it was looked at last, in nanoseconds since 1970.
  ///   - named: rotated files that are read at the first look too.
  /// - Throws: `ReadError` where the folder cannot be read.
  package init(
    path: String, known: [KnownFile], lastScan: Int64?, named: Set<String> = []
  ) throws(ReadError) {
    // While files are renamed one can be missed between two names: such a look is repeated.
    for attempt in 0..<5 {
      let entries = try LogFolder.entries(of: path)
      self = LogPlan(entries, known, lastScan, named)
      let isSettled = try LogFolder.entries(of: path).isSameSet(as: entries)
      if isSettled, !hasGap || attempt > 1 { return }
      usleep(2000 << UInt32(attempt))
    }
  }

  private init(
    _ entries: [LogFolder.Entry], _ known: [KnownFile], _ lastScan: Int64?, _ named: Set<String>
  ) {
    isMissing = !entries.contains(where: \.isCurrent)
    var new: [Candidate] = []
    var matches: [Int: [Candidate]] = [:]
    var emptyArchives: [LogFolder.Entry] = []
    for entry in entries {
      if let place = known.firstIndex(where: { $0.status == entry.status }) {
        _ = note(entry, place, known)
        continue
      }
      guard let candidate = look(at: entry) else { continue }
      if let place = Self.match(candidate, known) {
        matches[place, default: []].append(candidate)
        continue
      }
      let isNew = !candidate.head.isEmpty || entry.isCurrent
      if !isNew, candidate.isCompressed { emptyArchives.append(entry) }
      // A file that was empty has no content to be known by yet, and no place in the order: it may have
      // been rotated with its first lines, or have those of the log that came after them.
      if let place = Self.emptyFile(entry, known) {
        _ = note(entry, place, known)
        if isNew { replaced.insert(place) }
      }
      if isNew { new.append(candidate) }
    }
    for (place, matching) in matches {
      // What begins as a file did of which little was known, and goes on in another way, is another file.
      let own = matching.first { known[place].status.isSameFile(as: $0.entry.status) }
      let candidates = matching.filter { own?.beginsAlike($0) ?? true }
      new += matching.filter { own?.beginsAlike($0) == false }
      // A copy that is being made, or compressed, stands beside what it is made of.
      guard let best = Self.best(candidates), found[place] == nil else { continue }
      let part = note(best.entry, place, known)
      guard known[place].offset != .max else { continue }
      if best.isCompressed || part.status.size > part.offset {
        parts.append(part)
      } else if part.isCurrent, part.status.size < part.offset {
        // It was cut, which nobody can tell from lost lines, and goes on from its end.
        hasGap = true
        parts.append(part.at(part.status.size))
      }
      // A rotated copy that ends before what was read was made before the last lines were: nothing of it
      // is missing.
    }
    parts.sort { ($0.known ?? 0) < ($1.known ?? 0) }
    addNew(new, lastScan, named)
    let gone = known.indices.filter { known[$0].isCurrent && found[$0] == nil }
    hasGap = hasGap || gone.contains { !mayBeRotated(known[$0], emptyArchives) }
    parts = parts.filter { !$0.isCurrent } + parts.filter(\.isCurrent)
  }

  /// Whether a file that is gone can be one of those that rotation made since.
  ///
  /// One in which nothing was seen is known by no content: packed it is another file, with what came into it or
  /// with nothing.
  private func mayBeRotated(_ file: KnownFile, _ emptyArchives: [LogFolder.Entry]) -> Bool {
    guard file.headLength == 0 else { return false }
    if parts.contains(where: { $0.known == nil && !$0.isCurrent }) { return true }
    // Whoever packs a file gives the archive its time, of which some keep whole seconds.
    let second: Int64 = 1_000_000_000
    return emptyArchives.contains {
      $0.status.modified / second == file.status.modified / second
    }
  }

  private mutating func addNew(_ new: [Candidate], _ lastScan: Int64?, _ named: Set<String>) {
    var rotated: [Candidate] = []
    var current: Candidate?
    for candidate in new {
      if candidate.entry.isCurrent {
        current = candidate
      } else if let twin = rotated.firstIndex(where: { $0.head == candidate.head }) {
        rotated[twin] = Self.best([rotated[twin], candidate]) ?? candidate
      } else {
        rotated.append(candidate)
      }
    }
    let day: Int64 = 86_400_000_000_000
    for candidate in rotated.sorted(by: Self.isOlder) {
      if let current, current.head == candidate.head { continue }
      let status = candidate.entry.status
      // What was rotated before the first look, or was brought back from elsewhere, is not news.
      let isOld =
        lastScan.map { status.modified < $0 - day } ?? !named.contains(candidate.entry.path)
      if isOld {
        passed.append(
          KnownFile(
            headLength: candidate.head.count, head: XXHash64.hash(candidate.head.span),
            // A late writer may add to it, but for an archive.
            offset: candidate.isCompressed ? .max : status.size,
            status: status, isCurrent: false, lastTime: nil))
      } else {
        parts.append(
          Part(
            path: candidate.entry.path, known: nil, offset: 0, status: status, isCurrent: false))
      }
    }
    if let current {
      parts.append(
        Part(
          path: current.entry.path, known: nil, offset: 0, status: current.entry.status,
          isCurrent: true))
    }
  }

  private mutating func note(
    _ entry: LogFolder.Entry, _ place: Int, _ known: [KnownFile]
  ) -> Part {
    let part = Part(
      path: entry.path, known: place, offset: known[place].offset, status: entry.status,
      isCurrent: entry.isCurrent)
    found[place] = part
    return part
  }

  private mutating func look(at entry: LogFolder.Entry) -> Candidate? {
    do throws(ReadError) {
      let source = try LogSource(path: entry.path)
      let head = try source.readHead()
      return Candidate(entry: entry, head: head, isCompressed: source.isCompressed)
    } catch {
      // One that is gone again was renamed: the next look finds it.
      if error.reason != .system(ENOENT) { errors.append(error) }
      return nil
    }
  }

  private static func match(_ candidate: Candidate, _ known: [KnownFile]) -> Int? {
    let places = known.indices.filter { place in
      let length = known[place].headLength
      return length > 0 && length <= candidate.head.count
        && XXHash64.hash(Array(candidate.head.prefix(length)).span) == known[place].head
    }
    // One that had only the beginning of its first line begins as many do.
    return places.last { known[$0].status.isSameFile(as: candidate.entry.status) }
      ?? places.reversed().max { known[$0].headLength < known[$1].headLength }
  }

  /// The known file that was empty and is this one.
  private static func emptyFile(_ entry: LogFolder.Entry, _ known: [KnownFile]) -> Int? {
    known.lastIndex { $0.headLength == 0 && $0.status.isSameFile(as: entry.status) }
  }

  /// Whether a rotated file goes before another one: compressing and copying can make one look younger than
  /// its name does.
  private static func isOlder(_ a: Candidate, than b: Candidate) -> Bool {
    RotatedLogs.isOlder(a.entry.path, than: b.entry.path)
      ?? (a.entry.status.modified < b.entry.status.modified)
  }

  /// The file among those that begin alike that is no copy, or else the copy with the most in it: one that
  /// is being made, compressed or unpacked has less, and so has one that nobody has finished.
  private static func best(_ candidates: [Candidate]) -> Candidate? {
    guard candidates.count > 1 else { return candidates.first }
    if let current = candidates.first(where: \.entry.isCurrent) { return current }
    let lengths = candidates.map { LogSource.length(of: $0.entry.path) }
    let best = candidates.indices.max { a, b in
      if lengths[a] != lengths[b] { return lengths[a] < lengths[b] }
      return candidates[a].isCompressed && !candidates[b].isCompressed
    }
    return best.map { candidates[$0] }
  }
}

extension [LogFolder.Entry] {
  /// Whether the same files have the same names.
  fileprivate func isSameSet(as other: Self) -> Bool {
    func names(_ entries: Self) -> Set<String> {
      Set(entries.map { "\($0.path)\0\($0.status.device)\0\($0.status.inode)" })
    }
    return names(self) == names(other)
  }
}
