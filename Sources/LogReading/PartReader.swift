internal import Glibc
internal import MailTerms

/// Reads what is new in one file of a log, to the end of its last whole line.
package final class PartReader {
  /// How much of what was read before is given again, so that a line can refer to those before it.
  package static let contextLength = 16 * 1024

  private let part: LogPlan.Part
  private let source: LogSource
  private let reader: BlockReader
  private let head: [UInt8]
  private let status: KnownFile.Status
  /// Told by its beginning, since damage further on makes it unknown to the source.
  private let isCompressed: Bool
  /// Where the source stood when the reader began.
  private let start: Int
  private let startDelivered: Int
  /// Whether what follows is the rest of a line of which the beginning was read.
  private var isInsideLine = false
  private var restIsTaken = false
  /// The whole lines right before the new ones, which were read before.
  package private(set) var context: [UInt8] = []

  /// Opens a file and goes to where its new lines begin; an archive that ends before has none.
  ///
  /// - Returns: nil if the file is not the one that was planned for: it was renamed or truncated since.
  package init?(_ part: LogPlan.Part, known: KnownFile?) throws(ReadError) {
    self.part = part
    do throws(ReadError) {
      source = try LogSource(path: part.path)
    } catch {
      if error.reason == .system(ENOENT) { return nil }
      throw error
    }
    status = try source.file.status()
    // A new file has no head by which it is known yet: another one that has its name by now is a later one.
    if known == nil, !status.isSameFile(as: part.status) { return nil }
    head = try source.readHead()
    isCompressed = source.isCompressed
    if let known {
      let length = known.headLength
      guard head.count >= length, XXHash64.hash(Array(head.prefix(length)).span) == known.head
      else { return nil }
    }
    let from = max(0, part.offset - Self.contextLength)
    var lines = [UInt8](repeating: 0, count: part.offset - from)
    var isWhole = try source.skip(to: from)
    if isWhole { isWhole = try source.fill(&lines) }
    if !isWhole {
      // One that did not change since was packed before the last lines were read.
      guard isCompressed, status == part.status else { return nil }
      lines = []
    }
    // A line begins behind a hole of NULs too.
    if let last = lines.last { isInsideLine = last != 10 && last != 0 }
    if from > 0 { lines.removeFirst(lines.firstIndex(of: 10).map { $0 + 1 } ?? lines.count) }
    if let end = lines.lastIndex(of: 10) {
      context = Array(lines[...end])
    }
    start = part.offset
    startDelivered = source.deliveredBytes
    reader = BlockReader(source)
  }

  /// Seconds since 1970 of the file's last write.
  package var modificationTime: Int? { source.modificationTime }

  /// The next block of whole lines; nil at the end.
  ///
  /// The memory is valid until the next call. What is not ended by LF is left for the next run, but for
  /// an archive, to which nothing will be added.
  package func next() throws(ReadError) -> UnsafeRawBufferPointer? {
    while true {
      switch try reader.nextAvailable() {
      case .block(let block):
        guard isInsideLine else { return unsafe block }
        guard let end = unsafe block.firstIndex(of: 10) else { continue }
        isInsideLine = false
        if end + 1 < block.count { return unsafe .init(rebasing: block[(end + 1)...]) }
      case .wouldBlock, .atEnd:
        guard isCompressed, !restIsTaken else { return nil }
        restIsTaken = true
        return unsafe reader.takeRest()
      }
    }
  }

  /// What is known of the file now.
  ///
  /// - Returns: nil if the file was changed under the reader: what it gave may be of two files.
  package func finish(lastTime: Int64?) throws(ReadError) -> KnownFile? {
    let offset = start + source.deliveredBytes - startDelivered - reader.pendingBytes
    var head = head
    if !isCompressed {
      let now = try source.file.head(bytes: KnownFile.longestHead)
      guard now.count >= head.count, Array(now.prefix(head.count)) == head,
        try source.file.currentSize() >= offset
      else { return nil }
      head = now
    }
    return KnownFile(
      headLength: head.count, head: XXHash64.hash(head.span), offset: offset, status: status,
      isCurrent: part.isCurrent, lastTime: lastTime)
  }
}
