internal import Aggregation
internal import Correlation
package import MailTerms

extension Report {
  /// Sets the figures of the period before beside those of this one.
  ///
  /// - Parameters:
  ///   - before: the report of the period before, made with the same selection.
  ///   - from: the begin of that period.
  ///   - to: the moment behind its end.
  package mutating func compare(with before: borrowing Report, from: LogTime, to: LogTime) {
    previous = Previous(
      from: from, to: to, totals: before.totals, sections: before.sections.map(\.total),
      knownSince: input.first)
    for index in sections.indices {
      let old = before.sections[index]
      Self.compare(&sections[index].byRemoteHost, old.byRemoteHost)
      Self.compare(&sections[index].bySenderDomain, old.bySenderDomain)
      Self.compare(&sections[index].byPair, old.byPair)
      Self.compare(&sections[index].byRecipientDomain, old.byRecipientDomain)
      Self.compare(&sections[index].byReason, old.byReason)
      Self.compare(&sections[index].byReply, old.byReply)
      Self.compare(&sections[index].byCode, old.byCode)
      // The hours of another period are other hours.
      if !dimensions.contains(.hour) { Self.compare(&sections[index].byGroup, old.byGroup) }
    }
  }

  private static func compare(_ rows: inout [Row], _ old: [Row]) {
    guard !rows.isEmpty else { return }
    var counts: [[String?]: Int] = [:]
    counts.reserveCapacity(old.count)
    for row in old { counts[Array(row.names)] = row.count }
    for index in rows.indices { rows[index].before = counts[Array(rows[index].names)] ?? 0 }
  }

  /// Leaves out rows of the failures with less than a number of recipients tried.
  package mutating func leaveOut(triedBelow minimum: Int) {
    let failures = Section.failures.rawValue
    for table in [\SectionTables.byRemoteHost, \.bySenderDomain, \.byPair, \.byGroup] {
      sections[failures][keyPath: table].removeAll { ($0.tried ?? .max) < minimum }
    }
  }
}
