import Glibc

/// The device and inode of a file, the same under each of its names.
package struct FileIdentity: Hashable, Sendable {
  /// The device the file lives on.
  package let device: UInt64
  /// The file's number on that device.
  package let inode: UInt64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// Names the file that is found under a path now; nil when there is none, or none we may see.
  package init?(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
