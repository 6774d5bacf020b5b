package import Aggregation
package import Correlation
internal import Foundation
internal import GRDB
package import MailTerms

/// What was counted, by time.
extension StateTransaction {
  /// Adds the counts of some lines of a log.
  package func add(_ tally: TimedTally, names: borrowing NameTable, log: Int64) throws {
    var numbers: [UInt32: Int64] = [0: 0]
    let enter = try database.cachedStatement(sql: "INSERT OR IGNORE INTO name (text) VALUES (?)")
    let find = try database.cachedStatement(sql: "SELECT id FROM name WHERE text = ?")
    func number(_ name: UInt32, _ text: String) throws -> Int64 {
      if let known = numbers[name] { return known }
      try enter.execute(arguments: [text])
      let number = try Int64.fetchOne(find, arguments: [text]) ?? 0
      numbers[name] = number
      return number
    }
    let count = try database.cachedStatement(
      sql: """
        INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET first = first + excluded.first,
          at_host = at_host + excluded.at_host, at_ip = at_ip + excluded.at_ip,
          lines = lines + excluded.lines
        """)
    for (key, counts) in tally.outcomes {
      try count.execute(arguments: [
        key.second, log, key.section.rawValue, Int(key.code), Int64(key.enhanced),
        try number(key.remoteHost, names.name(key.remoteHost)),
        try number(key.senderDomain, names.name(key.senderDomain)),
        try number(key.recipientDomain, names.name(key.recipientDomain)), key.reason.word,
        try number(key.sender, names.name(key.sender)),
        try number(key.remoteIP, names.name(key.remoteIP)),
        try number(key.reply, names.name(key.reply)),
        try number(key.forwardPath, names.name(key.forwardPath)), counts.first, counts.atHost,
        counts.atIP, counts.lines,
      ])
    }
    let total = try database.cachedStatement(
      sql: """
        INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET tried = tried + excluded.tried,
          tried_at_host = tried_at_host + excluded.tried_at_host,
          delivered = delivered + excluded.delivered, deferred = deferred + excluded.deferred,
          failed = failed + excluded.failed, rejected = rejected + excluded.rejected
        """)
    for (key, totals) in tally.totals {
      try total.execute(arguments: [
        key.minute, log, try number(key.remoteHost, names.name(key.remoteHost)),
        try number(key.senderDomain, names.name(key.senderDomain)), totals.tried,
        totals.triedAtHost, totals.fates.delivered, totals.fates.deferred, totals.fates.failed,
        totals.fates.rejected,
      ])
    }
    for (minute, count) in tally.messages {
      try database.execute(
        sql:
          "INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET begun = begun + excluded.begun",
        arguments: [minute, log, count])
    }
    for (minute, counts) in tally.lines {
      try database.execute(
        sql: """
          INSERT INTO lines VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
          SET lines = lines + excluded.lines, unrecognised = unrecognised + excluded.unrecognised,
            lost = lost + excluded.lost
          """, arguments: [minute, log, counts.lines, counts.unrecognised, counts.lost])
    }
  }

  /// With what addresses are hashed in this state.
  package func secret() throws -> [UInt8] {
    try Data.fetchOne(database, sql: "SELECT bytes FROM secret").map { Array($0) } ?? []
  }

  /// A count with what it is about.
  package struct Counted: Sendable {
    package let code: UInt16
    package let enhanced: UInt32
    package let remoteHost: String?
    package let senderDomain: String
    package let recipientDomain: String?
    package let reason: Reason
    /// The sender's address as it is kept; nil where it is not.
    package let sender: String?
    /// Distinct (message, recipient), and those that are the first at their host.
    package let first: Int
    package let atHost: Int
  }

  /// What was counted in a section from one second to another, both included.
  package func counted(
    _ section: Section, in seconds: ClosedRange<Int64>, logs: [Int64]
  ) throws -> [Counted] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT code, enhanced, host.text, domain.text, recipient.text, reason, sender.text,
          SUM(first), SUM(at_host)
        FROM tally LEFT JOIN name AS host ON host.id = remote_host
          LEFT JOIN name AS domain ON domain.id = sender_domain
          LEFT JOIN name AS recipient ON recipient.id = recipient_domain
          LEFT JOIN name AS sender ON sender.id = tally.sender
        WHERE second BETWEEN ? AND ? AND section = ? AND log IN (\(Self.list(logs)))
        GROUP BY code, enhanced, remote_host, sender_domain, recipient_domain, reason, tally.sender
        """, arguments: [seconds.lowerBound, seconds.upperBound, section.rawValue]
    ).map { row in
      try Counted(
        code: UInt16(truncatingIfNeeded: row.decode(Int64.self, atIndex: 0)),
        enhanced: UInt32(truncatingIfNeeded: row.decode(Int64.self, atIndex: 1)),
        remoteHost: row.decode(atIndex: 2),
        senderDomain: row.decode(String?.self, atIndex: 3) ?? "(unknown)",
        recipientDomain: row.decode(atIndex: 4),
        reason: Reason(word: row.decode(atIndex: 5)) ?? .unknown, sender: row.decode(atIndex: 6),
        first: row.number(atIndex: 7), atHost: row.number(atIndex: 8))
    }
  }

  /// What was tried from one second to another, whole minutes, as counts without code and recipient.
  package func tried(in seconds: ClosedRange<Int64>, logs: [Int64]) throws -> [Counted] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT host.text, sender.text, SUM(tried), SUM(tried_at_host)
        FROM totals LEFT JOIN name AS host ON host.id = remote_host
          LEFT JOIN name AS sender ON sender.id = sender_domain
        WHERE minute BETWEEN ? AND ? AND log IN (\(Self.list(logs)))
        GROUP BY remote_host, sender_domain HAVING SUM(tried) + SUM(tried_at_host) > 0
        """,
      arguments: [floorDivide(seconds.lowerBound, 60), floorDivide(seconds.upperBound, 60)]
    ).map { row in
      try Counted(
        code: 0, enhanced: 0, remoteHost: row.decode(atIndex: 0),
        senderDomain: row.decode(String?.self, atIndex: 1) ?? "(unknown)", recipientDomain: nil,
        reason: .unknown, sender: nil, first: row.number(atIndex: 2), atHost: row.number(atIndex: 3)
      )
    }
  }

  /// The lines from one second to another, whole minutes: all, those not recognised, and those that syslog lost.
  package func lines(
    in seconds: ClosedRange<Int64>, logs: [Int64]
  ) throws -> (lines: Int, unrecognised: Int, lost: Int) {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT CAST(TOTAL(lines) AS INTEGER), CAST(TOTAL(unrecognised) AS INTEGER),
          CAST(TOTAL(lost) AS INTEGER) FROM lines
        WHERE minute BETWEEN ? AND ? AND log IN (\(Self.list(logs)))
        """,
      arguments: [floorDivide(seconds.lowerBound, 60), floorDivide(seconds.upperBound, 60)])
    func count(_ column: Int) throws -> Int { try row?.number(atIndex: column) ?? 0 }
    return try (count(0), count(1), count(2))
  }

  /// The gaps that were noticed from one second to another, as times in microseconds.
  package func gaps(
    noticedIn seconds: ClosedRange<Int64>, logs: [Int64]
  ) throws -> [(after: Int64?, before: Int64?)] {
    try Row.fetchAll(
      database,
      sql:
        "SELECT after, before FROM gap WHERE noticed BETWEEN ? AND ? AND log IN (\(Self.list(logs)))",
      arguments: [seconds.lowerBound, seconds.upperBound]
    ).map { try ($0.decode(atIndex: 0), $0.decode(atIndex: 1)) }
  }

  /// Since when there are counts of some logs, in seconds since 1970; nil without any.
  package func oldest(logs: [Int64]) throws -> Int64? {
    // An earlier version counted lines at the time of the last one of a look.
    let oldest = try Row.fetchOne(
      database,
      sql: """
        SELECT MIN(minute) * 60 FROM (SELECT minute, log FROM lines UNION ALL
          SELECT minute, log FROM messages) WHERE log IN (\(Self.list(logs)))
        """)
    return try oldest?.moment(atIndex: 0)
  }

  /// How long counts are kept to the second, in seconds; behind that by the hour.
  private static let keptExactly: Int64 = 2 * 86_400

  /// Prunes once a day.
  ///
  /// - Parameter keep: how long counts are kept at all, in seconds.
  package func pruneDaily(now: Int64, keep: Int64) throws {
    let oldest = now - keep
    let exact = now - Self.keptExactly
    // What is there, or exact, for more than a day too long shows that a day has passed.
    let isDue = try Bool.fetchOne(
      database,
      sql: """
        SELECT EXISTS (SELECT 1 FROM lines WHERE minute < ? OR minute < ? AND minute % 60 <> 0)
        """,
      arguments: [(oldest - 86_400) / 60, (exact - 86_400) / 60])
    if isDue ?? false { try prune(before: oldest, hourlyBefore: exact) }
  }

  /// The columns that hold counts; the others tell of what.
  static let countColumns = [
    "first", "at_host", "at_ip", "lines", "unrecognised", "lost", "tried", "tried_at_host",
    "delivered",
    "deferred", "failed", "rejected", "begun",
  ]

  /// Forgets counts before a second, and puts those before another one together by the hour.
  package func prune(before oldest: Int64, hourlyBefore: Int64) throws {
    let hour = floorDivide(hourlyBefore, 3600) * 3600
    for (table, column, unit) in [
      ("tally", "second", Int64(1)), ("totals", "minute", 60), ("lines", "minute", 60),
      ("messages", "minute", 60),
    ] {
      try database.execute(
        sql: "DELETE FROM \(table) WHERE \(column) < ?", arguments: [oldest / unit])
      let columns = try database.columns(in: table).map(\.name)
      let counts = Self.countColumns.filter(columns.contains)
      let keys = columns.filter { $0 != column && !counts.contains($0) }
      let perHour = 3600 / unit
      let sums = counts.map { "SUM(\($0)) AS \($0)" }
      try database.execute(
        sql: """
          CREATE TEMP TABLE merged AS
            SELECT \(column) / \(perHour) * \(perHour) AS \(column), \
          \((keys + sums).joined(separator: ", "))
            FROM \(table) WHERE \(column) < ? AND \(column) % \(perHour) <> 0
            GROUP BY \(([column + " / \(perHour)"] + keys).joined(separator: ", "))
          """, arguments: [hour / unit])
      try database.execute(
        sql: "DELETE FROM \(table) WHERE \(column) < ? AND \(column) % \(perHour) <> 0",
        arguments: [hour / unit])
      try takeBack("merged", into: table)
    }
    try forgetUnusedNames()
    try database.execute(sql: "DELETE FROM gap WHERE noticed < ?", arguments: [oldest])
  }

  /// Adds rows that were put together in a temporary table, which goes, to those of a table of counts.
  func takeBack(_ temporary: String, into table: String) throws {
    let columns = try database.columns(in: table).map(\.name)
    let names = columns.joined(separator: ", ")
    let updates = columns.filter(Self.countColumns.contains)
      .map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
    try database.execute(
      sql: """
        INSERT INTO \(table) (\(names)) SELECT \(names) FROM \(temporary) WHERE true
          ON CONFLICT DO UPDATE SET \(updates);
        DROP TABLE \(temporary)
        """)
  }

  /// Forgets the names that no count is about any more.
  func forgetUnusedNames() throws {
    try database.execute(
      sql: """
        DELETE FROM name WHERE id NOT IN (SELECT remote_host FROM tally UNION
          SELECT sender_domain FROM tally UNION SELECT recipient_domain FROM tally UNION
          SELECT sender FROM tally UNION SELECT remote_ip FROM tally UNION
          SELECT reply FROM tally UNION SELECT forward_path FROM tally UNION
          SELECT remote_host FROM totals UNION SELECT sender_domain FROM totals)
        """)
  }

  static func list(_ numbers: [Int64]) -> String {
    numbers.map(String.init).joined(separator: ", ")
  }
}
