internal import Foundation
internal import GRDB

/// How alerts stand, and who is still to be told of it.
extension StateTransaction {
  /// The subjects for which an alert was raised after the last run.
  package func raised(_ name: String) throws -> [(subject: String, status: Int)] {
    try Row.fetchAll(
      database, sql: "SELECT subject, status FROM alert WHERE name = ?",
      arguments: [name]
    ).map { try ($0.decode(atIndex: 0), $0.decode(atIndex: 1)) }
  }

  /// All alerts that were raised after the last run.
  package func raisedEverywhere() throws -> [(name: String, subject: String, since: Int64)] {
    try Row.fetchAll(database, sql: "SELECT name, subject, since FROM alert ORDER BY since, name")
      .map { try ($0.decode(atIndex: 0), $0.decode(atIndex: 1), $0.moment(atIndex: 2) ?? 0) }
  }

  /// Notes how an alert stands; 0 forgets it.
  package func note(alert name: String, _ subject: String, status: Int, since: Int64) throws {
    if status == 0 {
      try database.execute(
        sql: "DELETE FROM alert WHERE name = ? AND subject = ?", arguments: [name, subject])
    } else {
      try database.execute(
        sql: "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)",
        arguments: [name, subject, status, since])
    }
  }

  /// A program that is to be told something.
  package struct Notice: Sendable {
    /// Its number.
    package let id: Int64
    /// The alert that it is about.
    package let alert: String
    /// The program and its words.
    package let program: [String]
    /// What it gets on standard input.
    package let text: String
    /// How often it was tried in vain.
    package let tries: Int
  }

  /// Keeps what a program is to be told, until it was.
  package func add(noticeTo program: [String], of alert: String, _ text: String) throws {
    try database.execute(
      sql: "INSERT INTO notice (program, alert, text) VALUES (?, ?, ?)",
      arguments: [Data(program.joined(separator: "\u{0}").utf8), alert, text])
  }

  /// What programs are still to be told, in the order in which it happened.
  package func notices() throws -> [Notice] {
    try Row.fetchAll(
      database, sql: "SELECT id, alert, program, text, tries FROM notice ORDER BY id"
    ).map { row in
      let program: Data = try row.decode(atIndex: 2)
      return try Notice(
        id: row.decode(atIndex: 0), alert: row.decode(atIndex: 1),
        program: program.split(separator: 0, omittingEmptySubsequences: false)
          .map { String(decoding: $0, as: UTF8.self) }, text: row.decode(atIndex: 3),
        tries: row.decode(atIndex: 4))
    }
  }

  /// Notes how often it was tried in vain to tell something.
  package func note(tries: Int, ofNotice id: Int64) throws {
    try database.execute(sql: "UPDATE notice SET tries = ? WHERE id = ?", arguments: [tries, id])
  }

  /// Forgets a notice that was given.
  package func forget(notice id: Int64) throws {
    try database.execute(sql: "DELETE FROM notice WHERE id = ?", arguments: [id])
  }
}
