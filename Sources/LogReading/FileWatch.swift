import Glibc

/// Wakes a poll(2) when a folder gets a file or a watched file changes.
///
/// It only says that something happened; what, the file system itself tells best. Where inotify is
/// not to be had the descriptor is -1, which poll(2) passes over.
final class FileWatch {
  let descriptor: Int32

  /// Watches the folder of a path.
  init(folderOf path: String) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let events = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR
    unsafe inotify_add_watch(descriptor, folder, UInt32(events))
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Watches an open file, whatever its name is now; the number is for `remove(_:)`.
  func add(_ file: InputFile) -> Int32 {
    unsafe inotify_add_watch(descriptor, "/proc/self/fd/\(file.descriptor)", UInt32(IN_MODIFY))
  }

  func remove(_ number: Int32) {
    inotify_rm_watch(descriptor, number)
  }

  /// Forgets what happened so far.
  func reset() {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { events in
      while unsafe read(descriptor, events.baseAddress, events.count) > 0 {}
    }
  }
}
