internal import GRDB

/// The tables, and how older ones become them.
enum StateSchema {
  /// What each version adds, the first one first.
  private static let steps = [
    """
    -- A log by its own name, and when it was looked at first and last (ns since 1970).
    CREATE TABLE log (
      id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, first_scan INTEGER NOT NULL,
      last_scan INTEGER NOT NULL, newest INTEGER, lines INTEGER NOT NULL DEFAULT 0,
      cursor TEXT);
    -- Its files, in the order in which they were written.
    CREATE TABLE file (
      log INTEGER NOT NULL, place INTEGER NOT NULL, head_length INTEGER NOT NULL,
      head INTEGER NOT NULL, offset INTEGER NOT NULL, device INTEGER NOT NULL,
      inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
      is_current INTEGER NOT NULL, last_time INTEGER, PRIMARY KEY (log, place)) WITHOUT ROWID;
    CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    -- Outcomes with a reply or a reason to count them, by the second of their line.
    CREATE TABLE tally (
      second INTEGER NOT NULL, log INTEGER NOT NULL, section INTEGER NOT NULL,
      code INTEGER NOT NULL, enhanced INTEGER NOT NULL, remote_host INTEGER NOT NULL,
      sender_domain INTEGER NOT NULL, recipient_domain INTEGER NOT NULL,
      first INTEGER NOT NULL, at_host INTEGER NOT NULL, lines INTEGER NOT NULL,
      PRIMARY KEY (second, log, section, code, enhanced, remote_host, sender_domain,
        recipient_domain)) WITHOUT ROWID;
    -- Recipients delivered or failed, and those of them that were the first at their host.
    CREATE TABLE tried (
      minute INTEGER NOT NULL, log INTEGER NOT NULL, remote_host INTEGER NOT NULL,
      sender_domain INTEGER NOT NULL, first INTEGER NOT NULL, at_host INTEGER NOT NULL,
      PRIMARY KEY (minute, log, remote_host, sender_domain)) WITHOUT ROWID;
    CREATE TABLE lines (
      minute INTEGER NOT NULL, log INTEGER NOT NULL, lines INTEGER NOT NULL,
      unrecognised INTEGER NOT NULL, PRIMARY KEY (minute, log)) WITHOUT ROWID;
    -- Lines that can never be read: the file that had the log's name went before they were.
    CREATE TABLE gap (
      log INTEGER NOT NULL, noticed INTEGER NOT NULL, after INTEGER, before INTEGER);
    CREATE TABLE alert (
      name TEXT NOT NULL, subject TEXT NOT NULL, status INTEGER NOT NULL, since INTEGER NOT NULL,
      PRIMARY KEY (name, subject)) WITHOUT ROWID;
    -- Programs to tell of alerts that began or ended, with what they are told.
    CREATE TABLE notice (
      id INTEGER PRIMARY KEY, program BLOB NOT NULL, text TEXT NOT NULL);
    -- What is known of a log's open messages.
    CREATE TABLE snapshot (
      log INTEGER PRIMARY KEY, version INTEGER NOT NULL, open INTEGER NOT NULL,
      bytes BLOB NOT NULL);
    """,
    """
    -- Why, and for whom: the sender's address or its hash, 0 where neither is kept.
    CREATE TABLE tally2 (
      second INTEGER NOT NULL, log INTEGER NOT NULL, section INTEGER NOT NULL,
      code INTEGER NOT NULL, enhanced INTEGER NOT NULL, remote_host INTEGER NOT NULL,
      sender_domain INTEGER NOT NULL, recipient_domain INTEGER NOT NULL,
      reason TEXT NOT NULL, sender INTEGER NOT NULL, remote_ip INTEGER NOT NULL,
      reply INTEGER NOT NULL, forward_path INTEGER NOT NULL,
      first INTEGER NOT NULL, at_host INTEGER NOT NULL, at_ip INTEGER NOT NULL,
      lines INTEGER NOT NULL,
      PRIMARY KEY (second, log, section, code, enhanced, remote_host, sender_domain,
        recipient_domain, reason, sender, remote_ip, reply, forward_path)) WITHOUT ROWID;
    INSERT INTO tally2 SELECT second, log, section, code, enhanced, remote_host, sender_domain,
      recipient_domain, 'unknown', 0, 0, 0, 0, first, at_host, 0, lines FROM tally;
    DROP TABLE tally;
    ALTER TABLE tally2 RENAME TO tally;
    -- All fates, whatever the reply.
    CREATE TABLE totals (
      minute INTEGER NOT NULL, log INTEGER NOT NULL, remote_host INTEGER NOT NULL,
      sender_domain INTEGER NOT NULL, tried INTEGER NOT NULL, tried_at_host INTEGER NOT NULL,
      delivered INTEGER NOT NULL, deferred INTEGER NOT NULL, failed INTEGER NOT NULL,
      rejected INTEGER NOT NULL,
      PRIMARY KEY (minute, log, remote_host, sender_domain)) WITHOUT ROWID;
    INSERT INTO totals SELECT minute, log, remote_host, sender_domain, first, at_host, 0, 0, 0, 0
      FROM tried;
    DROP TABLE tried;
    CREATE TABLE messages (
      minute INTEGER NOT NULL, log INTEGER NOT NULL, begun INTEGER NOT NULL,
      PRIMARY KEY (minute, log)) WITHOUT ROWID;
    -- With what addresses are hashed; it never leaves this file.
    CREATE TABLE secret (bytes BLOB NOT NULL);
    INSERT INTO secret VALUES (randomblob(16));
    """,
    """
    -- Whether what was read last was of no mail server.
    ALTER TABLE log ADD COLUMN is_strange INTEGER NOT NULL DEFAULT 0;
    -- Which alert a program is told of, and how often it was tried in vain.
    ALTER TABLE notice ADD COLUMN alert TEXT NOT NULL DEFAULT '';
    ALTER TABLE notice ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    -- What of local parts the texts and addresses that are kept may hold; NULL where nobody knows.
    CREATE TABLE local_parts (addresses TEXT);
    INSERT INTO local_parts VALUES (NULL);
    -- Lines that a syslog daemon says it dropped.
    ALTER TABLE lines ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
    """,
  ]

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for (number, step) in steps.enumerated() {
      migrator.registerMigration("\(number + 1)") { try $0.execute(sql: step) }
    }
    return migrator
  }

  /// A table whose columns are others than those that the migrations make; nil where all are right.
  static func strangeTable(in queue: DatabaseQueue) throws -> String? {
    let model = try DatabaseQueue()
    try model.writeWithoutTransaction { model in
      for step in steps { try model.execute(sql: step) }
    }
    let found = try queue.read(columns)
    return try model.read(columns).filter { found[$0.key] != $0.value }.keys.min()
  }

  /// The columns of each table, in their order.
  private static func columns(of database: Database) throws -> [String: String] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT tables.name, group_concat(columns.name || ' ' || columns.type || columns."notnull")
        FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' GROUP BY tables.name
        """)
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
  }
}
