internal import Glibc

/// A program that was started without a shell, with a pipe to it or from it.
final class ChildProcess {
  /// Which of its standard streams is a pipe.
  ///
  /// The other one is /dev/null, and standard error is ours.
  enum Stream: Int32 {
    case input = 0
    case output = 1
  }

  /// What went wrong, in words.
  struct Problem: Error {
    let description: String
  }

  private let program: String
  /// Our end of the pipe; closed when nothing more is written or read.
  private(set) var descriptor: Int32
  private var child: pid_t = 0
  private var isWaitedFor = false

  /// Starts a program, which is found by PATH if it is no path.
  init(_ words: [String], piping stream: Stream) throws(Problem) {
    program = words.first ?? ""
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw Problem(description: "\(words.first ?? ""): no pipe: errno \(errno)")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let theirs = stream == .input ? ends[0] : ends[1]
    descriptor = stream == .input ? ends[1] : ends[0]
    defer { close(theirs) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, theirs, stream.rawValue)
    unsafe posix_spawn_file_actions_addopen(&actions, 1 - stream.rawValue, "/dev/null", O_RDWR, 0)
    // What we ignore, a program of the site's own may count on.
    var defaults = sigset_t()
    unsafe sigemptyset(&defaults)
    unsafe sigaddset(&defaults, SIGPIPE)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    let code = unsafe posix_spawnp(
      &child, program, &actions, &attributes, arguments, environ)
    guard code == 0 else {
      isWaitedFor = true
      throw Problem(description: "\(program): \(unsafe String(cString: strerror(code)))")
    }
  }

  deinit {
    closePipe()
    if !isWaitedFor {
      kill(child, SIGKILL)
      _ = try? wait(milliseconds: nil)
    }
  }

  /// Lets the program see the end of its input.
  func closePipe() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Writes a text to its input; a program that does not read it in time gets only a part.
  func write(_ text: String, milliseconds: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if unsafe poll(&polled, 1, milliseconds) <= 0 { return }
      } else if errno != EINTR {
        return
      }
    }
  }

  /// Waits for its end, and ends it when a time has passed; nil waits for ever.
  ///
  /// - Throws: `Problem` if it did not end with 0.
  func wait(milliseconds: Int?) throws(Problem) {
    var status: Int32 = 0
    var left = milliseconds ?? .max
    while true {
      let ended = unsafe waitpid(child, &status, milliseconds == nil ? 0 : WNOHANG)
      if ended == child { break }
      if ended < 0, errno != EINTR { throw Problem(description: "\(program): errno \(errno)") }
      if left <= 0 {
        kill(child, SIGKILL)
        _ = unsafe waitpid(child, &status, 0)
        isWaitedFor = true
        throw Problem(
          description: "\(program) took longer than \((milliseconds ?? 0) / 1000) s and was ended")
      }
      usleep(10_000)
      left -= 10
    }
    isWaitedFor = true
    guard status == 0 else {
      let words = status & 0x7F == 0 ? "ended with \(status >> 8 & 0xFF)" : "was killed"
      throw Problem(description: "\(program) \(words)")
    }
  }
}
