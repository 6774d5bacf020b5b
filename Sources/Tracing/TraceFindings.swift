package import LogReading
package import MailTerms
internal import Synchronization

extension TraceSearch {
  /// How a search works.
  package struct Options: Sendable {
    /// The first moment in which the query must be found, and the one behind the last, in microseconds.
    package var since: Int64?
    package var until: Int64?
    /// How many of several answers are told about; nil for all.
    package var top: Int?
    /// Whether also bounces and parents are told about.
    package var followsLinks = true
    /// Whether also the ids count that other servers gave.
    package var followsHops = false
    /// Whether lines that tell of Exim's own commands with the words of the query are found too.
    package var keepsCommands = false
    package var threads = 1
    /// The most bytes of lines that are kept.
    package var maximumBytes = 64 << 20

    /// Makes options that leave nothing out.
    package init() {}
  }

  /// What was searched and what was found.
  package struct Findings: Sendable {
    /// The lines of all messages, in the order of the logs.
    package var lines: [TracedLine] = []
    /// The messages that are answers to the query themselves.
    var hits: Set<MessageID> = []
    /// How many messages are answers, where these are too many to tell about all.
    package var hitCount: Int?
    /// What was left out because it was too much.
    package var droppedLines = 0
    package var droppedLinks = 0
    /// Whether there are more answers than could be counted exactly.
    package var isHitCountRough = false
    /// Logs that could not be read, or not to their end.
    package var errors: [ReadError] = []
    /// How many logs, lines and bytes were searched, and their period.
    package var files = 0
    package var searchedLines = 0
    package var searchedBytes = 0
    package var first: LogTime?
    package var last: LogTime?
    /// Whether anything in a log was recognised as a mail server's.
    package var hasTimes: Bool { first != nil }
  }
}

extension TraceSearch {
  func findings(_ board: SearchBoard, _ progress: Progress) -> Findings {
    var findings = Findings()
    let limits = board.limits
    board.with { state in
      findings.lines = state.lines
      findings.hits = Set(state.hits.keys).filter { state.watched[$0] != nil }
      if state.hits.count > limits.eagerHits {
        findings.hitCount = state.hits.count + state.droppedHits
      }
      findings.isHitCountRough = state.droppedHits > 0
      findings.droppedLines = state.droppedLines
      findings.droppedLinks = state.droppedLinks
    }
    findings.lines.sort { ($0.file, $0.offset) < ($1.file, $1.offset) }
    // Two looks can bring a line twice.
    var kept: [TracedLine] = []
    kept.reserveCapacity(findings.lines.count)
    for line in findings.lines {
      if let last = kept.last, last.file == line.file, last.offset == line.offset { continue }
      kept.append(line)
    }
    findings.lines = kept
    progress.state.withLock { state in
      findings.errors = state.errors.sorted { $0.key < $1.key }.map(\.value)
      for survey in state.surveys where survey.isRead {
        findings.files += 1
        findings.searchedLines += survey.lines
        findings.searchedBytes += survey.bytes
        for time in survey.times + [survey.last] where time.isKnown {
          findings.first = min(findings.first ?? time, time)
          findings.last = max(findings.last ?? time, time)
        }
      }
    }
    return findings
  }
}

extension TraceSearch.Options {
  /// Whether a moment lies in the period in which the query must be found.
  func includes(_ time: LogTime) -> Bool {
    if since == nil, until == nil { return true }
    guard time.isKnown else { return false }
    return time.microseconds >= since ?? .min && time.microseconds < until ?? .max
  }
}
