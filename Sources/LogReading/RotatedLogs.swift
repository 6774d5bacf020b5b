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
}
