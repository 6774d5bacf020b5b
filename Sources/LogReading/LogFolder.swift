internal import Glibc

/// The files that a log consists of: the one under its own name, and what rotation made of those before.
struct LogFolder {
  /// One of them.
  struct Entry: Hashable {
    var path: String
    /// Whether it has the log's own name.
    var isCurrent: Bool
    var status: KnownFile.Status
  }

  /// The files that are there now; names that no rotation gives are none of them.
  ///
  /// - Throws: `ReadError` where the folder cannot be read, or has something under the log's own name that
  ///   is no file which can be read again.
  static func entries(of path: String) throws(ReadError) -> [Entry] {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "./"
    let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let directory = unsafe opendir(folder) else {
      throw ReadError(path: folder, attempt: .open, reason: .system(errno))
    }
    defer { unsafe closedir(directory) }
    var entries: [Entry] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      guard name == base || isRotated(name, of: base) else { continue }
      var status = stat()
      let full = slash == nil ? name : folder + name
      let isThere = unsafe stat(full, &status) == 0
      let kind = status.st_mode & S_IFMT
      guard isThere, kind == S_IFREG else {
        // A name that leads nowhere is as good as none.
        if name == base, isThere || errno != ENOENT {
          let reason: ReadError.Reason =
            !isThere ? .system(errno) : kind == S_IFDIR ? .isDirectory : .isNoFile
          throw ReadError(path: path, attempt: .open, reason: reason)
        }
        continue
      }
      entries.append(
        Entry(path: full, isCurrent: name == base, status: KnownFile.Status(status)))
    }
    return entries
  }

  /// Whether a name is the log's with what logrotate, exicyclog, savelog or newsyslog put behind it: a
  /// number, a date or `old`, and the suffix of a compression.
  static func isRotated(_ name: String, of base: String) -> Bool {
    name.hasPrefix(base) && mark(name.dropFirst(base.count)) != nil
  }

  /// The number, the date or `old` out of what stands behind a log's name; nil for anything else.
  static func mark(_ behind: Substring) -> Substring? {
    var rest = withoutCompression(behind)
    guard let first = rest.popFirst(), first == "." || first == "-" else { return nil }
    if rest == "old" { return rest }
    guard let first = rest.first, first.isASCII, first.isNumber else { return nil }
    return rest.allSatisfy { $0.isASCII && ($0.isNumber || "-_:.T".contains($0)) } ? rest : nil
  }

  /// A name without the suffix of a compression.
  static func withoutCompression(_ name: Substring) -> Substring {
    let suffix = [".gz", ".xz", ".zst", ".bz2"].first(where: name.hasSuffix)
    return name.dropLast(suffix?.count ?? 0)
  }
}

extension KnownFile.Status {
  /// Takes what stat(2) says.
  init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
  }
}
