internal import LogPatterns
internal import MailTerms

/// What one line is to a search.
extension FileSearch {
  /// Looks at a line: whether it is an answer, whose it is, and which other messages it names.
  mutating func take(
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
      if isExport, record.time.isKnown { survey.last = record.time }
      let line = parser.unpacked
      take(record, line.span, line.span, offset, isQuery: isQuery)
      return
    }
    // The line as the parser has read it.
    let text = raw.extracting(first: Int(record.lineLength))
    if case .fragment = record.kind, let whole = unsafe joined(record, bytes, range) {
      unsafe takeJoined(whole, bytes, block, isQuery: isQuery)
      return
    }
    if let inner = Self.inner(record, text) {
      guard let record = parser.record(of: inner.span) else { return }
      take(record, inner.span, text, offset, isQuery: isQuery)
      return
    }
    if isQuery, question.keepsCommands, let place, isCommand(record, text, holdingAt: place) {
      keep(text, offset, nil)
    }
    take(record, text, text, offset, isQuery: isQuery)
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
    guard case .ignore = record.kind, !record[.messageID].isPresent else { return false }
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
    guard !ids.isEmpty else { return nil }
    if let place { return id(standingAt: place, in: line) }
    // The id stands behind no more than a syslog daemon's prefix and a stamp.
    var at = 0
    while at < min(line.count, 200) {
      if at == 0 || line[at - 1] == UInt8(ascii: " "), let id = id(standingAt: at, in: line) {
        return id
      }
      at += 1
    }
    return nil
  }

  private mutating func id(standingAt place: Int, in line: Span<UInt8>) -> MessageID? {
    var end = place
    while end < line.count, Needle.isWordByte(line[end]) { end += 1 }
    guard end > place, end < line.count, let id = MessageID(line.extracting(place..<end)),
      ids.contains(id)
    else { return nil }
    let isPostfix = line[end] == UInt8(ascii: ":")
    let ended =
      line.extracting(0..<end).copy
      + (isPostfix ? Array(": removed".utf8) : Array(" Completed".utf8))
    guard let record = parser.record(of: ended.span), case .completed = record.kind,
      MessageID(ended.span.extracting(record[.messageID].range)) == id
    else { return nil }
    return id
  }

  // MARK: What lines tell of messages

  /// Notes when a message begins and ends: what lies before and behind need not be searched.
  private mutating func noteLife(_ record: Record, _ id: MessageID) {
    guard record.time.isKnown else { return }
    noteClock(record, id)
    let time = record.time.microseconds
    var isBeginning = false
    var isEnd = false
    switch record.kind {
    case .begun: isBeginning = true
    // A queue manager names the sender again at each try.
    case .received: isBeginning = !record.mta.isPostfix
    case .completed: isEnd = true
    default: break
    }
    board.with { state in
      guard var watch = state.watched[id] else { return }
      watch.isGuess = false
      // A short id of Postfix's may be used again later, and may have been before.
      let seen = watch.seen ?? time
      if isBeginning, time <= seen.addingSaturated(Watch.slack) {
        watch.from = max(watch.from, time)
      }
      if isEnd, time >= seen.subtractingSaturated(Watch.slack) { watch.until = time }
      state.watched[id] = watch
    }
  }

  /// Notes how the log's clock differs from the time in Exim's ids.
  mutating func noteClock(_ record: Record, _ id: MessageID) {
    guard survey.eximOffset == nil, case .received = record.kind, !record.mta.isPostfix,
      record.time.isKnown, let made = EximIDTime.seconds(id)
    else { return }
    let difference = record.time.seconds - made
    guard abs(difference) < 27 * 3600 else { return }
    // Zones differ by quarters of an hour.
    survey.eximOffset = (difference + (difference < 0 ? -450 : 450)) / 900 * 900
  }

  private func watch(_ link: Link, of id: MessageID, _ record: Record) {
    var watch = Watch()
    let time = record.time.isKnown ? record.time.microseconds : nil
    watch.seen = time
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
    watch.isGuess = link.isGuess
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
