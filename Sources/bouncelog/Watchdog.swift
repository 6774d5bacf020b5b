internal import Glibc

/// Ends a check that takes too long, with the answer that nothing is known.
enum Watchdog {
  /// Gives the process some seconds.
  ///
  /// SIGALRM comes whatever the process waits for; the kernel rolls back what was not kept.
  static func start(seconds: Int) {
    unsafe Self.words = Array("BOUNCELOG UNKNOWN - no answer within \(seconds) s\n".utf8)
    signal(SIGALRM) { _ in
      unsafe Watchdog.words.withUnsafeBytes { bytes in
        _ = unsafe write(1, bytes.baseAddress, bytes.count)
      }
      _exit(ExitStatus.unknown.rawValue)
    }
    alarm(UInt32(clamping: seconds))
  }

  // Set once, before the signal can come.
  nonisolated(unsafe) private static var words: [UInt8] = []
}
