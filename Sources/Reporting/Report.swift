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
    /// Patterns that were given up on some lines or replies because they were too costly, and how often.
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
    /// Messages that began in the period and have not ended; nil where that is not known.
    package var inProgress: Int? = 0

    /// Makes totals of nothing.
    package init() {}
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
    /// How many hosts and sender domains there are, whatever rows are left out.
    package var remoteHosts = 0
    package var senderDomains = 0
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
  /// Whether a period was asked for.
  package var hasPeriod = false
  /// What was read.
  package var input: Input
  /// The codes asked for.
  package var codes: [String]
  /// The dimensions that the user asked for.
  package var dimensions: [Dimension]
  package var totals: Totals
  package var sections: [SectionTables]
  /// Whether the senders of the failures' messages were told; nil where that is not known.
  package var notices: NoticeCounts? = NoticeCounts()
  /// The period before; nil where nothing is compared.
  package var previous: Previous?

  /// The section that a report is mainly about.
  package var failures: SectionTables { sections[Section.failures.rawValue] }
}
