/// Follows a log while it is written: a file by its name, or a pipe until it is closed.
///
/// A regular file is followed through all that log rotation does to it. When its path comes to name
/// another file, the old one is read on until the new one has bytes, for the writer does not change
/// over at once; then the old one is read to its end, and once more a second later. A file that
/// became shorter is read from its start; one that was deleted is waited for. A file emptied and
/// grown past the old place between two looks cannot be told from one that grew.
///
/// Standard input, FIFOs and compressed files are read to their end.
package final class LogFollower {
  /// How long inotify is trusted before looking for oneself: network file systems send no events.
  private static let pollInterval = 1000
  /// How long a writer may go on with a file that was replaced.
  private static let gracePeriod = 1000

  private struct Followed {
    let reader: BlockReader
    let watchNumber: Int32?
  }

  private let path: String
  private let capacity: Int
  private let wakeDescriptor: Int32
  /// Nil for what is not followed by name.
  private let watch: FileWatch?

  private var current: Followed
  /// What the path names now, while the writer has not come to it.
  private var successor: Followed?
  /// What the path named before, and when to read it for the last time.
  private var predecessor: (log: Followed, readAgainAt: Int)?

  private var isStopping = false
  /// An event that waits until the line before it is given.
  private var announced: FollowEvent?
  /// The event after which nothing comes.
  private var last: FollowEvent?
  private var cutBytesOfLeftLogs = 0

  /// Bytes of overlong lines that were dropped.
  package var cutBytes: Int {
    [current, successor, predecessor?.log].reduce(cutBytesOfLeftLogs) {
      $0 + ($1?.reader.cutBytes ?? 0)
    }
  }

  /// Opens a log, which has to exist, or takes standard input for `-`.
  ///
  /// Without `fromStart` the whole lines that a regular file has already are passed over. When the
  /// wake descriptor becomes readable, following stops; it is never read from.
  package init(
    path: String, fromStart: Bool = true, wakeDescriptor: Int32? = nil,
    capacity: Int = BlockReader.defaultCapacity
  ) throws(ReadError) {
    self.path = path
    self.capacity = capacity
    self.wakeDescriptor = wakeDescriptor ?? -1
    let source = try LogSource(path: path)
    let isFollowedByName = source.file.isRegular && path != LogSource.standardInput
    watch = isFollowedByName ? FileWatch(folderOf: path) : nil
    current = Followed(
      reader: BlockReader(source, capacity: capacity), watchNumber: watch?.add(source.file))
    if isFollowedByName && !fromStart { try current.reader.skipLines() }
  }

  /// Gives what comes next, waiting no longer than a time; a negative time waits for ever.
  ///
  /// After `.stopped`, `.end` or an error comes nothing new: the event is given again, after an
  /// error `.end`.
  package func next(timeoutMilliseconds: Int) throws(ReadError) -> FollowEvent {
    let deadline = timeoutMilliseconds < 0 ? .max : monotonicMilliseconds() + timeoutMilliseconds
    do {
      while true {
        if let event = try nextAvailable() { return event }
        let now = monotonicMilliseconds()
        if now >= deadline { return .idle }
        wait(milliseconds: deadline - now)
      }
    } catch {
      last = .end
      throw error
    }
  }

  /// Gives what there is without waiting; nil when that is nothing.
  private func nextAvailable() throws(ReadError) -> FollowEvent? {
    if let event = announced {
      announced = nil
      return event
    }
    if let last { return last }
    noticeStop()

    switch try current.reader.nextAvailable() {
    case .block(let block): return unsafe .block(block)
    case .atEnd where watch == nil || current.reader.source.endsForGood:
      return try finish(with: .end)
    case .atEnd, .wouldBlock: break
    }
    if watch != nil, let event = try nextOfChangedFile() { return event }
    return isStopping ? try finish(with: .stopped) : nil
  }

  /// Sees whether the file was truncated or replaced.
  private func nextOfChangedFile() throws(ReadError) -> FollowEvent? {
    if try current.reader.source.isTruncated() {
      let rest = unsafe current.reader.takeRest()
      try current.reader.source.rewind()
      return unsafe give(rest, before: .truncated)
    }
    if let predecessor, monotonicMilliseconds() >= predecessor.readAgainAt,
      let block = try unsafe drainPredecessor()
    {
      return unsafe .block(block)
    }
    return try changeOver()
  }

  /// Sees whether the end was asked for; from then on only what is there already is read.
  private func noticeStop() {
    guard !isStopping, pollReadable([wakeDescriptor], milliseconds: 0)[0] else { return }
    isStopping = true
    current.reader.source.file.limitToAvailable()
    predecessor?.log.reader.source.file.limitToAvailable()
  }

  private func finish(with event: FollowEvent) throws(ReadError) -> FollowEvent {
    if let block = try unsafe drainPredecessor() { return unsafe .block(block) }
    last = event
    return unsafe give(current.reader.takeRest(), before: event)
  }

  private func give(
    _ rest: UnsafeRawBufferPointer?, before event: FollowEvent
  ) -> FollowEvent {
    guard let rest = unsafe rest else { return event }
    announced = event
    return unsafe .block(rest)
  }

  private func wait(milliseconds: Int) {
    var time = milliseconds
    if watch != nil { time = min(time, Self.pollInterval) }
    if let predecessor {
      time = min(time, max(0, predecessor.readAgainAt - monotonicMilliseconds()))
    }
    let descriptor = watch?.descriptor ?? current.reader.source.file.descriptor
    _ = pollReadable([descriptor, wakeDescriptor], milliseconds: Int32(clamping: time))
    watch?.reset()
  }
}

/// Rotation.
extension LogFollower {
  /// Goes on with the file that the path names now, once the writer has come to it.
  private func changeOver() throws(ReadError) -> FollowEvent? {
    let named = FileIdentity(of: path)
    if successor == nil { successor = openSuccessor(named) }
    guard let successor else { return nil }
    // An empty one that is replaced in its turn is not passed over: its writer may be late as well.
    let isReplaced = named != nil && named != successor.reader.source.identity
    let size = try successor.reader.source.file.currentSize()
    guard size > 0 || isReplaced else { return nil }

    // Bytes that came before the writer changed over are in the old file by now.
    if case .block(let block) = try current.reader.nextAvailable() { return unsafe .block(block) }
    if let block = try unsafe drainPredecessor() { return unsafe .block(block) }
    let left = current
    predecessor = (left, monotonicMilliseconds() + Self.gracePeriod)
    current = successor
    self.successor = nil
    if isStopping { current.reader.source.file.limitToAvailable() }
    return unsafe give(left.reader.takeRest(), before: .rotated)
  }

  private func openSuccessor(_ named: FileIdentity?) -> Followed? {
    guard let watch, let named, named != current.reader.source.identity,
      // It may be gone again or not yet be ours to read; another look will tell.
      let source = LogSource(regular: path),
      source.identity != current.reader.source.identity
    else { return nil }
    return Followed(
      reader: BlockReader(source, capacity: capacity), watchNumber: watch.add(source.file))
  }

  /// Reads what a late writer added to the file before, and then closes that.
  private func drainPredecessor() throws(ReadError) -> UnsafeRawBufferPointer? {
    guard let reader = predecessor?.log.reader else { return nil }
    if case .block(let block) = try reader.nextAvailable() { return unsafe block }
    if let rest = unsafe reader.takeRest() { return unsafe rest }
    if let number = predecessor?.log.watchNumber { watch?.remove(number) }
    cutBytesOfLeftLogs += reader.cutBytes
    predecessor = nil
    return nil
  }
}
