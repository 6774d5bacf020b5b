/// Where something stands in a text file, both counted from 1; 0 where it is not known.
package struct FilePosition: Hashable, Sendable {
  /// The line.
  package var line: Int
  /// The column, in bytes.
  package var column: Int

  /// Makes a position.
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// What is wrong with a pattern file, and where: `exim.toml:12:10: no such field: remote_hst`.
package struct PatternFileError: Error, CustomStringConvertible, Sendable {
  /// The file's path, or its name where it is built in.
  package let file: String
  /// The place in the file.
  package let position: FilePosition
  /// The sentence.
  package let message: String

  /// Makes an error.
  package init(file: String, position: FilePosition, message: String) {
    self.file = file
    self.position = position
    self.message = message
  }

  /// File, line, column and sentence.
  package var description: String {
    if position.line == 0 { return "\(file): \(message)" }
    return "\(file):\(position.line):\(position.column): \(message)"
  }
}
