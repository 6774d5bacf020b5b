package import Correlation
internal import Foundation
internal import GRDB
package import MailTerms

/// What a report asks of the counts that are kept.
extension StateTransaction {
  /// Outcomes that are alike, of one second or, when they are old, of one hour.
  package struct Tallied: Sendable {
    /// Seconds since 1970.
    package let second: Int64
    package let section: Section
    package let code: UInt16
    package let enhanced: UInt32
    package let remoteHost: String
    package let remoteIP: String
    package let senderDomain: String
    package let recipientDomain: String
    package let sender: String
    package let reply: String
    package let forwardPath: String
    package let reason: Reason
    /// Distinct (message, recipient), and those that are the first at their host and at their address.
    package let first: Int
    package let atHost: Int
    package let atIP: Int
    package let lines: Int
  }

  /// Calls `body` with what was counted from one second to another, both included.
  package func forEachTallied(
    in seconds: ClosedRange<Int64>, logs: [Int64], _ body: (Tallied) -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT second, section, code, enhanced, reason, host.text, ip.text, domain.text,
          recipient.text, sender.text, reply.text, path.text, first, at_host, at_ip, lines
        FROM tally LEFT JOIN name AS host ON host.id = remote_host
          LEFT JOIN name AS ip ON ip.id = remote_ip
          LEFT JOIN name AS domain ON domain.id = sender_domain
          LEFT JOIN name AS recipient ON recipient.id = recipient_domain
          LEFT JOIN name AS sender ON sender.id = tally.sender
          LEFT JOIN name AS reply ON reply.id = tally.reply
          LEFT JOIN name AS path ON path.id = forward_path
        WHERE second BETWEEN ? AND ? AND log IN (\(Self.list(logs)))
        """, arguments: [seconds.lowerBound, seconds.upperBound])
    while let row = try rows.next() {
      guard let section = Section(rawValue: try row.decode(atIndex: 1)) else { continue }
      func text(_ column: Int) throws -> String {
        try row.decode(String?.self, atIndex: column) ?? ""
      }
      try body(
        Tallied(
          second: row.decode(atIndex: 0), section: section,
          code: UInt16(truncatingIfNeeded: row.decode(Int64.self, atIndex: 2)),
          enhanced: UInt32(truncatingIfNeeded: row.decode(Int64.self, atIndex: 3)),
          remoteHost: text(5),
          remoteIP: text(6), senderDomain: text(7), recipientDomain: text(8), sender: text(9),
          reply: text(10), forwardPath: text(11), reason: Reason(word: text(4)) ?? .unknown,
          first: row.number(atIndex: 12), atHost: row.number(atIndex: 13),
          atIP: row.number(atIndex: 14), lines: row.number(atIndex: 15)))
    }
  }

  /// Calls `body` with a pair of remote host and sender domain and the fates of its recipients from one second
  /// to another, whole minutes: tried, tried at that host, delivered, deferred, failed, rejected.
  package func forEachTotal(
    in seconds: ClosedRange<Int64>, logs: [Int64],
    _ body: (_ remoteHost: String, _ senderDomain: String, _ fates: [Int]) -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT host.text, domain.text, SUM(tried), SUM(tried_at_host), SUM(delivered),
          SUM(deferred), SUM(failed), SUM(rejected)
        FROM totals LEFT JOIN name AS host ON host.id = remote_host
          LEFT JOIN name AS domain ON domain.id = sender_domain
        WHERE minute BETWEEN ? AND ? AND log IN (\(Self.list(logs)))
        GROUP BY remote_host, sender_domain
        """,
      arguments: [floorDivide(seconds.lowerBound, 60), floorDivide(seconds.upperBound, 60)])
    while let row = try rows.next() {
      try body(
        row.decode(String?.self, atIndex: 0) ?? "", row.decode(String?.self, atIndex: 1) ?? "",
        (2...7).map { try row.number(atIndex: $0) })
    }
  }

  /// How many messages began from one second to another, whole minutes.
  package func messages(in seconds: ClosedRange<Int64>, logs: [Int64]) throws -> Int {
    try Row.fetchOne(
      database,
      sql: """
        SELECT CAST(TOTAL(begun) AS INTEGER) FROM messages WHERE minute BETWEEN ? AND ? AND log IN (\(Self.list(logs)))
        """,
      arguments: [floorDivide(seconds.lowerBound, 60), floorDivide(seconds.upperBound, 60)]
    )?.number(atIndex: 0) ?? 0
  }
}
