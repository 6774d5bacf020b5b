internal import CShims
internal import LogReading

/// The newest blocks of a log, each of whole lines.
///
/// An id that is found in one block is searched for in those before it too, without reading them again.
@safe struct BlockWindow: ~Copyable {
  /// One block.
  struct Block {
    /// Its place among the log's blocks, and the offset of its first byte in the log.
    var index = -1
    var offset = 0
    var count = 0
  }

  static let blockSize = 1 << 20
  private static let slots = 4

  private let memory: UnsafeMutableRawBufferPointer
  private var blocks = [Block](repeating: Block(), count: slots)
  private var next = 0
  /// The beginning of a line behind the newest block.
  private var carry = 0..<0
  private var nextOffset = 0
  /// Whether bytes are dropped until the LF of a line that is longer than a block.
  private var isSkipping = false
  private var isAtEnd = false
  private var failure: ReadError?

  /// Makes an empty window on a log that is read from an offset on.
  init(firstBlock: Int = 0, offset: Int = 0) {
    unsafe memory = .allocate(byteCount: Self.blockSize * Self.slots, alignment: 64)
    next = firstBlock
    nextOffset = offset
  }

  deinit { unsafe memory.deallocate() }

  /// The blocks that are there, the oldest first.
  var retained: [Block] { blocks.filter { $0.index >= 0 }.sorted { $0.index < $1.index } }

  /// The bytes of a block, valid until it falls out of the window.
  func bytes(_ block: Block) -> UnsafeBufferPointer<UInt8> {
    let start = block.index % Self.slots * Self.blockSize
    return unsafe UnsafeRawBufferPointer(rebasing: memory[start..<start + block.count])
      .bindMemory(to: UInt8.self)
  }

  /// Reads the next block; nil at the end.
  ///
  /// An error comes after all lines before it, once.
  mutating func read(_ source: LogSource) throws(ReadError) -> Block? {
    while !isAtEnd {
      let slot = next % Self.slots
      let room = unsafe UnsafeMutableRawBufferPointer(
        rebasing: memory[slot * Self.blockSize..<(slot + 1) * Self.blockSize])
      unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[carry]))
      var count = carry.count
      carry = 0..<0
      while count < Self.blockSize {
        do throws(ReadError) {
          let length = try unsafe source.read(into: .init(rebasing: room[count...]))
          if length == 0 { isAtEnd = true }
          count += length
        } catch {
          // It is thrown behind the lines that could be read.
          failure = error
          isAtEnd = true
        }
        if isAtEnd { break }
      }
      if let block = unsafe cut(room, count, slot) { return block }
    }
    defer { failure = nil }
    if let failure { throw failure }
    return nil
  }

  /// Makes a block of the whole lines among some bytes; the rest is the beginning of the next one.
  private mutating func cut(
    _ room: UnsafeMutableRawBufferPointer, _ count: Int, _ slot: Int
  ) -> Block? {
    guard let base = room.baseAddress else { return nil }
    var count = count
    if isSkipping {
      let end = unsafe bl_find(base, count, 0, [10] as [UInt8], 1, 0, 0, 0)
      isSkipping = end == count
      let dropped = min(count, end + 1)
      nextOffset += dropped
      unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[dropped..<count]))
      count -= dropped
    }
    var whole = count
    if !isAtEnd {
      if let last = unsafe bl_memrchr(base, 10, count) {
        whole = unsafe UnsafeRawPointer(base).distance(to: last) + 1
      } else if count == Self.blockSize {
        // NULs in front of a line are a hole in the log, and no part of it.
        let hole = unsafe room.firstIndex { $0 != 0 } ?? count
        if hole > 0 {
          nextOffset += hole
          carry = slot * Self.blockSize + hole..<slot * Self.blockSize + count
          return nil
        }
        isSkipping = true
      } else {
        whole = 0
      }
    }
    carry = slot * Self.blockSize + whole..<slot * Self.blockSize + count
    return whole == 0 ? nil : keep(Block(index: next, offset: nextOffset, count: whole))
  }

  private mutating func keep(_ block: Block) -> Block {
    blocks[block.index % Self.slots] = block
    next += 1
    nextOffset += block.count
    return block
  }
}
