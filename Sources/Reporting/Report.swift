package import Aggregation
package import Correlation
package import MailTerms

/// The value that every renderer gets: all figures of a run, with names as text, rows in their order.
package struct Report: Sendable {
  /// What was read.
  package struct Input: Sendable {
    /// The inputs that were read, in the order of their content's time.
    package var files: [String] = []
    /// Bytes after decompression, and lines.
    package var bytes = 0
    package var lines = 0
    package var unrecognised = 0
    /// Lines that a syslog daemon said it dropped.
    package var lost = 0
    /// Lines that were cut because they were too long.
    package var cut = 0
    /// The first lines that were not recognised.
    package var examples: [String] = []
    /// Patterns that were given up on some lines because they were too costly, and how often.
    package var limits: [(pattern: String, count: Int)] = []
    /// Messages that were forgotten because too many were open at a time.
    package var evicted = 0
    /// The longest time without a line in the period; nil where none was long.
    package var silence: Silences.Silence?
    /// Files that were there, and left out: no line of theirs can lie in the period.
    package var passedOver = 0
    /// The times of the first and the last line, as the lines say.
    package var first: LogTime?
    package var last: LogTime?

    /// Makes an empty summary.
    package init() {}
  }

  /// The counts of all outcomes in the period, whatever their reply.
  package struct Totals: Sendable {
    package var messages = 0
    package var tried = 0
    package var delivered = 0
    package var deferred = 0
    package var failed = 0
    package var rejected = 0
    package var inProgress = 0

    /// Makes totals of nothing.
    package init() {}
  }

  /// The texts of a row.
  ///
  /// There may be hundreds of thousands of pairs, so that two texts take no array.
  package struct Names: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var one: String?
    private var two: String?
    private var others: [String?] = []
    private let number: UInt8

    /// Takes the texts in their order.
    package init(_ texts: some Collection<String?>) {
      number = UInt8(texts.count)
      var rest = texts[...]
      one = rest.popFirst() ?? nil
      two = rest.popFirst() ?? nil
      others = Array(rest)
    }

    package init(arrayLiteral texts: String?...) { self.init(texts) }

    package var count: Int { Int(number) }
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(_ index: Int) -> String? {
      switch index {
      case 0: one
      case 1: two
      default: others[index - 2]
      }
    }
  }

  /// A row of a table.
  package struct Row: Sendable {
    /// What the row is about; more than one text for a pair or a group.
    package var names: Names
    /// It was not seen in the days that are known.
    package var isNew = false
    private var beforeOrNone: Int32 = -1
    /// Distinct (message, recipient).
    package var count: Int
    private var triedOrNone: Int
    /// When the first and the last line of the row were logged; unknown in tables that do not tell.
    package var first = LogTime.unknown
    package var last = LogTime.unknown
    private var lookupOrNone: Int32 = -1

    /// Makes a row.
    package init(
      names: Names, count: Int, tried: Int? = nil, first: LogTime = .unknown,
      last: LogTime = .unknown
    ) {
      self.names = names
      self.count = count
      triedOrNone = tried ?? -1
      self.first = first
      self.last = last
    }

    /// Makes the row in which others stand together; it has no names.
    package init(sumOf rows: some Collection<Row>) {
      func sum(_ figure: (Row) -> Int?) -> Int? {
        rows.contains { figure($0) != nil } ? rows.reduce(0) { $0 + (figure($1) ?? 0) } : nil
      }
      self.init(names: [], count: sum(\.count) ?? 0, tried: sum(\.tried))
      before = sum(\.before)
    }

    /// Recipients delivered or failed there; nil in tables that have no such figure.
    package var tried: Int? { triedOrNone < 0 ? nil : triedOrNone }

    /// The row without what was tried, which says nothing of a client or a probe.
    var withoutTried: Row {
      var row = self
      row.triedOrNone = -1
      return row
    }

    /// The count in the period before; nil where nothing is compared.
    package var before: Int? {
      get { beforeOrNone < 0 ? nil : Int(beforeOrNone) }
      set { beforeOrNone = newValue.map { Int32(clamping: $0) } ?? -1 }
    }

    /// The place of the row's messages in `SectionTables.lookups`; nil without any.
    package var lookup: Int? {
      get { lookupOrNone < 0 ? nil : Int(lookupOrNone) }
      set { lookupOrNone = newValue.map { Int32(clamping: $0) } ?? -1 }
    }

    /// The share of the tried that `count` is; nil where it is none: a deferral is no try that ended.
    package var rate: Double? {
      guard let tried, tried > 0, count <= tried else { return nil }
      return Double(count) / Double(tried)
    }
  }

  /// Messages to look up: those of the first and of the last line of a row.
  package struct Lookup: BitwiseCopyable, Sendable {
    package var first: MessageID
    package var last: MessageID
  }

  /// The period before, with which this one is compared.
  package struct Previous: Sendable {
    /// Its begin, and the moment behind its end.
    package var from: LogTime
    package var to: LogTime
    package var totals: Totals
    /// The totals of the sections, by `Section.rawValue`.
    package var sections: [Int]
    /// The first line that was read, from which on pairs are known.
    package var knownSince: LogTime?

    /// The failures.
    package var failures: Int { sections[Section.failures.rawValue] }
  }

  /// The tables of one section.
  package struct SectionTables: Sendable {
    package var section: Section
    package var total = 0
    package var attempts = 0
    package var byRemoteHost: [Row] = []
    package var byRemoteIP: [Row] = []
    package var bySenderDomain: [Row] = []
    package var byPair: [Row] = []
    package var byRecipientDomain: [Row] = []
    package var byReason: [Row] = []
    package var byReply: [Row] = []
    /// The addresses that servers named in the recipient's place: claims of strangers, not checked.
    package var forwardPaths: [Row] = []
    package var byCode: [Row] = []
    package var byHour: [Row] = []
    /// By the dimensions that the user asked for, together.
    package var byGroup: [Row] = []
    /// What the rows of `byPair` refer to.
    package var lookups: [Lookup] = []

    /// The messages to look up for a row of `byPair`.
    package func lookup(_ row: Row) -> Lookup? { row.lookup.map { lookups[$0] } }
  }

  /// When the report was made.
  package var generatedAt: LogTime
  /// The machine whose log it is.
  package var edge: String
  /// The period that was asked for, or else that of the lines.
  package var from: LogTime?
  package var to: LogTime?
  /// What was read.
  package var input: Input
  /// The codes asked for.
  package var codes: [String]
  /// The dimensions that the user asked for.
  package var dimensions: [Dimension]
  package var totals: Totals
  package var sections: [SectionTables]
  /// Whether the senders of the failures' messages were told.
  package var notices = NoticeCounts()
  /// The period before; nil where nothing is compared.
  package var previous: Previous?

  /// The section that a report is mainly about.
  package var failures: SectionTables { sections[Section.failures.rawValue] }

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
    var hostTimes: [UInt32: (LogTime, LogTime)] = [:]
    var domainTimes: [UInt32: (LogTime, LogTime)] = [:]
    // Rows with the same name share its text.
    var texts: [UInt32: String] = [:]
    func shared(_ number: UInt32) -> String {
      if let known = texts[number] { return known }
      let text = names.name(number)
      texts[number] = text
      return text
    }
    // The order is found on numbers: rows are large, and a sort needs room for half of them again.
    let pairCount = tally.sections[number].byPair.count
    for index in 0..<pairCount {
      let pair = tally.sections[number].byPair[index]
      extend(&hostTimes, pair.remoteHost, pair)
      extend(&domainTimes, pair.senderDomain, pair)
    }
    let order = (0..<UInt32(pairCount)).sorted { a, b in
      let a = tally.sections[number].byPair[Int(a)]
      let b = tally.sections[number].byPair[Int(b)]
      if a.count != b.count { return a.count > b.count }
      if a.remoteHost != b.remoteHost {
        if a.remoteHost == 0 || b.remoteHost == 0 { return b.remoteHost == 0 }
        return shared(a.remoteHost).utf8.lexicographicallyPrecedes(shared(b.remoteHost).utf8)
      }
      return shared(a.senderDomain).utf8.lexicographicallyPrecedes(shared(b.senderDomain).utf8)
    }
    tables.byPair.reserveCapacity(order.count)
    for index in order {
      let pair = tally.sections[number].byPair[Int(index)]
      var row = Row(
        names: [pair.remoteHost == 0 ? nil : shared(pair.remoteHost), shared(pair.senderDomain)],
        count: pair.count,
        tried: tally.tried(remoteHost: pair.remoteHost, senderDomain: pair.senderDomain),
        first: pair.first, last: pair.last)
      row.isNew =
        knowsEarlier && section == .failures
        && !tally.failedEarlier(remoteHost: pair.remoteHost, senderDomain: pair.senderDomain)
      if let lookup = tally.sections[number].byPair.lookup(Int(index)) {
        row.lookup = tables.lookups.count
        tables.lookups.append(Lookup(first: lookup.first, last: lookup.last))
      }
      tables.byPair.append(row)
    }
    for (host, count) in counts(of: tally.sections[number].byRemoteHost) {
      tables.byRemoteHost.append(
        Row(
          names: [names.name(host)], count: count, tried: tally.tried(remoteHost: host),
          first: hostTimes[host]?.0 ?? .unknown, last: hostTimes[host]?.1 ?? .unknown))
    }
    for (domain, count) in counts(of: tally.sections[number].bySenderDomain) {
      tables.bySenderDomain.append(
        Row(
          names: [names.name(domain)], count: count, tried: tally.tried(senderDomain: domain),
          first: domainTimes[domain]?.0 ?? .unknown, last: domainTimes[domain]?.1 ?? .unknown))
    }
    tables.byRemoteIP = rows(tally.sections[number].byRemoteIP, names)
    tables.byRecipientDomain = rows(tally.sections[number].byRecipientDomain, names)
    tables.byReply = rows(tally.sections[number].byReply, names)
    for (code, count) in counts(of: tally.sections[number].byCode) {
      tables.byCode.append(Row(names: [code == 0 ? nil : String(code)], count: count))
    }
    for (number, count) in counts(of: tally.sections[number].byReason) {
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
    sort(&tables.byRemoteHost)
    sort(&tables.bySenderDomain)
    sort(&tables.byRemoteIP)
    sort(&tables.byRecipientDomain)
    sort(&tables.byReply)
    sort(&tables.byReason)
    sort(&tables.forwardPaths)
    sort(&tables.byCode)
    sort(&tables.byGroup)
    return tables
  }

  private static func counts(of table: borrowing CountTable) -> [(UInt32, Int)] {
    var counts: [(UInt32, Int)] = []
    table.forEach { counts.append((UInt32(truncatingIfNeeded: $0), $1)) }
    return counts
  }

  private static func rows(
    _ table: borrowing CountTable, _ names: borrowing NameTable
  ) -> [Row] {
    counts(of: table).map { Row(names: [names.name($0)], count: $1) }
  }

  private static func extend(
    _ times: inout [UInt32: (LogTime, LogTime)], _ number: UInt32, _ count: PairCount
  ) {
    let known = times[number] ?? (count.first, count.last)
    times[number] = (min(known.0, count.first), max(known.1, count.last))
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
