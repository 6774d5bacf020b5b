internal import Glibc
internal import LogReading

/// Standard input or a pipe as a file that can be read more than once.
///
/// The file has no name, and is gone with the process.
struct Spool {
  /// A path that opens the file.
  let path: String
  /// What ended the reading too early; the bytes before it are there.
  private(set) var failure: ReadError?

  /// Whether a path names something that can be read only once.
  static func isNeeded(for path: String) -> Bool {
    if path == LogSource.standardInput { return true }
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Reads a log to its end.
  init(of log: String) throws(Failure) {
    let folder = Environment.value("TMPDIR") ?? "/tmp"
    var template = Array("\(folder)/bouncelog.XXXXXX".utf8CString)
    let descriptor = unsafe template.withUnsafeMutableBufferPointer { name in
      guard let start = name.baseAddress else { return Int32(-1) }
      let descriptor = unsafe mkstemp(start)
      if descriptor >= 0 { _ = unsafe unlink(start) }
      return descriptor
    }
    func failure(_ status: ExitStatus) -> Failure {
      Failure(status: status, message: "\(folder): \(unsafe String(cString: strerror(errno)))")
    }
    guard descriptor >= 0 else { throw failure(.cannotCreate) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    path = "/proc/self/fd/\(descriptor)"
    var room = [UInt8](repeating: 0, count: 1 << 18)
    var isWritten = true
    do throws(ReadError) {
      let source = try LogSource(path: log)
      while isWritten {
        let count = try unsafe room.withUnsafeMutableBufferPointer { (room) throws(ReadError) in
          try unsafe source.read(into: UnsafeMutableRawBufferPointer(room))
        }
        if count == 0 { break }
        isWritten = unsafe room.withUnsafeBytes { bytes in
          unsafe Self.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: descriptor)
        }
      }
    } catch {
      self.failure = error
    }
    guard isWritten else { throw failure(.cannotWrite) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var start = 0
    while start < bytes.count {
      let written = unsafe Glibc.write(
        descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      start += written
    }
    return true
  }
}
