import CShims
import Glibc

/// Bytes on their way from reads of any size to blocks of whole lines.
///
/// A line that does not fit is given up to the buffer's capacity; its rest is dropped and counted. NULs in
/// front of it are no part of it: they are the hole that is left where a log was truncated under a writer
/// who goes on at his old offset (copytruncate without O_APPEND), and as long as the log was.
@safe struct LineBuffer: ~Copyable {
  private static let lineFeed: Int32 = 0x0a

  private let memory: UnsafeMutableRawBufferPointer
  /// The bytes not yet given; they begin at the start of a line.
  private var pending = 0..<0
  /// How many bytes of `pending` are known to hold no LF.
  private var searched = 0
  /// Whether bytes are dropped until the LF of a line that was cut.
  private var isSkipping = false
  /// Bytes dropped because their line was longer than the buffer.
  private(set) var cutBytes = 0

  init(capacity: Int) {
    precondition(capacity > 0, "a line buffer needs room for a byte")
    unsafe memory = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe memory.deallocate() }

  /// How many bytes are not yet given.
  var pendingBytes: Int { pending.count }

  /// Makes room for a read; what was taken before is overwritten.
  ///
  /// There is always room after `takeLines()` has given nil.
  mutating func room() -> UnsafeMutableRawBufferPointer {
    if pending.lowerBound > 0 {
      unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[pending]))
      pending = 0..<pending.count
    }
    return unsafe .init(rebasing: memory[pending.upperBound...])
  }

  /// Takes in the bytes that were put at the start of `room()`.
  mutating func add(_ count: Int) {
    pending = pending.lowerBound..<pending.upperBound + count
    if isSkipping { skipToLineEnd() }
  }

  /// Takes all whole lines, or the beginning of one line that fills the buffer.
  ///
  /// The memory keeps its content until `room()`.
  mutating func takeLines() -> UnsafeRawBufferPointer? {
    let unsearched = pending.dropFirst(searched)
    if let lineEnd = lastLineFeed(in: unsearched) { return unsafe take(upTo: lineEnd + 1) }
    searched = pending.count
    guard unsafe pending.count == memory.count else { return nil }
    if dropHole() { return nil }
    isSkipping = true
    return unsafe take(upTo: pending.upperBound)
  }

  /// Takes a last line that has no LF; whatever comes next begins a new line.
  mutating func takeRest() -> UnsafeRawBufferPointer? {
    isSkipping = false
    return pending.isEmpty ? nil : unsafe take(upTo: pending.upperBound)
  }

  private mutating func take(upTo end: Int) -> UnsafeRawBufferPointer {
    let taken = pending.lowerBound..<end
    pending = end..<pending.upperBound
    // Behind the last LF nothing is left to find; behind a cut line nothing is left at all.
    searched = pending.count
    return unsafe .init(rebasing: memory[taken])
  }

  /// Drops the NULs in front of a line; tells whether there were any.
  private mutating func dropHole() -> Bool {
    let start = pending.first { unsafe memory[$0] != 0 } ?? pending.upperBound
    guard start > pending.lowerBound else { return false }
    pending = start..<pending.upperBound
    searched = pending.count
    return true
  }

  private mutating func skipToLineEnd() {
    if let lineEnd = firstLineFeed(in: pending) {
      cutBytes += lineEnd - pending.lowerBound
      pending = lineEnd + 1..<pending.upperBound
      isSkipping = false
    } else {
      cutBytes += pending.count
      pending = 0..<0
    }
  }

  private func firstLineFeed(in range: Range<Int>) -> Int? {
    guard let base = unsafe memory.baseAddress else { return nil }
    return unsafe memchr(base + range.lowerBound, Self.lineFeed, range.count)
      .map { unsafe base.distance(to: $0) }
  }

  private func lastLineFeed(in range: Range<Int>) -> Int? {
    guard let base = unsafe memory.baseAddress else { return nil }
    return unsafe bl_memrchr(base + range.lowerBound, Self.lineFeed, range.count)
      .map { unsafe UnsafeRawPointer(base).distance(to: $0) }
  }
}
