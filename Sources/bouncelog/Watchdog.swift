internal import Glibc
internal import LogReading

/// Ends a check that takes too long, with the programs that it has started.
///
/// What it says is that nothing is known, or the answer if that is known already.
enum Watchdog {
  /// Gives the process some seconds.
  ///
  /// SIGALRM comes whatever the process waits for; the kernel rolls back what was not kept.
  static func start(seconds: Int) {
    set(
      answer: "BOUNCELOG UNKNOWN - no answer within \(seconds) s\n",
      status: ExitStatus.unknown.rawValue)
    unsafe end = monotonicMilliseconds() + seconds * 1000
    signal(SIGALRM) { _ in
      ChildGroups.endAll()
      unsafe Watchdog.words.withUnsafeBytes { bytes in
        _ = unsafe write(1, bytes.baseAddress, bytes.count)
      }
      _exit(unsafe Watchdog.status)
    }
    for number in [SIGTERM, SIGINT] {
      signal(number) { number in
        ChildGroups.endAll()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    alarm(UInt32(clamping: seconds))
  }

  /// How long the process has still, in milliseconds.
  static var left: Int { max(0, unsafe end - monotonicMilliseconds()) }

  /// What is said at the end of the time, and the exit code then.
  static func set(answer: String, status: Int32) {
    var signals = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGALRM)
    unsafe sigprocmask(SIG_BLOCK, &signals, &before)
    unsafe words = Array(answer.utf8)
    unsafe Self.status = status
    unsafe sigprocmask(SIG_SETMASK, &before, nil)
  }

  // Set while the signal cannot come.
  nonisolated(unsafe) private static var words: [UInt8] = []
  nonisolated(unsafe) private static var status: Int32 = 0
  nonisolated(unsafe) private static var end = 0
}
