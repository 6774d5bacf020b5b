internal import Glibc

/// One process at a time works with the state; the others are told which one it is.
final class StateLock {
  private let descriptor: Int32

  /// Takes the lock, or tells who has it.
  init(path: String) throws(StateError) {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else {
      throw StateError(.cannotUse, "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.text(descriptor)
      close(descriptor)
      throw StateError(
        .locked, "the state is held by \(holder.isEmpty ? "another process" : holder)")
    }
    var now = time(nil)
    var parts = unsafe tm()
    unsafe localtime_r(&now, &parts)
    var since = [CChar](repeating: 0, count: 32)
    _ = unsafe strftime(&since, since.count, "%Y-%m-%d %H:%M:%S", &parts)
    let text = String(
      decoding: since.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let words = Array("process \(getpid()) since \(text)\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = unsafe words.withUnsafeBytes { bytes in
      unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
    }
  }

  // The kernel lets go of it when the process ends, however it ends.
  deinit { close(descriptor) }

  private static func text(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = unsafe bytes.withUnsafeMutableBytes { room in
      unsafe pread(descriptor, room.baseAddress, room.count, 0)
    }
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 >= 32 }, as: UTF8.self)
  }
}
