internal import GRDB
internal import MailTerms

/// What is kept of local parts, when less of them may be kept than before.
extension StateTransaction {
  /// Takes out of the counts and the alerts what may not be kept any more of addresses.
  ///
  /// - Returns: whether there can be anything of it in what is kept of open messages either.
  package func tighten(to addresses: StoredAddresses) throws -> Bool {
    let word = try String.fetchOne(database, sql: "SELECT addresses FROM local_parts")
    let before = word.flatMap(StoredAddresses.init(rawValue:))
    if before == addresses { return false }
    try database.execute(
      sql: "UPDATE local_parts SET addresses = ?", arguments: [addresses.rawValue])
    // An earlier version kept replies as they were, whatever was said of senders.
    guard addresses < before ?? .full else { return false }
    // What is taken out must not stay in the file as free space either.
    try database.execute(sql: "PRAGMA secure_delete = ON")
    try foldTallies(to: addresses)
    try foldAlerts(to: addresses)
    return true
  }

  private func foldTallies(to addresses: StoredAddresses) throws {
    let localParts = addresses.localParts(secret: try secret())
    try database.execute(
      sql: "CREATE TEMP TABLE folded (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    for column in ["sender", "reply", "forward_path"] {
      let names = try Row.fetchAll(
        database, sql: "SELECT id, text FROM name WHERE id IN (SELECT \(column) FROM tally)")
      for row in names {
        let text = Array(try row.decode(String.self, atIndex: 1).utf8)
        let kept =
          column == "reply"
          ? localParts.kept(ofWords: text, mayBeHash: true)
          : text.elementsEqual("<>".utf8) ? text : localParts.kept(of: text.span, mayBeHash: true)
        try fold(row.decode(atIndex: 0), to: column == "sender" && addresses == .domain ? [] : kept)
      }
      try foldTallies(in: column)
    }
    try database.execute(sql: "DROP TABLE folded")
    try forgetUnusedNames()
  }

  /// Notes what stands in the place of a name; nothing has the number 0.
  private func fold(_ old: Int64, to bytes: [UInt8]) throws {
    var new: Int64 = 0
    if !bytes.isEmpty {
      let text = String(decoding: bytes, as: UTF8.self)
      try database.execute(
        sql: "INSERT OR IGNORE INTO name (text) VALUES (?)", arguments: [text])
      new =
        try Int64.fetchOne(database, sql: "SELECT id FROM name WHERE text = ?", arguments: [text])
        ?? 0
    }
    if new != old {
      try database.execute(sql: "INSERT INTO folded VALUES (?, ?)", arguments: [old, new])
    }
  }

  /// Puts rows together that differed in what one column has lost.
  private func foldTallies(in column: String) throws {
    let columns = try database.columns(in: "tally").map(\.name)
    let values = columns.map { name in
      name == column
        ? "folded.new AS \(name)"
        : Self.countColumns.contains(name) ? "SUM(\(name)) AS \(name)" : name
    }
    let keys = columns.filter { $0 != column && !Self.countColumns.contains($0) } + ["folded.new"]
    try database.execute(
      sql: """
        CREATE TEMP TABLE moved AS SELECT \(values.joined(separator: ", "))
          FROM tally JOIN folded ON folded.old = tally.\(column)
          GROUP BY \(keys.joined(separator: ", "));
        DELETE FROM tally WHERE \(column) IN (SELECT old FROM folded);
        DELETE FROM folded
        """)
    try takeBack("moved", into: "tally")
  }

  private func foldAlerts(to addresses: StoredAddresses) throws {
    let localParts = addresses.localParts(secret: try secret())
    for alert in try Row.fetchAll(database, sql: "SELECT name, subject FROM alert") {
      let subject: String = try alert.decode(forColumn: "subject")
      let kept = localParts.kept(ofWords: Array(subject.utf8), mayBeHash: true)
      try database.execute(
        sql: "UPDATE OR REPLACE alert SET subject = ? WHERE name = ? AND subject = ?",
        arguments: [
          String(decoding: kept, as: UTF8.self), alert.decode(String.self, forColumn: "name"),
          subject,
        ])
    }
  }
}
