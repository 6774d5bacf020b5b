internal import Glibc

/// What the process's environment asks for.
enum Environment {
  /// The value of a variable; nil if it is not set.
  static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Whether colours are welcome on a terminal: NO_COLOR is not set, and the terminal is not dumb.
  static var allowsColour: Bool {
    (value("NO_COLOR") ?? "").isEmpty && value("TERM") != "dumb"
  }

  /// Whether a person sits at standard input.
  static var isInputTerminal: Bool { isatty(0) == 1 }

  /// Whether standard input is a terminal or the null device, where no log comes from.
  static var isInputDevice: Bool {
    var status = stat()
    return unsafe fstat(0, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
  }

  /// Whether anything comes from standard input.
  ///
  /// Nothing does from a terminal, the null device and an empty pipe, such as cron gives its jobs. It waits
  /// until a pipe has something or is closed.
  static var hasInput: Bool {
    var status = stat()
    guard unsafe fstat(0, &status) == 0 else { return false }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return status.st_size > lseek(0, 0, SEEK_CUR)
    case S_IFIFO, S_IFSOCK:
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&input, 1, -1) < 0, errno == EINTR {}
      return input.revents & Int16(POLLIN) != 0
    default: return false
    }
  }
}
