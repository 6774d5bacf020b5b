internal import Glibc
internal import CShims
internal import LogPatterns
internal import LogReading
internal import MailTerms

/// Searches one log, from its first block to its last or a part of them.
struct FileSearch: ~Copyable {
  /// What the search is about; the same for all logs.
  struct Question: Sendable {
    var query: TraceQuery
    var since: Int64?
    var until: Int64?
    /// Whether messages that others name are watched.
    var followsLinks: Bool
    /// Whether also the ids count that other servers gave.
    var followsHops: Bool
    /// Whether commands of Exim's own with the words of the query are kept.
    var keepsCommands: Bool

    func includes(_ time: LogTime) -> Bool {
      if since == nil, until == nil { return true }
      guard time.isKnown else { return false }
      return time.microseconds >= since ?? .min && time.microseconds < until ?? .max
    }
  }

  /// From so many ids on, reading every line is faster than searching for each id.
  private static let mostNeedles = 8

  let number: Int
  let question: Question
  let board: SearchBoard
  var parser: RecordParser
  var details: DetailReader
  let reference: Int64
  var survey: FileSurvey
  /// The ids that are searched for here, and how many of the board's are among them.
  private var needles: [(id: MessageID, needle: Needle, first: Int)] = []
  var ids: Set<MessageID> = []
  private var taken = 0
  /// Offsets of the lines that were kept.
  var kept: Set<Int> = []
  /// journald's export form has a field a line: every line must be read, one behind the other.
  var isExport: Bool { survey.isExport }

  init(
    number: Int, question: Question, board: SearchBoard, catalog: PatternCatalog,
    clock: TimeReader, reference: Int64, survey: FileSurvey = FileSurvey()
  ) {
    self.number = number
    self.question = question
    self.board = board
    self.reference = reference
    self.survey = survey
    parser = RecordParser(catalog: catalog, clock: clock)
    parser.setReference(reference)
    details = DetailReader(catalog: catalog)
  }

  /// Searches a whole log for the query and for all that it leads to.
  mutating func searchAll(_ source: LogSource) throws(ReadError) {
    let needle = question.query.needle
    var window = BlockWindow()
    survey.isRead = true
    var end = 0
    defer { cover(upTo: end) }
    while let block = try window.read(source) {
      let bytes = unsafe window.bytes(block)
      unsafe look(at: bytes, block)
      // The lines of an entry are read one behind the other.
      if !isExport { unsafe search(bytes, block, for: needle, isQuery: true) }
      unsafe searchWatched(bytes, block, except: question.query.id)
      catchUp(window)
      end = block.index + 1
    }
  }

  /// Searches some blocks of a log again, for messages that were not known the first time.
  mutating func searchAgain(
    _ source: LogSource, _ range: Range<Int>, for wanted: [MessageID]
  ) throws(ReadError) {
    guard range.lowerBound < survey.offsets.count else { return }
    let offset = survey.offsets[range.lowerBound]
    guard try source.skip(to: offset) else { return }
    for id in wanted { add(id, from: range.lowerBound) }
    var end = range.lowerBound
    defer { cover(upTo: end) }
    taken = board.with { $0.order.count }
    var window = BlockWindow(firstBlock: range.lowerBound, offset: offset)
    while let block = try window.read(source), block.index < range.upperBound {
      let bytes = unsafe window.bytes(block)
      if block.index == range.lowerBound { unsafe noteForm(bytes) }
      unsafe searchWatched(bytes, block)
      catchUp(window)
      end = block.index + 1
    }
  }

  /// Notes what was searched for which message.
  private mutating func cover(upTo end: Int) {
    for entry in needles where entry.first < end { survey.cover(entry.id, entry.first..<end) }
  }

  // MARK: Blocks

  private mutating func look(at bytes: UnsafeBufferPointer<UInt8>, _ block: BlockWindow.Block) {
    if block.index == 0 {
      unsafe noteForm(bytes)
      if !isExport { unsafe noteClock(bytes) }
    }
    survey.offsets.append(block.offset)
    survey.lines += unsafe bl_count(bytes.baseAddress, bytes.count, 10)
    if unsafe bytes.last != 10 { survey.lines += 1 }
    survey.bytes += block.count
    if isExport {
      survey.times.append(.unknown)
      return
    }
    survey.times.append(unsafe firstTime(bytes))
    let last = unsafe lastTime(bytes)
    if last.isKnown { survey.last = last }
  }

  private mutating func noteForm(_ bytes: UnsafeBufferPointer<UInt8>) {
    survey.isExport = unsafe bytes.starts(with: "__CURSOR=".utf8)
  }

  /// Looks among the first lines for an arrival, whose id tells about the log's clock.
  private mutating func noteClock(_ bytes: UnsafeBufferPointer<UInt8>) {
    var start = 0
    for _ in 0..<200 where start < bytes.count && survey.eximOffset == nil {
      let end = unsafe Self.lineEnd(bytes, start)
      let line = unsafe Self.span(bytes, start..<end)
      if let record = parser.record(of: line), !record.isUnpacked,
        let id = MessageID(line.extracting(record[.messageID].range))
      {
        noteClock(record, id)
      }
      start = end + 1
    }
  }

  private mutating func firstTime(_ bytes: UnsafeBufferPointer<UInt8>) -> LogTime {
    var start = 0
    for _ in 0..<200 where start < bytes.count {
      let end = unsafe Self.lineEnd(bytes, start)
      if let record = parser.record(of: unsafe Self.span(bytes, start..<end)), record.time.isKnown {
        return record.time
      }
      start = end + 1
    }
    return .unknown
  }

  private mutating func lastTime(_ bytes: UnsafeBufferPointer<UInt8>) -> LogTime {
    var end = bytes.count
    for _ in 0..<50 where end > 0 {
      let start = unsafe Self.lineStart(bytes, end - 1)
      let line = unsafe Self.span(bytes, start..<Self.lineEnd(bytes, start))
      if let record = parser.record(of: line), record.time.isKnown { return record.time }
      end = start
    }
    return .unknown
  }

  @_lifetime(borrow bytes)
  static func span(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Span<UInt8> {
    let all = unsafe Span(_unsafeElements: bytes)
    return all.extracting(range)
  }

  static func lineStart(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
    guard let base = bytes.baseAddress, at > 0,
      let found = unsafe bl_memrchr(base, 10, at)
    else { return 0 }
    return unsafe UnsafeRawPointer(base).distance(to: found) + 1
  }

  static func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
    guard let base = bytes.baseAddress,
      let found = unsafe memchr(base + at, 10, bytes.count - at)
    else { return bytes.count }
    return unsafe UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
  }

  // MARK: Searching

  private mutating func add(_ id: MessageID, from first: Int) {
    guard ids.insert(id).inserted else { return }
    needles.append((id, Needle(id), first))
  }

  /// Takes over what the board has become to know, and searches the window for it.
  private mutating func catchUp(_ window: borrowing BlockWindow) {
    while true {
      let (news, isReset) = board.with { state -> ([MessageID], Bool) in
        guard state.order.count >= taken else { return (state.order, true) }
        return (Array(state.order[taken...]), false)
      }
      if isReset {
        needles = []
        ids = []
        taken = 0
        kept = []
        survey.uncover()
      }
      if news.isEmpty { return }
      taken += news.count
      let blocks = isExport ? [] : window.retained
      let behind = (window.retained.last?.index ?? -1) + 1
      for id in news where !ids.contains(id) {
        add(id, from: blocks.first?.index ?? behind)
        let needle = Needle(id)
        for block in blocks {
          unsafe search(window.bytes(block), block, for: needle, isQuery: false)
        }
      }
    }
  }

  private mutating func searchWatched(
    _ bytes: UnsafeBufferPointer<UInt8>, _ block: BlockWindow.Block, except done: MessageID? = nil
  ) {
    if needles.isEmpty, !isExport { return }
    if needles.count > Self.mostNeedles || isExport {
      unsafe readAll(bytes, block)
    } else {
      for entry in needles where entry.id != done {
        unsafe search(bytes, block, for: entry.needle, isQuery: false)
      }
    }
  }

  /// Looks at each line of a block that holds some bytes.
  private mutating func search(
    _ bytes: UnsafeBufferPointer<UInt8>, _ block: BlockWindow.Block, for needle: Needle,
    isQuery: Bool
  ) {
    var at = 0
    while let found = unsafe needle.find(in: bytes, from: at) {
      let start = unsafe Self.lineStart(bytes, found)
      let end = unsafe Self.lineEnd(bytes, found)
      unsafe take(bytes, start..<end, block, isQuery: isQuery, at: found - start)
      at = end + 1
    }
  }

  /// Reads every line of a block, for those of the messages that are watched.
  private mutating func readAll(
    _ bytes: UnsafeBufferPointer<UInt8>, _ block: BlockWindow.Block
  ) {
    var start = 0
    while start < bytes.count {
      let end = unsafe Self.lineEnd(bytes, start)
      unsafe take(bytes, start..<end, block, isQuery: isExport, at: nil)
      start = end + 1
    }
  }
}
