internal import LogReading
internal import Synchronization

/// The logs of a report, read one behind the other, by whichever thread has the time.
final class LogFeed: Sendable {
  /// What the run is told of a log.
  enum News {
    /// It is read from here on.
    case begun(path: String)
    /// It cannot be read, or not to its end.
    case unreadable(ReadError)
    /// It was read, but something is odd about it.
    case warning(String)
  }

  private struct State {
    var news: [News] = []
    var bytes = 0
    var bytesOnDisk = 0
  }

  /// How far an archive may be decompressed before its turn, in bytes of its lines: all of most days' logs, and
  /// little memory for the few that are ahead.
  private static let roomAhead = 8 << 20
  private static let mostAhead = 4

  private let paths: [String]
  private let archivesAhead: Int
  private let state = Mutex(State())

  /// Makes a feed of some logs.
  ///
  /// - Parameter threads: how many threads may work; with more than one, archives are decompressed side by side.
  init(_ paths: [String], threads: Int) {
    self.paths = paths
    archivesAhead = min(threads - 1, Self.mostAhead)
  }

  /// Bytes of all logs so far, after decompression.
  var bytes: Int { state.withLock { $0.bytes } }
  /// Bytes of all logs so far as they are on disk.
  var bytesOnDisk: Int { state.withLock { $0.bytesOnDisk } }

  /// What happened since this was last asked.
  func takeNews() -> [News] {
    state.withLock { state in
      defer { state.news.removeAll() }
      return state.news
    }
  }

  /// Gives blocks of whole lines, each with the moment from which missing years are worked out.
  ///
  /// It ends when one is not taken. What was read of a log that cannot be read to its end counts.
  func read(_ take: (_ block: Span<UInt8>, _ reference: Int64) -> Bool) {
    var ahead: [Int: LogSource] = [:]
    var next = 1
    for (place, path) in paths.enumerated() {
      while next < paths.count, next <= place + archivesAhead {
        ahead[next] = LogSource(ahead: paths[next], room: Self.roomAhead)
        next += 1
      }
      do throws(ReadError) {
        let isRead =
          if let source = ahead.removeValue(forKey: place) { try read(source, take) } else {
            try read(LogSource(path: path), take)
          }
        if !isRead { return }
      } catch {
        state.withLock { $0.news.append(.unreadable(error)) }
      }
    }
  }

  private func read(
    _ source: LogSource, _ take: (Span<UInt8>, Int64) -> Bool
  ) throws(ReadError) -> Bool {
    let before = state.withLock { state in
      state.news.append(.begun(path: source.path))
      return (bytes: state.bytes, onDisk: state.bytesOnDisk)
    }
    func note() {
      state.withLock { state in
        state.bytes = before.bytes + source.deliveredBytes
        state.bytesOnDisk = before.onDisk + source.readBytes
      }
    }
    defer { note() }
    let reference = source.modificationTime.map(Int64.init) ?? SystemClock.now
    let reader = BlockReader(source)
    while let block = unsafe try reader.next() {
      let lines = unsafe Span<UInt8>(_unsafeElements: block.bindMemory(to: UInt8.self))
      guard take(lines, reference) else { return false }
      note()
    }
    if let format = source.garbageBehind {
      state.withLock {
        $0.news.append(.warning("\(source.path): left out what follows the \(format) data"))
      }
    }
    return true
  }
}
