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
  private var details: DetailReader
  private let reference: Int64
  private(set) var survey: FileSurvey
  /// The ids that are searched for here, and how many of the board's are among them.
  private var needles: [(id: MessageID, needle: Needle, first: Int)] = []
  private var ids: Set<MessageID> = []
  private var taken = 0
  /// Offsets of the lines that were kept.
  private var kept: Set<Int> = []
  private var isExport = false

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
      unsafe search(bytes, block, for: needle, isQuery: true)
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
    if block.index == 0 { unsafe noteForm(bytes) }
    survey.offsets.append(block.offset)
    survey.lines += unsafe bl_count(bytes.baseAddress, bytes.count, 10)
    if unsafe bytes.last != 10 { survey.lines += 1 }
    survey.bytes += block.count
    survey.times.append(unsafe firstTime(bytes))
    let last = unsafe lastTime(bytes)
    if last.isKnown { survey.last = last }
  }

  /// journald's export form has a field a line: every line must be read.
  private mutating func noteForm(_ bytes: UnsafeBufferPointer<UInt8>) {
    isExport = unsafe bytes.starts(with: "__CURSOR=".utf8)
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
      let blocks = window.retained
      for id in news where !ids.contains(id) {
        add(id, from: blocks.first?.index ?? 0)
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

  // MARK: Lines

  /// Looks at a line: whether it is an answer, whose it is, and which other messages it names.
  private mutating func take(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ block: BlockWindow.Block,
    isQuery: Bool, at place: Int?
  ) {
    let offset = block.offset + range.lowerBound
    if kept.contains(offset) { return }
    let raw = unsafe Self.span(bytes, range)
    guard let record = parser.record(of: raw) else {
      if let id = unrecognised(raw, at: place) { keep(raw, offset, id) }
      return
    }
    if record.isUnpacked {
      let line = parser.unpacked
      take(record, line.span, line.span, offset, isQuery: isQuery)
      return
    }
    if record.kind.word == "fragment", let whole = unsafe joined(record, bytes, range) {
      unsafe takeJoined(whole, bytes, block, isQuery: isQuery)
      return
    }
    if let inner = Self.inner(record, raw) {
      guard let record = parser.record(of: inner.span) else { return }
      take(record, inner.span, raw, offset, isQuery: isQuery)
      return
    }
    if isQuery, question.keepsCommands, let place, isCommand(record, raw, holdingAt: place) {
      keep(raw, offset, nil)
    }
    take(record, raw, raw, offset, isQuery: isQuery)
  }

  /// Takes a line whose parts stand apart.
  private mutating func takeJoined(
    _ whole: Joined, _ bytes: UnsafeBufferPointer<UInt8>, _ block: BlockWindow.Block, isQuery: Bool
  ) {
    guard let record = parser.record(of: whole.line.span), let first = whole.parts.first,
      let id = MessageID(whole.line.span.extracting(record[.messageID].range))
    else { return }
    let isKnown = ids.contains(id)
    unsafe take(
      record, whole.line.span, Self.span(bytes, first), block.offset + first.lowerBound,
      isQuery: isQuery)
    guard isKnown else { return }
    for part in whole.parts.dropFirst() {
      unsafe keep(Self.span(bytes, part), block.offset + part.lowerBound, id)
    }
  }

  /// Whether a line tells of a command of Exim's own that was called with the words of the query.
  private func isCommand(_ record: Record, _ line: Span<UInt8>, holdingAt place: Int) -> Bool {
    guard record.kind.word == "ignore", !record[.messageID].isPresent else { return false }
    let start = Int(record.stepStart)
    let name: StaticString = "cwd="
    guard start + 4 <= line.count else { return false }
    for index in 0..<4 where unsafe line[start + index] != name.utf8Start[index] { return false }
    return question.query.isWord(at: place, in: line)
  }

  /// - Parameters:
  ///   - line: what the record points into.
  ///   - whole: what is kept.
  private mutating func take(
    _ bare: Record, _ line: Span<UInt8>, _ whole: Span<UInt8>, _ offset: Int, isQuery: Bool
  ) {
    var record = bare
    let id = MessageID(line.extracting(record[.messageID].range))
    if isQuery || (id.map(ids.contains) ?? false) { details.complete(&record, line: line) }
    if isQuery, question.includes(record.time), question.query.matches(record, line: line) {
      if let id {
        board.note(hit: id, at: record.time)
        noteClock(record, id)
      } else {
        keep(whole, offset, nil)
      }
    }
    guard let id else { return }
    let links = Link.all(record, line, withHops: question.followsHops)
    if ids.contains(id) {
      keep(whole, offset, id)
      noteLife(record, id)
      if question.followsLinks { for link in links { watch(link, of: id, record) } }
    } else if question.followsLinks {
      // The message names one that is watched.
      for link in links where ids.contains(link.id) {
        watch(link.reversed(id), of: link.id, record)
      }
    }
  }

  private mutating func keep(_ line: Span<UInt8>, _ offset: Int, _ id: MessageID?) {
    guard kept.insert(offset).inserted else { return }
    var bytes = line.copy
    if bytes.last == 13 { bytes.removeLast() }
    if bytes.count > Record.maximumLineLength {
      bytes.removeLast(bytes.count - Record.maximumLineLength)
    }
    board.keep(
      TracedLine(file: number, offset: offset, bytes: bytes, id: id, reference: reference))
  }

  /// The line that is meant by one that stands for repetitions, or by the first part of a split one.
  static func inner(_ record: Record, _ line: Span<UInt8>) -> [UInt8]? {
    switch record.kind {
    case .repeated: break
    case .fragment:
      let part = record[.part].range
      guard part.count == 1, line[part.lowerBound] == UInt8(ascii: "1") else { return nil }
    default: return nil
    }
    var inner: [UInt8] = []
    for index in 0..<Int(record.stepStart) { inner.append(line[index]) }
    for index in record[.partText].range { inner.append(line[index]) }
    return inner
  }

  /// The watched message under whose id a line stands that no pattern recognises.
  ///
  /// The line that ends a message would stand there in its place.
  private mutating func unrecognised(_ line: Span<UInt8>, at place: Int?) -> MessageID? {
    guard let place, !ids.isEmpty else { return nil }
    var end = place
    while end < line.count, Needle.isWordByte(line[end]) { end += 1 }
    guard end < line.count, let id = MessageID(line.extracting(place..<end)), ids.contains(id)
    else {
      return nil
    }
    let isPostfix = line[end] == UInt8(ascii: ":")
    let ended =
      line.extracting(0..<end).copy
      + (isPostfix ? Array(": removed".utf8) : Array(" Completed".utf8))
    guard let record = parser.record(of: ended.span), record.kind.word == "completed",
      MessageID(ended.span.extracting(record[.messageID].range)) == id
    else { return nil }
    return id
  }

  // MARK: What lines tell of messages

  private func noteLife(_ record: Record, _ id: MessageID) {
    guard record.time.isKnown else { return }
    noteClock(record, id)
    let time = record.time.microseconds
    switch record.kind {
    case .received, .begun:
      // A queue manager names the sender again at each try.
      if record.mta.isPostfix, record.kind.word == "received" { return }
      board.with { state in
        guard let watch = state.watched[id] else { return }
        state.watched[id]?.isGuess = false
        state.watched[id]?.from = max(watch.from, time)
      }
    case .completed:
      board.with { $0.watched[id]?.until = time }
    default: board.with { $0.watched[id]?.isGuess = false }
    }
  }

  private func noteClock(_ record: Record, _ id: MessageID) {
    guard record.kind.word == "received", !record.mta.isPostfix, record.time.isKnown,
      let made = EximIDTime.seconds(id)
    else { return }
    let difference = record.time.seconds - made
    guard abs(difference) < 27 * 3600 else { return }
    board.with { $0.eximOffset = $0.eximOffset ?? (difference + 450) / 900 * 900 }
  }

  private func watch(_ link: Link, of id: MessageID, _ record: Record) {
    var watch = Watch()
    let time = record.time.isKnown ? record.time.microseconds : nil
    let minute: Int64 = 60_000_000
    switch link.kind {
    case .bounce, .next:
      // It was made when this line was written, or just before.
      if let time { watch.from = time - 10 * minute }
    case .parent, .first:
      if let time { watch.from = time - Self.age(of: link.id, before: id) }
    case .hop: if let time { watch.from = time - 24 * 60 * minute }
    case .hopFrom: break
    }
    if link.isGuess, let time {
      watch.isGuess = true
      watch.until = time + minute
    }
    board.watch(link: link.id, watch)
  }

  /// How much older one message is than another, in microseconds, where their ids tell.
  private static func age(of first: MessageID, before second: MessageID) -> Int64 {
    guard let a = EximIDTime.seconds(first), let b = EximIDTime.seconds(second), b >= a,
      b - a < 1 << 31
    else { return 40 * 86_400 * 1_000_000 }
    return (b - a + 5) * 1_000_000
  }
}
