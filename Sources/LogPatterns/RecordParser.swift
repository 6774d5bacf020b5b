internal import Glibc
package import MailTerms
internal import PCRE2

/// Turns lines into records by the patterns of a catalog; each worker has its own.
@safe package struct RecordParser: ~Copyable {
  /// How deep rules may go on with rules.
  private static let maximumDepth = 6
  static let exampleCount = 5

  /// The patterns.
  package let catalog: PatternCatalog
  /// What has been read so far.
  package var counts: Counts {
    var counts = tallied
    if earliest.isKnown {
      counts.first = earliest
      counts.last = latest
    }
    return counts
  }
  private var tallied: Counts
  // What is counted for every line is kept where counting is cheapest.
  private var earliest = LogTime.unknown
  private var latest = LogTime.unknown
  /// The numbers of the patterns that recognised the last line, frame first, if they are kept.
  package private(set) var chain: [Int32] = []
  private let keepsChain: Bool
  private var matcher: Matcher
  private let cache: StepCache
  private var unpacker = LineUnpacker()
  private var hasParts = false
  /// The last line that was taken out of a wrapping; a record with `isUnpacked` points into it.
  package private(set) var unpacked: [UInt8] = []
  var clock: TimeReader
  /// Where the record is made: in the batch, so that it is never copied there, else in `own`.
  private var place: UnsafeMutablePointer<Record>
  private var own = Slab<Record>(capacity: 1)
  /// The lines that are read by hand.
  let fast: FastPath
  /// What most lines of a syslog file have in common.
  var source = SyslogSource()
  private let padded = PaddedLine()
  private let seed = ByteHash.seed

  /// The record of the last line.
  var record: Record {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place) }
    @inline(__always) unsafeMutableAddress { unsafe place }
  }

  /// Makes a parser.
  ///
  /// - Parameters:
  ///   - readsByHand: whether the plainest lines go past PCRE2; the records are the same.
  ///   - keepsChain: whether the patterns of each line are noted and counted, for who asks about them.
  package init(
    catalog: PatternCatalog, clock: TimeReader, readsByHand: Bool = true, keepsChain: Bool = false
  ) {
    self.catalog = catalog
    fast = readsByHand ? FastPath(catalog) : .off
    self.clock = clock
    matcher = Matcher()
    cache = StepCache(catalog)
    self.keepsChain = keepsChain
    tallied = Counts(steps: catalog.entries.count, keepsChain: keepsChain)
    unsafe place = own.next()
    unsafe place.initialize(to: Record())
  }

  /// Sets the moment from which missing years are worked out, in seconds since 1970.
  package mutating func setReference(_ seconds: Int64) { clock.reference = seconds }

  /// Reads lines of a block and adds their records to a batch, until one or the other is full.
  ///
  /// - Parameters:
  ///   - block: whole lines; only the last one may lack its LF.
  ///   - start: the offset of the first line that is not read yet; moves on to the next one, and to the
  ///     block's end or behind it when all are read.
  ///   - batch: takes the records, whose offsets point into `block`.
  ///   - limit: with how many records a batch is full.
  package mutating func parse(
    _ block: Span<UInt8>, from start: inout Int, into batch: inout RecordBatch,
    limit: Int = RecordBatch.capacity
  ) {
    while start < block.count, batch.records.count < limit {
      unsafe place = batch.records.next()
      let end = Self.lineEnd(in: block, from: start)
      if parse(lineAt: start..<end, of: block) {
        if mattersLater { add(to: &batch, at: start) }
      } else {
        record.begin(lineLength: 0)
        record.kind = .unrecognised
        batch.records.takeIn()
      }
      start = end + 1
    }
    unsafe place = own.next()
  }

  /// How many lines were read since counting began.
  package var linesSoFar: Int { tallied.lines }

  /// Whether an entry of several wrapped lines has begun and not ended.
  package var isInsideEntry: Bool { unpacker.isInside }

  /// Whether parts of wrapped entries were read since it was asked last; forgets an entry that has begun.
  mutating func endParts() -> Bool {
    defer { hasParts = false }
    _ = unpacker.takeRest()
    return hasParts
  }

  /// What was counted so far; counting begins anew.
  package mutating func takeCounts() -> Counts {
    let taken = counts
    tallied = Counts(steps: catalog.entries.count, keepsChain: keepsChain)
    earliest = .unknown
    latest = .unknown
    return taken
  }

  /// Reads what is left of a wrapped line whose end never came.
  package mutating func parseRest(into batch: inout RecordBatch) {
    guard let rest = unpacker.takeRest() else { return }
    tallied.lines += 1
    unsafe place = batch.records.next()
    if recognise(unpacked: rest), mattersLater { add(to: &batch, at: 0) }
    unsafe place = own.next()
  }

  private mutating func add(to batch: inout RecordBatch, at start: Int) {
    record.lineStart = UInt32(start)
    if record.isUnpacked {
      record.lineStart = UInt32(batch.unpacked.count)
      batch.unpacked += unpacked
    }
    batch.records.takeIn()
  }

  /// Reads each line of a block and calls `body` with those that were not recognised, as text.
  package mutating func eachUnrecognised(in block: Span<UInt8>, _ body: (String) -> Void) {
    var start = 0
    while start < block.count {
      let end = Self.lineEnd(in: block, from: start)
      if !parse(lineAt: start..<end, of: block) {
        var bytes: [UInt8] = []
        for index in start..<min(end, start + Record.maximumLineLength) {
          bytes.append(block[index])
        }
        body(String(decoding: bytes, as: UTF8.self))
      }
      start = end + 1
    }
  }

  /// Whether anything behind the parser looks at the record: one that says nothing is of use only in a
  /// syslog file, where its process is watched for copies of its lines and the daemon may repeat it.
  private var mattersLater: Bool {
    @inline(__always) get {
      switch record.kind {
      case .ignore, .attempt: record[.instance].isPresent
      default: true
      }
    }
  }

  /// Reads one line, without its LF, as if it stood at the start of a block.
  ///
  /// - Returns: its record; nil if it was not recognised.
  package mutating func record(of line: Span<UInt8>) -> Record? {
    parse(lineAt: 0..<line.count, of: line) ? record : nil
  }

  /// Reads a line of a block, without its LF.
  @inline(__always) private mutating func parse(lineAt range: Range<Int>, of block: Span<UInt8>)
    -> Bool
  {
    var length = range.count
    if length > 0, block[range.upperBound - 1] == UInt8(ascii: "\r") { length -= 1 }
    if length > Record.maximumLineLength {
      // A hole of NULs in front of a line is no part of it.
      if block[range.lowerBound] == 0, !unpacker.isInside {
        tallied.lines += 1
        return unpack(block.extracting(range.lowerBound..<range.lowerBound + length)) ?? false
      }
      length = Record.maximumLineLength
      tallied.cut += 1
    }
    tallied.lines += 1
    let end = range.lowerBound + length
    if end + LineBytes.overrun <= block.count {
      return unsafe block.withUnsafeBufferPointer { bytes in
        unsafe parse(
          LineBytes(bytes.baseAddress.unsafelyUnwrapped + range.lowerBound, count: length))
      }
    }
    // Behind the last line of a block there may be nothing that can be read.
    let line = padded.hold(block.extracting(range.lowerBound..<end))
    return parse(line)
  }

  @inline(__always) private mutating func parse(_ line: LineBytes) -> Bool {
    // Only what no frame knows can be wrapped, or a part of an entry that has begun.
    if unpacker.isInside, let isRecognised = unsafe unpack(line.span) { return isRecognised }
    if recognise(line) { return true }
    if line.count > 0, let isRecognised = unsafe unpack(line.span) { return isRecognised }
    unsafe noteUnrecognised(line.span)
    return false
  }

  /// Takes a line out of its wrapping and reads it; nil if it has none.
  private mutating func unpack(_ line: Span<UInt8>) -> Bool? {
    switch unpacker.take(line) {
    case .notPacked: return nil
    case .isPart:
      // An entry of many lines is one line of a log.
      tallied.lines -= 1
      hasParts = true
      record.begin(lineLength: 0)
      return true
    case .line(let text): return recognise(unpacked: text)
    }
  }

  private mutating func recognise(unpacked text: [UInt8]) -> Bool {
    unpacked = text
    if unpacked.count > Record.maximumLineLength {
      unpacked.removeLast(unpacked.count - Record.maximumLineLength)
      tallied.cut += 1
    }
    let line = padded.hold(unpacked.span)
    guard recognise(line) else {
      noteUnrecognised(text.span.extracting(first: unpacked.count))
      return false
    }
    unpacked.removeLast(unpacked.count - Int(record.lineLength))
    record.isUnpacked = true
    return true
  }

  private mutating func noteUnrecognised(_ line: Span<UInt8>) {
    tallied.unrecognised += 1
    if tallied.examples.count < Self.exampleCount, line.count > 0 { keepExample(line) }
  }

  @inline(__always) private mutating func recognise(_ line: LineBytes) -> Bool {
    guard line.endsInBlank ? findTrimmed(line) : find(line) else { return false }
    if keepsChain { countChain() }
    note(record.time)
    prepare(line)
    return true
  }

  /// Finds the patterns of a line that ends in blanks, without them, as some daemons add one.
  ///
  /// They belong to a part of a cut line, whose words may go on behind them, and are needed where there are
  /// no words in front of them.
  private mutating func findTrimmed(_ line: LineBytes) -> Bool {
    if find(line.trimmed) {
      guard case .fragment = record.kind else { return true }
    }
    return find(line)
  }

  @inline(__always) private mutating func find(_ line: LineBytes) -> Bool {
    record.begin(lineLength: line.count)
    forgetSteps()
    if readByHand(line) { return true }
    guard unsafe run(group: PatternCatalog.frameGroup, line.span, at: 0, depth: 0) else {
      return false
    }
    unsafe readTime(line.span)
    return true
  }

  /// Works out what counting will need of the record.
  @inline(__always) private mutating func prepare(_ line: LineBytes) {
    if record.origin == nil { record.origin = record.originByFields }
    let text = unsafe line.span
    if let id = line.id(in: record[.messageID].range) {
      record.id = id
      record.idHash = id.hashValue(seed: seed)
    }
    switch record.kind {
    case .received:
      let sender = record[.sender].range
      if let at = line.lastOffset(of: UInt8(ascii: "@"), in: sender), at + 1 < sender.upperBound {
        record.senderDomain = FieldSpan(at + 1, sender.upperBound)
        record.nameHash = ByteHash.hash(
          text.extracting((at + 1)..<sender.upperBound), seed: seed, foldingCase: true)
      }
    case .delivered, .deferred, .failed, .callout:
      prepareOutcome(text, host: record[.remoteHost])
    case .rejected: prepareOutcome(text, host: record[.clientHost])
    default: break
    }
  }

  @inline(__always) private mutating func prepareOutcome(_ line: Span<UInt8>, host: FieldSpan) {
    record.recipientHash = RecipientIdentity.hash(
      final: line.extracting(record[.recipient].range),
      original: line.extracting(record[.originalRecipient].range), seed: seed)
    if host.isPresent {
      record.nameHash = ByteHash.hash(line.extracting(host.range), seed: seed, foldingCase: true)
    }
  }

  mutating func readTime(_ line: Span<UInt8>) {
    let stamp = record[.time]
    guard stamp.isPresent else { return }
    record.time = clock.read(
      line.extracting(stamp.range), zone: line.extracting(record[.zone].range))
  }

  private mutating func note(_ time: LogTime) {
    guard time.isKnown else { return }
    // An unknown time is smaller than any other.
    if time.microseconds > latest.microseconds { latest = time }
    if time.microseconds < earliest.microseconds || !earliest.isKnown { earliest = time }
  }

  private mutating func keepExample(_ line: Span<UInt8>) {
    var bytes: [UInt8] = []
    for index in 0..<min(line.count, 300) { bytes.append(line[index]) }
    tallied.examples.append(bytes)
  }

  /// Notes which pattern a part of the line belongs to.
  @inline(__always) mutating func noteStep(_ number: Int32, at offset: Int) {
    record.step = number
    record.stepStart = UInt16(truncatingIfNeeded: offset)
    if keepsChain { chain.append(number) }
  }

  /// Takes back the patterns of the chain behind the first few.
  @inline(__always) mutating func forgetSteps(from depth: Int = 0) {
    if keepsChain, chain.count > depth { chain.removeLast(chain.count - depth) }
  }

  private mutating func countChain() {
    for number in chain { tallied.hits[Int(number)] += 1 }
  }

  /// Tries the patterns of a group in their order, and behind a match those that go on from it.
  mutating func run(group: Int, _ line: Span<UInt8>, at offset: Int, depth: Int) -> Bool {
    guard depth < Self.maximumDepth else { return false }
    for member in unsafe catalog.groups[group] {
      let number = unsafe catalog.members[Int(member)]
      let step = unsafe cache.step(number)
      if unsafe !step.pointee.contains.isEmpty,
        unsafe !Self.contains(oneOf: step.pointee.contains, line, from: offset)
      {
        continue
      }
      switch unsafe matcher.match(step.pointee.pattern, in: line, at: offset) {
      case .noMatch: continue
      case .limitReached:
        tallied.limits[Int(number)] += 1
        continue
      case .matched: break
      }
      if unsafe !step.pointee.goesOn {
        unsafe take(step, number, at: offset)
        return true
      }
      if unsafe takeAndGoOn(step, number, line, at: offset, depth: depth) { return true }
    }
    return false
  }

  /// Makes the record that of a pattern which matched.
  private mutating func take(_ step: UnsafePointer<CompiledStep>, _ number: Int32, at offset: Int) {
    unsafe capture(step.pointee.captures)
    if let event = unsafe step.pointee.event { record.kind = event }
    if let origin = unsafe step.pointee.origin { record.origin = origin }
    if let mta = unsafe step.pointee.mta { record.mta = mta }
    noteStep(number, at: offset)
  }

  /// Takes a pattern that matched and tries those that go on from it; undoes it where none matches.
  private mutating func takeAndGoOn(
    _ step: UnsafePointer<CompiledStep>, _ number: Int32, _ line: Span<UInt8>, at offset: Int,
    depth: Int
  ) -> Bool {
    let end = matcher.matchEnd
    // What a pattern captured must not outlive it when the rules behind it find nothing.
    if depth == 0 {
      unsafe take(step, number, at: offset)
      if unsafe goOn(behind: step, line, at: end, depth: depth) { return true }
      record.begin(lineLength: line.count)
    } else {
      let before = record
      unsafe take(step, number, at: offset)
      if unsafe goOn(behind: step, line, at: end, depth: depth) { return true }
      record = before
    }
    forgetSteps(from: chain.count - 1)
    return false
  }

  private mutating func goOn(
    behind step: UnsafePointer<CompiledStep>, _ line: Span<UInt8>, at end: Int, depth: Int
  ) -> Bool {
    var keyStart = end
    // A frame's key says whose line it is, so that no other rules are for it; a rule's key is a try.
    var isDecided = false
    let keyGroups = unsafe step.pointee.keyGroups
    for index in 0..<keyGroups.count {
      guard let key = unsafe matcher.group(Int(keyGroups[index])) else { continue }
      keyStart = key.lowerBound
      if let group = unsafe catalog.group(forKey: line.extracting(key), mta: step.pointee.mta) {
        if run(group: group, line, at: end, depth: depth + 1) { return true }
        isDecided = depth == 0
      }
      break
    }
    let then = unsafe step.pointee.then
    if then >= 0, !isDecided, run(group: Int(then), line, at: end, depth: depth + 1) {
      return true
    }
    let otherwise = unsafe step.pointee.otherwise
    if otherwise >= 0 { return run(group: Int(otherwise), line, at: keyStart, depth: depth + 1) }
    // A rule that says what the line is stands on its own when nothing behind it matches.
    return unsafe step.pointee.event != nil
  }

  private mutating func capture(_ captures: UnsafeMutableBufferPointer<CompiledStep.Capture>) {
    for index in 0..<captures.count {
      let capture = unsafe captures[index]
      guard let range = matcher.group(Int(capture.group)) else { continue }
      record.set(capture.field, FieldSpan(range))
      // What a rule says of machine and instance is not what stood in front.
      if capture.field == Field.edge.rawValue || capture.field == Field.instance.rawValue {
        record.sourceHash = 0
      }
    }
  }

  /// The offset of the LF that ends a line, or of the block's end.
  @inline(__always) private static func lineEnd(in block: Span<UInt8>, from start: Int) -> Int {
    unsafe block.withUnsafeBufferPointer { bytes in
      guard let address = bytes.baseAddress,
        let found = unsafe memchr(address + start, 10, bytes.count - start)
      else { return bytes.count }
      return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(address)
    }
  }

  private static func contains(
    oneOf needles: UnsafeMutableBufferPointer<UnsafeMutableBufferPointer<UInt8>>,
    _ line: Span<UInt8>, from offset: Int
  ) -> Bool {
    for index in needles.indices {
      if unsafe contains(needles[index], line, from: offset) { return true }
    }
    return false
  }

  /// Whether the rest of a line contains some bytes; looks for the last of them, which authors choose rare.
  private static func contains(
    _ needle: UnsafeMutableBufferPointer<UInt8>, _ line: Span<UInt8>, from offset: Int
  ) -> Bool {
    unsafe line.withUnsafeBufferPointer { bytes in
      guard let address = bytes.baseAddress, let first = needle.baseAddress else {
        return false
      }
      let last = unsafe needle[needle.count - 1]
      var at = offset + needle.count - 1
      while at < bytes.count,
        let found = unsafe memchr(address + at, Int32(last), bytes.count - at)
      {
        at = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(address)
        if unsafe memcmp(address + at - (needle.count - 1), first, needle.count) == 0 {
          return true
        }
        at += 1
      }
      return false
    }
  }
}
