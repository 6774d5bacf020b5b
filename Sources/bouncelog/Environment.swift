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
}
