internal import GRDB

/// What is reckoned with must be what a run can have written: in a damaged file it may be anything.
extension Row {
  /// A number of lines, recipients or messages.
  func number(atIndex column: Int) throws -> Int {
    let number: Int = try decode(atIndex: column)
    guard (0...1 << 48).contains(number) else { throw Self.damaged }
    return number
  }

  /// Seconds since 1970; nil for none.
  func moment(atIndex column: Int) throws -> Int64? {
    guard let moment: Int64 = try decode(atIndex: column) else { return nil }
    guard (-(1 << 40)...1 << 40).contains(moment) else { throw Self.damaged }
    return moment
  }

  /// What is told of a row that no run has written.
  static var damaged: DatabaseError {
    DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row is not as it was written")
  }
}
