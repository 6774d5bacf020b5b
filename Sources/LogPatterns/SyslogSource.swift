internal import MailTerms

/// The machine and the instance of the last line of a syslog file, as the words `mx1 postfix/`.
///
/// Most lines have those of the line before: to compare four words is cheaper than to look where they end.
struct SyslogSource: BitwiseCopyable, Sendable {
  /// The most bytes that are compared.
  private static let capacity = 32

  /// How many bytes the machine's name has; 0 where nothing is kept.
  private var edgeCount = 0
  /// How many bytes there are in all, up to the slash and with it.
  private var count = 0
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  /// The hash of the words, by `ByteHash.seed`; 0 where nothing is kept.
  private(set) var hash: UInt64 = 0
  // The bits of the bytes that count.
  private var masks: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Where the machine's name ends, and the instance's: at the slash.
  struct Ends {
    let edge: Int
    let instance: Int
  }

  /// Where the words end, if they stand at a place.
  @inline(__always) func ends(in line: LineBytes, at start: Int) -> Ends? {
    let differences =
      (line.eight(at: start) ^ words.0) & masks.0 | (line.eight(at: start + 8) ^ words.1) & masks.1
      | (line.eight(at: start + 16) ^ words.2) & masks.2
      | (line.eight(at: start + 24) ^ words.3) & masks.3
    guard differences == 0, edgeCount > 0, start + count < line.count else { return nil }
    return Ends(edge: start + edgeCount, instance: start + count - 1)
  }

  /// Keeps the words of a line, if they are not too long.
  mutating func keep(_ line: LineBytes, from start: Int, _ ends: Ends) {
    guard ends.instance + 1 - start <= Self.capacity else {
      self = SyslogSource()
      return
    }
    edgeCount = ends.edge - start
    count = ends.instance + 1 - start
    words = (
      line.eight(at: start), line.eight(at: start + 8), line.eight(at: start + 16),
      line.eight(at: start + 24)
    )
    masks = (mask(of: 0), mask(of: 1), mask(of: 2), mask(of: 3))
    hash = unsafe ByteHash.hash(
      line.span.extracting(start..<(ends.instance + 1)), seed: ByteHash.seed)
  }

  private func mask(of word: Int) -> UInt64 {
    let bytes = max(0, min(8, count - word * 8))
    return bytes == 8 ? .max : 1 << UInt64(bytes * 8) - 1
  }
}
