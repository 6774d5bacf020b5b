internal import Glibc
internal import LogReading
internal import SiteConfig

/// The logs that a check or the service looks at: each of them once, whatever names it was given.
struct WatchedLogs {
  /// One of them.
  struct Log {
    /// Its own name, the same wherever the program is started; or that of a unit of the journal.
    var path: String
    /// When its silence is no answer any more; nil for the default.
    var stale: StaleLimit?
    /// What rotation made of it, as far as that was named as well.
    var rotated: Set<String> = []
  }

  private(set) var logs: [Log] = []
  /// Which names were not taken for logs of their own.
  private(set) var remarks: [String] = []

  /// The logs' own names.
  var paths: [String] { logs.map(\.path) }

  /// Chooses the logs of the command line, or else all sources of a configuration.
  ///
  /// - Parameter stale: the limit of the command line, which goes before the configuration's.
  init(
    _ config: SiteConfig, files: [String] = [], journal: [String] = [], stale: StaleLimit? = nil
  ) {
    var limits: [String: StaleLimit] = [:]
    var sources: [String] = []
    for source in config.sources {
      for path in Self.paths(files: source.files, journal: source.journal) {
        sources.append(path)
        limits[path] = source.stale
      }
    }
    let isNamed = !files.isEmpty || !journal.isEmpty
    let named = isNamed ? Self.paths(files: files, journal: journal) : sources
    for path in named {
      if logs.contains(where: { $0.path == path }) {
        remarks.append("\(path) is named more than once")
      } else {
        logs.append(Log(path: path, stale: stale ?? limits[path] ?? config.stale))
      }
    }
    putRotatedFilesToTheirLogs()
    putNamesOfOneFileTogether()
  }

  private static func paths(files: [String], journal: [String]) -> [String] {
    files.map(absolute) + journal.map { JournalReader.prefix + $0 }
  }

  /// A shell's `mainlog*` names what rotation made of a log too; as a log of its own each would be read again
  /// under its next name.
  private mutating func putRotatedFilesToTheirLogs() {
    for log in logs {
      guard let owner = owner(of: log.path) else { continue }
      logs.removeAll { $0.path == log.path }
      if !paths.contains(owner) { logs.append(Log(path: owner, stale: log.stale)) }
      for place in logs.indices where logs[place].path == owner {
        logs[place].rotated.insert(log.path)
      }
      remarks.append("\(log.path) is read as a part of \(owner)")
    }
  }

  /// The log of a rotated file: one that is named too, or that cannot be named since it has no file now.
  private func owner(of path: String) -> String? {
    guard !path.hasPrefix(JournalReader.prefix) else { return nil }
    let named = paths.filter { RotatedLogs.isRotated(path, of: $0) }
    if let owner = named.min(by: { $0.utf8.count < $1.utf8.count }) { return owner }
    return RotatedLogs.log(of: path).flatMap { LogSource.isThere($0) ? nil : $0 }
  }

  /// Of a file with several names that one stays by which rotation knows it, not a link to it.
  private mutating func putNamesOfOneFileTogether() {
    let files = Dictionary(grouping: paths) { FileIdentity(of: $0) }
    for name in paths {
      guard let file = FileIdentity(of: name), let names = files[file] else { continue }
      let own = names.first { Self.real($0) == $0 } ?? names[0]
      if name == own { continue }
      remarks.append("\(name) is the same file as \(own)")
      logs.removeAll { $0.path == name }
    }
  }

  /// A log's own name, the same wherever the program is started, and whether the file is there or not.
  private static func absolute(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    // Behind a link of the same name, or a linked folder, lies what rotation made of the log as well.
    if let resolved = real(path), resolved.split(separator: "/").last.map(String.init) == name {
      return resolved
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard let folder = real(folder) else {
      return path.hasPrefix("/") ? path : (real(".") ?? "") + "/" + path
    }
    return folder == "/" ? "/" + name : folder + "/" + name
  }

  /// A path without links; nil where nothing is there.
  private static func real(_ path: String) -> String? {
    guard let real = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
}
