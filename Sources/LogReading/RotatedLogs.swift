/// The files of a log with what rotation made of it.
package enum RotatedLogs {
  /// One of them.
  package struct File: Sendable {
    /// Where it lies.
    package var path: String
    /// When it was last written, in seconds since 1970.
    package var modified: Int64
  }

  /// The files that rotation made of a log, and the log itself if it is there as a plain file; none where its
  /// folder cannot be read.
  package static func files(of path: String) -> [File] {
    guard let entries = try? LogFolder.entries(of: path) else { return [] }
    return entries.map { File(path: $0.path, modified: $0.status.modified / 1_000_000_000) }
  }

  /// Whether a file has a name that rotation gives to what was the log of another name.
  package static func isRotated(_ path: String, of log: String) -> Bool {
    guard let end = path.lastIndex(of: "/").map(path.index(after:)),
      let own = log.lastIndex(of: "/"),
      path[..<end] == log[...own]
    else { return false }
    return LogFolder.isRotated(String(path[end...]), of: String(log[log.index(after: own)...]))
  }

  /// The own name of the log that a file was before rotation gave it the name that it has; nil for other names.
  package static func log(of path: String) -> String? {
    let parts = parts(of: path)
    return parts.mark == nil ? nil : String(parts.log)
  }

  /// Whether a file holds older lines of a log than another one does; nil where their names do not tell.
  ///
  /// The larger number is the older one, and the smaller date; the log itself is the newest.
  package static func isOlder(_ path: String, than other: String) -> Bool? {
    let (a, b) = (parts(of: path), parts(of: other))
    guard a.log == b.log, a.mark != b.mark else { return nil }
    guard let mark = a.mark else { return false }
    guard let otherMark = b.mark else { return true }
    if let number = Int(mark), let otherNumber = Int(otherMark), max(number, otherNumber) < 1000 {
      return number > otherNumber
    }
    return mark.count == otherMark.count ? mark < otherMark : nil
  }

  /// A log's own path, and what rotation put behind it.
  private static func parts(of path: String) -> (log: Substring, mark: Substring?) {
    for place in path.indices.drop(while: { path[$0...].contains("/") }) {
      if let mark = LogFolder.mark(path[place...]) { return (path[..<place], mark) }
    }
    // The log itself may have been compressed for keeping.
    return (LogFolder.withoutCompression(path[...]), nil)
  }
}
