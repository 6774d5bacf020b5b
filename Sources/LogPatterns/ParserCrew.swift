package import MailTerms
internal import Threads

/// A block of lines that some thread parses.
///
/// Its memory is its own, so that the reader can go on. Who may touch it is told by its crew: the crew
/// itself until it is parsed, then the one who took it, until it is given back.
@safe package final class ParsedBlock: @unchecked Sendable {
  // @unchecked: the crew's monitor hands a block from one thread to the next.

  fileprivate var isParsed = false
  private var memory: UnsafeMutableRawBufferPointer
  private var count = 0
  /// The moment from which missing years are worked out.
  package fileprivate(set) var reference: Int64 = 0
  /// The records, all of the block.
  package var batch = RecordBatch()
  /// What was counted in the block.
  package fileprivate(set) var counts: RecordParser.Counts
  /// Whether the block has parts of a wrapped entry, whose other parts may be in its neighbours.
  package fileprivate(set) var hasParts = false

  fileprivate init(steps: Int) {
    unsafe memory = .allocate(byteCount: 256 * 1024, alignment: 16)
    counts = RecordParser.Counts(steps: steps)
  }

  deinit { unsafe memory.deallocate() }

  /// The lines.
  package var lines: Span<UInt8> {
    @_lifetime(borrow self) get {
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]).bindMemory(
        to: UInt8.self)
      return unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
    }
  }

  fileprivate func fill(_ block: Span<UInt8>, reference: Int64) {
    if block.count > (unsafe memory.count) {
      unsafe memory.deallocate()
      unsafe memory = .allocate(byteCount: block.count, alignment: 16)
    }
    unsafe block.withUnsafeBytes { bytes in unsafe memory.copyMemory(from: bytes) }
    count = block.count
    self.reference = reference
  }

  fileprivate func parse(with parser: inout RecordParser) {
    parser.setReference(reference)
    batch.removeAll()
    var next = 0
    while next < count { parser.parse(lines, from: &next, into: &batch, limit: .max) }
    hasParts = parser.endParts()
    counts = parser.takeCounts()
  }
}

/// Threads that read and parse a log side by side; its blocks come out in the order in which they went in.
///
/// One thread feeds the crew, the crew's own threads parse, and one thread takes the parsed blocks out. The
/// feeder waits while the ring of blocks is full, so that memory does not grow with the log.
@safe package final class ParserCrew: @unchecked Sendable {
  // @unchecked: everything that changes is behind the monitor, but for a block in the hands of one thread.

  private let monitor = Monitor()
  private let blocks: [ParsedBlock]
  private let catalog: PatternCatalog
  private let clock: TimeReader
  private let workerCount: Int
  private var workers: [WorkerThread] = []
  /// The parser of the thread that takes the blocks out, for when it would have to wait.
  private var ownParser: RecordParser
  // Counted without end; the place in the ring is the remainder.
  private var submitted = 0
  private var claimed = 0
  private var taken = 0
  /// Whether the log is fed to its end.
  private var isFed = false
  private var isStopping = false

  /// Makes a crew that starts its threads when there is something to parse.
  ///
  /// - Parameter workers: how many threads parse besides the one that takes the blocks out; 1 or more.
  package init(catalog: PatternCatalog, clock: TimeReader, workers: Int) {
    self.catalog = catalog
    self.clock = clock
    workerCount = workers
    ownParser = RecordParser(catalog: catalog, clock: clock)
    let steps = catalog.entries.count
    blocks = (0..<(workers * 2 + 2)).map { _ in ParsedBlock(steps: steps) }
  }

  /// Runs the work that submits the blocks in a thread of its own; when it returns, the log is at its end.
  ///
  /// False where the system gives no thread, and the work is not begun.
  package func feed(_ work: @escaping @Sendable () -> Void) -> Bool {
    let feeder = WorkerThread {
      work()
      self.endFeed()
    }
    feeder?.detach()
    return feeder != nil
  }

  /// Ends the parsing threads; a feeder ends when it submits its next block.
  package func stop() {
    monitor.locked {
      isStopping = true
      monitor.wakeAll()
    }
    for worker in workers { worker.join() }
    workers = []
  }

  /// Takes a block in, by the feeder, which waits for room; false when the crew was stopped.
  package func submit(_ block: Span<UInt8>, reference: Int64) -> Bool {
    let slot = monitor.locked { () -> ParsedBlock? in
      while !isStopping, submitted - taken == blocks.count {
        monitor.wait()
      }
      return isStopping ? nil : blocks[submitted % blocks.count]
    }
    guard let slot else { return false }
    slot.fill(block, reference: reference)
    return monitor.locked {
      slot.isParsed = false
      submitted += 1
      monitor.wakeAll()
      return !isStopping
    }
  }

  /// The next block in order, waited for; nil at the end of the log.
  ///
  /// A caller who would have to wait parses a block meanwhile that nobody has begun.
  package func next() -> ParsedBlock? {
    while true {
      var mine: ParsedBlock?
      let ready = monitor.locked { () -> ParsedBlock? in
        while true {
          let oldest = taken < submitted ? blocks[taken % blocks.count] : nil
          if let oldest, oldest.isParsed { return oldest }
          mine = claimFilled()
          if mine != nil || (oldest == nil && isFed) { return nil }
          monitor.wait()
        }
      }
      if let ready { return ready }
      guard let mine else { return nil }
      if workers.isEmpty, monitor.locked({ submitted > 1 }) { startWorkers() }
      finish(mine, with: &ownParser)
    }
  }

  /// Gives back the block that was taken out last.
  package func giveBack(_ block: ParsedBlock) {
    monitor.locked {
      taken += 1
      monitor.wakeAll()
    }
  }

  private func endFeed() {
    monitor.locked {
      isFed = true
      monitor.wakeAll()
    }
  }

  private func startWorkers() {
    // Fewer threads take longer; the one that takes the blocks out parses too.
    for _ in 0..<workerCount {
      if let worker = WorkerThread({ self.work() }) { workers.append(worker) }
    }
  }

  private func work() {
    var parser = RecordParser(catalog: catalog, clock: clock)
    while let slot = claim() { finish(slot, with: &parser) }
  }

  private func finish(_ slot: ParsedBlock, with parser: inout RecordParser) {
    slot.parse(with: &parser)
    monitor.locked {
      slot.isParsed = true
      monitor.wakeAll()
    }
  }

  /// The oldest block that nobody has begun, waited for; nil when the work is over.
  private func claim() -> ParsedBlock? {
    monitor.locked {
      while true {
        if isStopping { return nil }
        if let slot = claimFilled() { return slot }
        monitor.wait()
      }
    }
  }

  /// The oldest block that nobody has begun; the monitor is held.
  private func claimFilled() -> ParsedBlock? {
    guard claimed < submitted else { return nil }
    let slot = blocks[claimed % blocks.count]
    claimed += 1
    return slot
  }
}
