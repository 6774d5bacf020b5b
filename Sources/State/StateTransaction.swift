internal import Foundation
internal import GRDB
package import LogReading
internal import MailTerms

/// What is kept, within one transaction.
package struct StateTransaction {
  let database: Database

  init(_ database: Database) { self.database = database }

  // MARK: Logs

  /// A log as the last run left it.
  package struct Log: Sendable {
    /// Its number, and its own name.
    package let id: Int64
    package let path: String
    /// When it was looked at last, in nanoseconds since 1970; nil for a new one.
    package let lastScan: Int64?
    /// Its files, in the order in which they were written.
    package let files: [KnownFile]
    /// The time of its newest line in microseconds since 1970.
    package let newest: Int64?
    /// How many lines were read of it.
    package let lines: Int
    /// Whether what was read of it last was of no mail server.
    package let isStrange: Bool
    /// Where in the journal the last run ended; nil for files.
    package let cursor: String?
  }

  /// All logs.
  package func logs() throws -> [Log] {
    try Row.fetchAll(database, sql: "SELECT * FROM log ORDER BY path").map(log)
  }

  private func log(_ row: Row) throws -> Log {
    let id: Int64 = try row.decode(forColumn: "id")
    let files = try Row.fetchAll(
      database,
      sql: """
        SELECT head_length, head, offset, device, inode, size, modified, is_current, last_time
        FROM file WHERE log = ? ORDER BY place
        """, arguments: [id]
    ).map { row in
      try KnownFile(
        headLength: row.decode(atIndex: 0), head: UInt64(bitPattern: row.decode(atIndex: 1)),
        offset: row.decode(atIndex: 2),
        status: KnownFile.Status(
          device: UInt64(bitPattern: row.decode(atIndex: 3)),
          inode: UInt64(bitPattern: row.decode(atIndex: 4)), size: row.decode(atIndex: 5),
          modified: row.decode(atIndex: 6)),
        isCurrent: row.decode(atIndex: 7), lastTime: row.decode(atIndex: 8))
    }
    let log = try Log(
      id: id, path: row.decode(forColumn: "path"), lastScan: row.decode(forColumn: "last_scan"),
      files: files, newest: row.decode(forColumn: "newest"), lines: row.decode(forColumn: "lines"),
      isStrange: row.decode(forColumn: "is_strange"), cursor: row.decode(forColumn: "cursor"))
    // Places in a file and moments that none can be would be reckoned with.
    guard files.allSatisfy({ $0.offset >= 0 && $0.headLength >= 0 }), log.lines >= 0,
      log.lastScan ?? 0 >= 0
    else { throw Row.damaged }
    return log
  }

  /// The log of a name, entered if it is new.
  package func log(path: String, now: Int64) throws -> Log {
    if let row = try Row.fetchOne(
      database, sql: "SELECT * FROM log WHERE path = ?", arguments: [path])
    {
      return try log(row)
    }
    try database.execute(
      sql: "INSERT INTO log (path, first_scan, last_scan) VALUES (?, ?, ?)",
      arguments: [path, now, now])
    return Log(
      id: database.lastInsertedRowID, path: path, lastScan: nil, files: [], newest: nil, lines: 0,
      isStrange: false, cursor: nil)
  }

  /// Notes how far a log is read now.
  package func note(
    log id: Int64, files: [KnownFile], newest: Int64?, lines: Int, isStrange: Bool, now: Int64
  ) throws {
    try database.execute(
      sql:
        "UPDATE log SET last_scan = ?, newest = ?, lines = lines + ?, is_strange = ? WHERE id = ?",
      arguments: [now, newest, lines, isStrange, id])
    try database.execute(sql: "DELETE FROM file WHERE log = ?", arguments: [id])
    let insert = try database.cachedStatement(
      sql: "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for (place, file) in files.enumerated() {
      try insert.execute(arguments: [
        id, place, file.headLength, Int64(bitPattern: file.head), file.offset,
        Int64(bitPattern: file.status.device), Int64(bitPattern: file.status.inode),
        file.status.size, file.status.modified, file.isCurrent, file.lastTime,
      ])
    }
  }

  /// Notes where in the journal a run ended.
  package func note(cursor: String?, log id: Int64) throws {
    try database.execute(sql: "UPDATE log SET cursor = ? WHERE id = ?", arguments: [cursor, id])
  }

  /// Notes that lines can never be read.
  package func noteGap(log id: Int64, after: Int64?, before: Int64?, now: Int64) throws {
    try database.execute(
      sql: "INSERT INTO gap VALUES (?, ?, ?, ?)", arguments: [id, now, after, before])
  }

  // MARK: Open messages

  /// What was kept of a log's open messages, and in which version; nil at first, and where a later version
  /// wrote it.
  package func snapshot(log id: Int64) throws -> (bytes: [UInt8], version: Int)? {
    let row = try Row.fetchOne(
      database, sql: "SELECT bytes, version FROM snapshot WHERE log = ? AND version <= ?",
      arguments: [id, SnapshotWriter.version])
    guard let row else { return nil }
    return (Array(try row.decode(Data.self, atIndex: 0)), try row.decode(atIndex: 1))
  }

  /// Keeps what is known of a log's open messages.
  package func keep(snapshot bytes: [UInt8], openMessages: Int, log id: Int64) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)",
      arguments: [id, SnapshotWriter.version, openMessages, Data(bytes)])
  }

  /// How many messages of a log have begun and not ended; nil for a log that was not read yet.
  package func openMessages(log id: Int64) throws -> Int? {
    try Int.fetchOne(database, sql: "SELECT open FROM snapshot WHERE log = ?", arguments: [id])
  }
}
