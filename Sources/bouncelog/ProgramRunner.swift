internal import Glibc

/// Runs a program of the site's own, without a shell and not for long.
enum ProgramRunner {
  /// How long a program may take, in milliseconds.
  private static let patience = 30_000

  /// Runs a program with a text on its standard input; its output is dropped.
  ///
  /// - Returns: nil when it ended well, else what went wrong.
  static func run(_ words: [String], input: String) -> String? {
    guard let program = words.first else { return nil }
    var ends: [Int32] = [-1, -1]
    let isMade = unsafe pipe(&ends) == 0
    guard isMade else { return "\(program): \(unsafe String(cString: strerror(errno)))" }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, program, &actions, nil, arguments, environ)
    close(ends[0])
    guard code == 0 else {
      close(ends[1])
      return "\(program): \(unsafe String(cString: strerror(code)))"
    }
    give(input, to: ends[1])
    close(ends[1])
    return wait(for: child, program)
  }

  private static func give(_ input: String, to descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    var rest = Array(input.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // One that does not read is ended below.
        if unsafe poll(&polled, 1, Int32(patience)) <= 0 { return }
      } else if errno != EINTR {
        return
      }
    }
  }

  private static func wait(for child: pid_t, _ program: String) -> String? {
    var status: Int32 = 0
    for _ in 0..<(patience / 10) {
      let ended = unsafe waitpid(child, &status, WNOHANG)
      if ended == child { break }
      if ended < 0, errno != EINTR { return "\(program): cannot wait for it" }
      usleep(10_000)
      status = -1
    }
    if status == -1 {
      kill(child, SIGKILL)
      _ = unsafe waitpid(child, &status, 0)
      return "\(program) took longer than \(patience / 1000) s and was ended"
    }
    return status == 0 ? nil : "\(program) ended with \(status >> 8 & 0xFF)"
  }
}
