internal import Glibc
internal import GRDB

/// What is kept between runs: how far each log was read, what is known of open messages, and counts.
///
/// Everything that one run changes becomes true at once, in one transaction, or not at all: whatever is
/// killed when, no line is skipped and none is counted twice.
package final class StateStore {
  /// The name of the database in the state's folder.
  package static let fileName = "state.sqlite"

  private let queue: DatabaseQueue
  private let lock: StateLock?
  /// The folder; nil for a state in memory.
  package let directory: String?

  /// Opens the state in a folder; nil keeps it in memory, for one run.
  ///
  /// - Parameter makes: whether a new one is made where there is none, with its folder.
  package init(directory: String?, makes: Bool = true) throws(StateError) {
    self.directory = directory
    guard let directory else {
      lock = nil
      queue = try Self.attempt("the state") { try DatabaseQueue() }
      try Self.attempt("the state") { try StateSchema.migrator.migrate(queue) }
      return
    }
    let path = directory + "/" + Self.fileName
    if makes {
      try Self.make(directory)
    } else if unsafe access(path, F_OK) != 0 {
      throw Self.missing(directory, path, errno)
    }
    lock = try StateLock(path: directory + "/bouncelog.lock")
    try Self.hide(path)
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    }
    queue = try Self.attempt(path) { try DatabaseQueue(path: path, configuration: configuration) }
    try Self.checkVersion(of: queue, path)
    try Self.attempt(path) { try StateSchema.migrator.migrate(queue) }
    try Self.checkTables(of: queue, path)
  }

  /// Opens the state in a folder to read it, also while another process works with it.
  ///
  /// What an earlier version has made is changed first, which takes the lock like any change.
  package static func reading(_ directory: String) throws(StateError) -> StateStore {
    if let store = try StateStore(reading: directory) { return store }
    return try StateStore(directory: directory, makes: false)
  }

  /// Opens a state that has all tables; nil for another one.
  private init?(reading directory: String) throws(StateError) {
    self.directory = directory
    lock = nil
    let path = directory + "/" + Self.fileName
    guard unsafe access(path, F_OK) == 0 else { return nil }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    queue = try Self.attempt(path) { try DatabaseQueue(path: path, configuration: configuration) }
    try Self.checkVersion(of: queue, path)
    let isWhole = try Self.attempt(path) {
      try queue.read(StateSchema.migrator.hasCompletedMigrations)
    }
    guard isWhole else { return nil }
    try Self.checkTables(of: queue, path)
  }

  /// Why no state is found: there is none, or the folder is not for us to look into.
  private static func missing(_ directory: String, _ path: String, _ code: Int32) -> StateError {
    if code == ENOENT { return StateError(.missing, "\(directory): nothing is kept there") }
    return StateError(.missing, "\(path): \(unsafe String(cString: strerror(code)))")
  }

  private static func checkVersion(of queue: DatabaseQueue, _ path: String) throws(StateError) {
    let isNewer = try attempt(path) { try queue.read(StateSchema.migrator.hasBeenSuperseded) }
    if isNewer {
      throw StateError(.newer, "\(path) was written by a later version of bouncelog")
    }
  }

  /// Makes sure of all columns: rows are read without asking whether they are there.
  private static func checkTables(of queue: DatabaseQueue, _ path: String) throws(StateError) {
    guard let table = try attempt(path, { try StateSchema.strangeTable(in: queue) }) else { return }
    throw StateError(
      .damaged,
      "\(path): the table \(table) is not as it was made; bouncelog state reset --yes begins anew")
  }

  /// Reads what is kept, all of it as it was at one moment, whatever another process changes meanwhile.
  package func read<Value>(_ body: (StateTransaction) throws -> Value) throws -> Value {
    do {
      return try queue.read { try body(StateTransaction($0)) }
    } catch let error as DatabaseError {
      throw Self.error(error, directory.map { $0 + "/" + Self.fileName } ?? "the state")
    } catch is RowDecodingError {
      throw Self.error(Row.damaged, directory.map { $0 + "/" + Self.fileName } ?? "the state")
    }
  }

  /// Reads or changes what is kept; what `body` changes becomes true when it returns, all together.
  ///
  /// - Parameter keeps: false to undo all that was changed, for a trial.
  package func transaction<Value>(
    keeps: Bool = true, _ body: (StateTransaction) throws -> Value
  ) throws -> Value {
    do {
      return try queue.writeWithoutTransaction { database in
        var value: Value?
        try database.inTransaction(.immediate) {
          value = try body(StateTransaction(database))
          return keeps ? .commit : .rollback
        }
        guard let value else { throw StateError(.cannotUse, "the transaction was not run") }
        return value
      }
    } catch let error as DatabaseError {
      throw Self.error(error, directory.map { $0 + "/" + Self.fileName } ?? "the state")
    } catch is RowDecodingError {
      throw Self.error(Row.damaged, directory.map { $0 + "/" + Self.fileName } ?? "the state")
    }
  }

  /// Gives room that is not needed any more back to the file system.
  package func compact() throws(StateError) {
    try Self.attempt(directory ?? "the state") { try queue.vacuum() }
  }

  /// Removes what is kept in a folder, damaged or not.
  package static func reset(directory: String) throws(StateError) {
    let lock = try StateLock(path: directory + "/bouncelog.lock")
    for suffix in ["", "-wal", "-shm"] {
      let path = directory + "/" + fileName + suffix
      if unsafe unlink(path) != 0, errno != ENOENT {
        throw StateError(.cannotUse, "\(path): \(unsafe String(cString: strerror(errno)))")
      }
    }
    withExtendedLifetime(lock) {}
  }

  /// Whether the database is sound, looked at page by page.
  package func checkIntegrity() throws(StateError) {
    let path = directory.map { $0 + "/" + Self.fileName } ?? "the state"
    let answer = try Self.attempt(path) {
      try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    }
    if answer != "ok" { throw StateError(.damaged, "\(path) is damaged: \(answer ?? "")") }
  }

  /// Makes the database for its owner and group alone, as SQLite does not, and hides from others what an
  /// earlier version has made; SQLite gives the files beside it the same rights.
  private static func hide(_ path: String) throws(StateError) {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else {
      throw StateError(.cannotUse, "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    close(descriptor)
    for path in [path, path + "-wal", path + "-shm"] {
      var status = stat()
      guard unsafe stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { continue }
      _ = unsafe chmod(path, status.st_mode & 0o770)
    }
  }

  private static func make(_ directory: String) throws(StateError) {
    var made = directory.hasPrefix("/") ? "" : "."
    for part in directory.split(separator: "/") {
      made += "/" + part
      if unsafe mkdir(made, 0o750) != 0, errno != EEXIST {
        // A folder on the way may be one that we may not write to.
        let code = errno
        var status = stat()
        if unsafe stat(made, &status) == 0 { continue }
        throw StateError(
          .cannotUse,
          "cannot make \(directory) to keep the state in: \(made): "
            + "\(unsafe String(cString: strerror(code))); --state names another folder")
      }
    }
  }

  private static func attempt<Value>(
    _ path: String, _ body: () throws -> Value
  ) throws(StateError) -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw Self.error(error, path)
    } catch is RowDecodingError {
      throw Self.error(Row.damaged, path)
    } catch {
      throw StateError(.cannotUse, "\(path): \(error)")
    }
  }

  private static func error(_ error: DatabaseError, _ path: String) -> StateError {
    let words = "\(path): \(error.message ?? "\(error.resultCode)")"
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return StateError(.damaged, words + "; bouncelog state reset --yes begins anew")
    case .SQLITE_BUSY, .SQLITE_LOCKED: return StateError(.locked, words)
    default: return StateError(.cannotUse, words)
    }
  }
}
