internal import Glibc

/// Waits until something happens to the files of some folders; what, the files themselves tell best.
package final class FolderWatch {
  private let descriptor: Int32

  /// Watches the folders of some paths.
  ///
  /// Folders that are not there, and network file systems, say nothing: whoever waits looks now and then.
  package init(foldersOf paths: [String]) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    let events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR
    for folder in Set(
      paths.map { path in path.lastIndex(of: "/").map { String(path[...$0]) } ?? "." })
    {
      unsafe inotify_add_watch(descriptor, folder, UInt32(events))
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Waits for an event, for another descriptor that becomes readable, or for a time.
  package func wait(milliseconds: Int, wakeDescriptor: Int32) {
    _ = pollReadable([descriptor, wakeDescriptor], milliseconds: Int32(clamping: milliseconds))
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { events in
      while unsafe read(descriptor, events.baseAddress, events.count) > 0 {}
    }
  }
}
