import Glibc

/// An open file, pipe or device as raw bytes; it is closed with the object.
///
/// Only `waitUntilReadable()` waits: a read from a pipe without bytes says so, and whoever asked
/// decides what else to wait for.
final class InputFile {
  let path: String
  let descriptor: Int32
  /// True for a file on disk, which never makes a reader wait and can be read again.
  let isRegular: Bool
  let identity: FileIdentity
  /// Seconds since 1970 of the last write when the file was opened; nil for all but regular files.
  let modificationTime: Int?
  /// Bytes between the place where reading began (for a regular file: its start) and the next read.
  private(set) var position = 0
  /// Where reading stops as if nothing more was there.
  private var limit = Int.max

  /// Opens a path, or takes standard input for `-`.
  init(path: String) throws(ReadError) {
    self.path = path
    if path == LogSource.standardInput {
      descriptor = STDIN_FILENO
    } else {
      // With O_NONBLOCK a FIFO opens before its writer came, and the wait happens in poll(2), where
      // a signal can end it.
      let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
      descriptor = try Self.retry(path, .open) { unsafe open(path, flags) }
    }
    do throws(ReadError) {
      let status = try Self.status(of: descriptor, path)
      let kind = status.st_mode & S_IFMT
      if kind == S_IFDIR { throw ReadError(path: path, attempt: .open, reason: .isDirectory) }
      isRegular = kind == S_IFREG
      identity = FileIdentity(status)
      modificationTime = isRegular ? status.st_mtim.tv_sec : nil
    } catch {
      if path != LogSource.standardInput { close(descriptor) }
      throw error
    }
  }

  /// Opens a regular file that somebody wants a look at; nil for all else, and for one that cannot be opened.
  ///
  /// To open a FIFO and close it again would cost its writer the reader whom the FIFO is for.
  convenience init?(regular path: String) {
    var status = stat()
    guard path != LogSource.standardInput, unsafe stat(path, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    do throws(ReadError) { try self.init(path: path) } catch { return nil }
    if !isRegular { return nil }
  }

  deinit {
    if path != LogSource.standardInput { close(descriptor) }
  }

  /// Reads once: the number of bytes, 0 at the end, nil when nothing is there yet.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int? {
    let count = min(buffer.count, limit - position)
    if count == 0 { return nil }
    if !isRegular && !isReadable(milliseconds: 0) { return nil }
    do {
      let length = try Self.retry(path, .read) {
        unsafe Glibc.read(descriptor, buffer.baseAddress, count)
      }
      position += length
      return length
    } catch {
      guard error.reason == .system(EAGAIN) else { throw error }
      return nil
    }
  }

  /// Waits until a read gives bytes, the end or an error; gives up early when a signal comes.
  func waitUntilReadable() { _ = isReadable(milliseconds: -1) }

  /// Lets reads give no more than what is there at this moment.
  func limitToAvailable() {
    if isRegular, let size = try? currentSize() {
      limit = max(size, position)
    } else {
      var available: Int32 = 0
      _ = unsafe ioctl(descriptor, UInt(FIONREAD), &available)
      limit = position + Int(available)
    }
  }

  /// Gives the size of a regular file now.
  func currentSize() throws(ReadError) -> Int {
    try Int(Self.status(of: descriptor, path).st_size)
  }

  /// What the file system says of the file now.
  func status() throws(ReadError) -> KnownFile.Status {
    try KnownFile.Status(Self.status(of: descriptor, path))
  }

  /// The first bytes of a regular file as they are now, wherever reading is.
  func head(bytes: Int) throws(ReadError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: bytes)
    var count = 0
    while count < bytes {
      let length = try Self.retry(path, .read) {
        unsafe head.withUnsafeMutableBytes { room in
          unsafe pread(
            descriptor, room.baseAddress.map { unsafe $0 + count }, bytes - count, off_t(count))
        }
      }
      if length == 0 { break }
      count += length
    }
    return Array(head.prefix(count))
  }

  /// Makes the next read of a regular file begin at an offset.
  func seek(to offset: Int) throws(ReadError) {
    _ = try Self.retry(path, .read) { lseek(descriptor, off_t(offset), SEEK_SET) }
    position = offset
  }

  private func isReadable(milliseconds: Int32) -> Bool {
    pollReadable([descriptor], milliseconds: milliseconds)[0]
  }

  private static func status(of descriptor: Int32, _ path: String) throws(ReadError) -> stat {
    var status = stat()
    _ = try retry(path, .open) { unsafe fstat(descriptor, &status) }
    return status
  }

  /// Repeats a system call that a signal interrupted and turns its failure into an error.
  private static func retry<Number: SignedInteger>(
    _ path: String, _ attempt: ReadError.Attempt, _ call: () -> Number
  ) throws(ReadError) -> Number {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno == EINTR { continue }
      throw ReadError(path: path, attempt: attempt, reason: .system(errno))
    }
  }
}
