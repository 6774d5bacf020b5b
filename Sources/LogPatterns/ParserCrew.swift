internal import Glibc
package import MailTerms

/// A block of lines that some thread parses.
///
/// Its memory is its own, so that the reader can go on. Who may touch it is told by its crew: the crew
/// itself until it is parsed, then the one who took it, until it is given back.
@safe package final class ParsedBlock: @unchecked Sendable {
  // @unchecked: the crew's lock hands a block from one thread to the next.

  enum State { case free, filled, claimed, parsed }

  fileprivate var state = State.free
  private var memory: UnsafeMutableRawBufferPointer
  private var count = 0
  /// The moment from which missing years are worked out.
  package fileprivate(set) var reference: Int64 = 0
  /// The records, all of the block.
  package fileprivate(set) var batch = RecordBatch()
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

/// Threads that parse blocks of lines side by side; the blocks come out in the order in which they went in.
@safe package final class ParserCrew: @unchecked Sendable {
  // @unchecked: everything that changes is behind the lock, but for a block in the hands of one thread.

  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private let blocks: [ParsedBlock]
  private let catalog: PatternCatalog
  private let clock: TimeReader
  private let workerCount: Int
  private var threads: [pthread_t] = []
  /// The parser of the thread that takes the blocks out, for when it would have to wait.
  private var ownParser: RecordParser
  // Counted without end; the place in the ring is the remainder.
  private var submitted = 0
  private var claimed = 0
  private var taken = 0
  private var isStopping = false

  /// Makes a crew that starts its threads when there is more than one block to parse.
  ///
  /// - Parameter workers: how many threads parse besides the one that takes the blocks out; 1 or more.
  package init(catalog: PatternCatalog, clock: TimeReader, workers: Int) {
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
    self.catalog = catalog
    self.clock = clock
    workerCount = workers
    ownParser = RecordParser(catalog: catalog, clock: clock)
    let steps = catalog.entries.count
    blocks = (0..<(workers * 2 + 2)).map { _ in ParsedBlock(steps: steps) }
  }

  deinit {
    // The threads keep the crew alive; they have ended when it goes.
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  /// Ends the threads.
  package func stop() {
    locked {
      isStopping = true
      unsafe pthread_cond_broadcast(changed)
    }
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  /// Whether a block must be taken out and given back before another one fits.
  package var isFull: Bool { locked { submitted - taken == blocks.count } }

  /// Takes a block in, of which there must be room for one more.
  package func submit(_ block: Span<UInt8>, reference: Int64) {
    let slot = locked { blocks[submitted % blocks.count] }
    slot.fill(block, reference: reference)
    let count = locked { () -> Int in
      slot.state = .filled
      submitted += 1
      unsafe pthread_cond_broadcast(changed)
      return submitted
    }
    if count == 2, threads.isEmpty { start() }
  }

  /// The next block in order, if it is parsed, or if the caller wants to wait for it; nil without one.
  ///
  /// A caller who would have to wait parses a block meanwhile that nobody has begun.
  package func next(waits: Bool) -> ParsedBlock? {
    while true {
      let oldest = locked { taken < submitted ? blocks[taken % blocks.count] : nil }
      guard let oldest else { return nil }
      if locked({ oldest.state == .parsed }) { return oldest }
      guard waits else { return nil }
      if let slot = locked({ claimFilled() }) {
        slot.parse(with: &ownParser)
        locked { slot.state = .parsed }
      } else {
        locked {
          while oldest.state != .parsed { unsafe pthread_cond_wait(changed, lock) }
        }
      }
    }
  }

  /// Gives back the block that was taken out last.
  package func giveBack(_ block: ParsedBlock) {
    locked {
      block.state = .free
      taken += 1
    }
  }

  private func start() {
    for _ in 0..<workerCount {
      var thread = pthread_t()
      let crew = unsafe Unmanaged.passRetained(self).toOpaque()
      let code = unsafe pthread_create(
        &thread, nil,
        { crew in
          guard let crew = unsafe crew else { return nil }
          unsafe Unmanaged<ParserCrew>.fromOpaque(crew).takeRetainedValue().work()
          return nil
        }, crew)
      if code == 0 {
        threads.append(thread)
      } else {
        // Fewer threads take longer; the one that takes the blocks out parses too.
        unsafe Unmanaged<ParserCrew>.fromOpaque(crew).release()
      }
    }
  }

  private func work() {
    var parser = RecordParser(catalog: catalog, clock: clock)
    while let slot = claim() {
      slot.parse(with: &parser)
      locked {
        slot.state = .parsed
        unsafe pthread_cond_broadcast(changed)
      }
    }
  }

  /// The oldest block that nobody has begun, waited for; nil when the work is over.
  private func claim() -> ParsedBlock? {
    locked {
      while true {
        if isStopping { return nil }
        if let slot = claimFilled() { return slot }
        unsafe pthread_cond_wait(changed, lock)
      }
    }
  }

  /// The oldest block that nobody has begun; the lock is held.
  private func claimFilled() -> ParsedBlock? {
    guard claimed < submitted else { return nil }
    let slot = blocks[claimed % blocks.count]
    slot.state = .claimed
    claimed += 1
    return slot
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }
}
