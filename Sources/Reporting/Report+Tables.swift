package import Aggregation
internal import Correlation
package import MailTerms

extension Report {
  /// Makes a report of a tally.
  ///
  /// - Parameters:
  ///   - tally: the counts.
  ///   - names: the names behind the tally's numbers.
  ///   - dimensions: what the tally was grouped by.
  ///   - knowsEarlier: whether the tally has the failures before the period, which tell what is new.
  package init(
    of tally: borrowing Tally, names: borrowing NameTable, dimensions: [Dimension], edge: String,
    codes: [String], input: Input, totals: Totals, generatedAt: LogTime, knowsEarlier: Bool = false
  ) {
    self.generatedAt = generatedAt
    self.edge = edge
    self.input = input
    self.codes = codes
    self.dimensions = dimensions
    self.totals = totals
    from = input.first
    to = input.last
    sections = []
    for section in Section.allCases {
      sections.append(Self.tables(of: section, tally, names, dimensions, knowsEarlier))
    }
  }

  private static func tables(
    of section: Section, _ tally: borrowing Tally, _ names: borrowing NameTable,
    _ dimensions: [Dimension], _ knowsEarlier: Bool
  ) -> SectionTables {
    var tables = SectionTables(section: section)
    let number = section.rawValue
    tables.total = tally.sections[number].total
    tables.attempts = tally.sections[number].attempts
    // Rows with the same name share its text.
    let ranks = NameRanks(of: tally.sections[number], names)
    var hostTimes = RankTimes(ranks.texts.count)
    var domainTimes = RankTimes(ranks.texts.count)
    for index in 0..<tally.sections[number].byPair.count {
      let pair = tally.sections[number].byPair[index]
      hostTimes.extend(ranks[pair.remoteHost], pair)
      domainTimes.extend(ranks[pair.senderDomain], pair)
    }
    let order = ranks.order(of: tally.sections[number].byPair)
    tables.byPair.reserveCapacity(order.count)
    for index in order.lazy.map({ Int($0) }) {
      let pair = tally.sections[number].byPair[index]
      var row = Row(
        names: Names(
          pair.remoteHost == 0 ? nil : ranks.texts[ranks[pair.remoteHost]],
          ranks.texts[ranks[pair.senderDomain]]),
        count: pair.count,
        tried: tally.tried(remoteHost: pair.remoteHost, senderDomain: pair.senderDomain),
        first: pair.first, last: pair.last)
      row.isNew =
        knowsEarlier && section == .failures
        && !tally.failedEarlier(remoteHost: pair.remoteHost, senderDomain: pair.senderDomain)
      if let lookup = tally.sections[number].byPair.lookup(index) {
        row.lookup = tables.lookups.count
        tables.lookups.append(Lookup(first: lookup.first, last: lookup.last))
      }
      tables.byPair.append(row)
    }
    for (host, rank, count) in ranks.sorted(tally.sections[number].byRemoteHost) {
      tables.byRemoteHost.append(
        Row(
          names: [ranks.texts[rank]], count: count, tried: tally.tried(remoteHost: host),
          first: hostTimes[rank].first, last: hostTimes[rank].last))
    }
    for (domain, rank, count) in ranks.sorted(tally.sections[number].bySenderDomain) {
      tables.bySenderDomain.append(
        Row(
          names: [ranks.texts[rank]], count: count, tried: tally.tried(senderDomain: domain),
          first: domainTimes[rank].first, last: domainTimes[rank].last))
    }
    tables.byRemoteIP = rows(tally.sections[number].byRemoteIP, names)
    tables.byRecipientDomain = rows(tally.sections[number].byRecipientDomain, names)
    tables.byReply = rows(tally.sections[number].byReply, names)
    tally.sections[number].byCode.forEach { code, count in
      tables.byCode.append(Row(names: [code == 0 ? nil : String(code)], count: count))
    }
    tally.sections[number].byReason.forEach { number, count in
      let reason = Reason(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown
      tables.byReason.append(Row(names: [reason.word], count: count))
    }
    tables.forwardPaths = rows(tally.sections[number].byForwardPath, names)
    for (group, count) in tally.sections[number].byGroup {
      var texts: [String?] = []
      for (value, dimension) in zip(group, dimensions) {
        texts.append(text(value, dimension, names))
      }
      tables.byGroup.append(
        Row(names: Names(texts), count: count, tried: tried(group, dimensions, tally)))
    }
    tables.byHour = tally.sections[number].byHour.sorted { $0.key < $1.key }.map { hour, count in
      Row(names: [hour.rfc3339], count: count, first: hour, last: hour)
    }
    tables.remoteHosts = tables.byRemoteHost.count
    tables.senderDomains = tables.bySenderDomain.count
    sort(&tables.byReason)
    sort(&tables.byCode)
    sort(&tables.byGroup)
    return tables
  }

  /// The names of a table by count, the greatest first, then by name.
  private static func counts(
    of table: borrowing CountTable, _ names: borrowing NameTable
  ) -> [(UInt32, Int)] {
    var counts: [(UInt32, Int)] = []
    table.forEach { counts.append((UInt32(truncatingIfNeeded: $0), $1)) }
    counts.sort { a, b in
      a.1 != b.1 ? a.1 > b.1 : names.precedes(a.0, b.0)
    }
    return counts
  }

  private static func rows(
    _ table: borrowing CountTable, _ names: borrowing NameTable
  ) -> [Row] {
    counts(of: table, names).map { Row(names: [names.name($0)], count: $1) }
  }

  /// What was tried of a group; nil for one that is about more than remote host and sender domain.
  private static func tried(
    _ group: [SectionTally.GroupValue], _ dimensions: [Dimension], _ tally: borrowing Tally
  ) -> Int? {
    var host: UInt32?
    var domain: UInt32?
    for (value, dimension) in zip(group, dimensions) {
      guard case .name(let number) = value else { return nil }
      switch dimension {
      case .remoteHost: host = number
      case .senderDomain: domain = number
      default: return nil
      }
    }
    switch (host, domain) {
    case (let host?, let domain?): return tally.tried(remoteHost: host, senderDomain: domain)
    case (let host?, nil): return tally.tried(remoteHost: host)
    case (nil, let domain?): return tally.tried(senderDomain: domain)
    case (nil, nil): return nil
    }
  }

  private static func text(
    _ value: SectionTally.GroupValue, _ dimension: Dimension, _ names: borrowing NameTable
  ) -> String? {
    switch value {
    case .name(0): nil
    case .reason(let reason): reason.word
    case .name(let number): names.name(number)
    case .code(let code): code == 0 ? nil : String(code)
    case .hour(let hour): hour.rfc3339
    }
  }

  /// By count, the greatest first, then by name; a missing name comes last.
  private static func sort(_ rows: inout [Row]) {
    rows.sort { a, b in
      if a.count != b.count { return a.count > b.count }
      for (x, y) in zip(a.names, b.names) where x != y {
        guard let x else { return false }
        guard let y else { return true }
        return x.utf8.lexicographicallyPrecedes(y.utf8)
      }
      return false
    }
  }
}
