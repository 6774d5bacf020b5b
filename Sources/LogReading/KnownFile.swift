/// What is remembered of a file of a log, so that a later run reads on where the last one ended.
///
/// A file is known by its content: rotation renames, copies and compresses, and a file system gives inodes
/// out again. Device and inode only decide between files that begin alike.
package struct KnownFile: Hashable, Sendable {
  /// The most bytes of a file's head that tell it from others.
  package static let longestHead = 1024

  /// How many of its first bytes, decompressed, are known, and their hash.
  package var headLength: Int
  package var head: UInt64
  /// The end of the last whole line that was read, after decompression.
  package var offset: Int
  /// Where it lay, how long it was and when it was written when it was seen last, on disk.
  package var status: Status
  /// Whether it stood under the log's own name then.
  package var isCurrent: Bool
  /// The time of its last line in microseconds since 1970; nil while none had a time.
  package var lastTime: Int64?

  /// What the file system tells of a file: the same answer means the same bytes.
  package struct Status: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int
    /// Nanoseconds since 1970.
    package var modified: Int64

    /// Makes a status of its parts.
    package init(device: UInt64, inode: UInt64, size: Int, modified: Int64) {
      self.device = device
      self.inode = inode
      self.size = size
      self.modified = modified
    }

    /// Whether it is the same file, whatever is in it now.
    package func isSameFile(as other: Status) -> Bool {
      device == other.device && inode == other.inode
    }
  }

  /// Makes what is remembered.
  package init(
    headLength: Int, head: UInt64, offset: Int, status: Status, isCurrent: Bool, lastTime: Int64?
  ) {
    self.headLength = headLength
    self.head = head
    self.offset = offset
    self.status = status
    self.isCurrent = isCurrent
    self.lastTime = lastTime
  }
}
