internal import Glibc

/// A program that was started without a shell, with a pipe to it or from it.
///
/// It has a process group of its own, so that what it has started itself ends with it.
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

  /// Its name, as it was started.
  let program: String
  /// Our end of the pipe; closed when nothing more is written or read.
  private(set) var descriptor: Int32
  private var child: pid_t = 0
  private var isWaitedFor = false
  /// What it is still to be given.
  private var rest: ArraySlice<UInt8>

  /// Starts a program, which is found by PATH if it is no path.
  ///
  /// - Parameter text: what it gets by a pipe to it, as it takes it.
  init(_ words: [String], piping stream: Stream, text: String = "") throws(Problem) {
    program = words.first ?? ""
    rest = Array(text.utf8)[...]
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
    for signal in [SIGPIPE, SIGXFSZ] { unsafe sigaddset(&defaults, signal) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETPGROUP))
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    let code = unsafe posix_spawnp(
      &child, program, &actions, &attributes, arguments, environ)
    guard code == 0 else {
      isWaitedFor = true
      throw Problem(description: "\(program): \(unsafe String(cString: strerror(code)))")
    }
    ChildGroups.add(child)
    if stream == .input { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
  }

  deinit { end() }

  /// Ends it, with all that it has started.
  func end() {
    closePipe()
    guard !isWaitedFor else { return }
    kill(-child, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    forget()
  }

  private func closePipe() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private func forget() {
    isWaitedFor = true
    ChildGroups.remove(child)
  }

  /// Gives it of its input what it takes now, and the end behind all of it.
  private func feed() {
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        // It does not want to know more.
        rest = []
      }
    }
    closePipe()
  }

  /// Gives it what it takes, and tells whether it has ended.
  ///
  /// - Throws: `Problem` if it ended with something other than 0.
  func hasEnded() throws(Problem) -> Bool {
    feed()
    return try isOver(WNOHANG)
  }

  /// Waits for its end.
  ///
  /// - Throws: `Problem` if it ended with something other than 0.
  func wait() throws(Problem) { while try !isOver(0) {} }

  private func isOver(_ options: Int32) throws(Problem) -> Bool {
    var status: Int32 = 0
    let ended = unsafe waitpid(child, &status, options)
    guard ended == child else {
      if ended == 0 || errno == EINTR { return false }
      throw Problem(description: "\(program): errno \(errno)")
    }
    forget()
    guard status == 0 else {
      let words = status & 0x7F == 0 ? "ended with \(status >> 8 & 0xFF)" : "was killed"
      throw Problem(description: "\(program) \(words)")
    }
    return true
  }
}

/// The process groups of the programs that run, for a signal handler that has to end them.
enum ChildGroups {
  /// The most that are known at a time.
  static let most = 64

  // A handler may look at any moment: the room never moves.
  nonisolated(unsafe) private static let groups: UnsafeMutablePointer<pid_t> = {
    let room = UnsafeMutablePointer<pid_t>.allocate(capacity: most)
    unsafe room.initialize(repeating: 0, count: most)
    return unsafe room
  }()

  static func add(_ group: pid_t) { replace(0, by: group) }

  static func remove(_ group: pid_t) { replace(group, by: 0) }

  private static func replace(_ group: pid_t, by other: pid_t) {
    for place in 0..<most where unsafe groups[place] == group {
      unsafe groups[place] = other
      return
    }
  }

  /// Ends all of them; a signal handler may do so.
  static func endAll() {
    for place in 0..<most {
      let group = unsafe groups[place]
      if group > 0 { kill(-group, SIGKILL) }
    }
  }
}
