/// Reads a log in blocks of whole lines.
///
/// A block ends with LF but for two cases: the last line of a log that ends without LF, and the
/// beginning of a line that is longer than the reader's buffer. A block is given as soon as a read
/// has brought the end of a line, so a line that comes through a pipe is never held back.
package final class BlockReader {
  /// The buffer size, and so the longest line, unless another is asked for.
  package static let defaultCapacity = 256 * 1024

  /// What reading without waiting brings.
  @safe enum ReadResult {
    case block(UnsafeRawBufferPointer)
    /// A pipe that is still open has nothing now.
    case wouldBlock
    /// Everything is read; a line without LF may be left for `takeRest()`.
    case atEnd
  }

  let source: LogSource
  private let capacity: Int
  private var buffer: LineBuffer
  /// An error that waits until the line before it is given.
  private var failure: ReadError?
  private var isFinished = false

  /// Bytes that were read and not given yet: the beginning of a line.
  var pendingBytes: Int { buffer.pendingBytes }

  /// Bytes of overlong lines that were dropped.
  package var cutBytes: Int { buffer.cutBytes }

  /// Reads a source from where it is; the capacity is the most bytes that a line keeps.
  package init(_ source: LogSource, capacity: Int = defaultCapacity) {
    self.source = source
    self.capacity = capacity
    buffer = LineBuffer(capacity: capacity)
  }

  /// Gives the next block, waiting for one line at least; nil at the end.
  ///
  /// The memory is valid until the next call. An error comes after all lines before it, the last
  /// unfinished one included, and only once.
  package func next() throws(ReadError) -> UnsafeRawBufferPointer? {
    while !isFinished {
      switch try nextAvailable() {
      case .block(let block): return unsafe block
      case .wouldBlock: source.file.waitUntilReadable()
      case .atEnd:
        isFinished = true
        return unsafe takeRest()
      }
    }
    return nil
  }

  /// Gives the next block like `next()`, but neither waits nor takes the end for final.
  func nextAvailable() throws(ReadError) -> ReadResult {
    if let failure {
      self.failure = nil
      throw failure
    }
    while true {
      if let block = unsafe buffer.takeLines() { return unsafe .block(block) }
      do {
        guard let count = try unsafe source.readAvailable(into: buffer.room()) else {
          return .wouldBlock
        }
        if count == 0 { return .atEnd }
        buffer.add(count)
      } catch {
        guard let rest = unsafe buffer.takeRest() else { throw error }
        failure = error
        return unsafe .block(rest)
      }
    }
  }

  /// Gives a last line without LF, for a log that is left; nil when there is none.
  func takeRest() -> UnsafeRawBufferPointer? { unsafe buffer.takeRest() }

  /// Passes over all whole lines that a regular file has now; a compressed one is left as it is.
  func skipLines() throws(ReadError) {
    try source.skip(toLast: capacity)
    if source.endsForGood { return }
    while case .block = try nextAvailable() {}
  }
}
