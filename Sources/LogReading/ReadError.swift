import Glibc

/// A log that could not be opened or read: which one, what was tried, and what came back.
package struct ReadError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The step that failed.
  package enum Attempt: Hashable, Sendable {
    /// Opening the file or looking at its status.
    case open
    /// Reading bytes or finding a place in the file.
    case read
    /// Decompressing what was read.
    case decompress
  }

  /// What came back.
  package enum Reason: Hashable, Sendable {
    /// The `errno` of a failed system call.
    case system(Int32)
    /// The path names a directory.
    case isDirectory
    /// The path names a pipe or a device, where a file is needed that can be read again.
    case isNoFile
    /// Compressed data that ends too early; carries the format's name.
    case truncatedData(format: String)
    /// Compressed data that cannot be decoded; carries the format's name and the library's words.
    case corruptData(format: String, detail: String)
  }

  /// The path as it was given, `-` for standard input.
  package let path: String
  /// The step that failed.
  package let attempt: Attempt
  /// What came back.
  package let reason: Reason

  /// There is no file of this name.
  package static func missing(_ path: String) -> ReadError {
    ReadError(path: path, attempt: .open, reason: .system(ENOENT))
  }

  /// The sentence for a person, such as `mail.log: No such file or directory`.
  package var description: String {
    "\(path == LogSource.standardInput ? "standard input" : path): \(reason.words)"
  }
}

extension ReadError.Reason {
  fileprivate var words: String {
    switch self {
    case .system(let code): unsafe String(cString: strerror(code))
    case .isDirectory: "is a directory"
    case .isNoFile: "is no file that can be read again"
    case .truncatedData(let format): "truncated \(format) data"
    case .corruptData(let format, let detail):
      detail.isEmpty ? "corrupt \(format) data" : "corrupt \(format) data: \(detail)"
    }
  }
}
