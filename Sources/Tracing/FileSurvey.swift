internal import MailTerms

/// What one look at a file told, for the looks to come.
struct FileSurvey: Sendable {
  /// The time of the first line of each block, and the offset of the block.
  var times: [LogTime] = []
  var offsets: [Int] = []
  var last = LogTime.unknown
  var lines = 0
  var bytes = 0
  var isRead = false
  /// Whether it has the form of journald's export.
  var isExport = false
  /// Seconds between the time in an Exim id and the log's clock, where a line told.
  var eximOffset: Int64?
  /// Which blocks were searched for each message, in order.
  private var covered: [MessageID: [Range<Int>]] = [:]

  /// The blocks that were not searched for a message and may hold a line of it.
  func missing(_ id: MessageID, _ known: Watch) -> Range<Int>? {
    var watch = known
    // An id of Exim's tells when its message came; an hour more, since clocks change.
    if let eximOffset, let made = EximIDTime.seconds(id) {
      let (moment, isBeyond) = (made + eximOffset - 3600).multipliedReportingOverflow(by: 1_000_000)
      if !isBeyond { watch.from = max(watch.from, moment) }
    }
    var found: Range<Int>?
    var start = 0
    for done in (covered[id] ?? []) + [times.count..<times.count] {
      if start < done.lowerBound, let part = within(start..<done.lowerBound, watch) {
        found = (found?.lowerBound ?? part.lowerBound)..<part.upperBound
      }
      start = max(start, done.upperBound)
    }
    return found
  }

  /// The blocks among some that may hold a line of a message.
  private func within(_ blocks: Range<Int>, _ watch: Watch) -> Range<Int>? {
    if watch.from == .min, watch.until == .max { return blocks }
    var found: Range<Int>?
    for block in blocks {
      let end = block + 1 < times.count ? times[block + 1] : last
      if watch.includes(times[block], end) {
        found = (found?.lowerBound ?? block)..<block + 1
      }
    }
    return found
  }

  /// Notes that some blocks were searched for a message.
  mutating func cover(_ id: MessageID, _ blocks: Range<Int>) {
    var all = covered.removeValue(forKey: id) ?? []
    all.append(blocks)
    all.sort { $0.lowerBound < $1.lowerBound }
    var merged: [Range<Int>] = []
    for range in all where !range.isEmpty {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    covered[id] = merged
  }

  /// Forgets for which messages the log was searched.
  mutating func uncover() { covered = [:] }
}
