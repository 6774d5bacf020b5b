internal import CShims
internal import Glibc
internal import MailTerms

/// A line as a scanner sees it: bytes, behind which some more may be read.
///
/// A scanner looks at sixteen bytes wherever it stands in the line, and so reads up to `overrun` bytes
/// behind it. What these are makes no difference: each scanner compares its place with `count`.
@safe struct LineBytes: BitwiseCopyable {
  /// How many bytes behind a line may be read.
  static let overrun = 32

  let base: UnsafePointer<UInt8>
  let count: Int

  /// Looks at a line behind which `overrun` bytes may be read, for as long as they are there.
  @unsafe init(_ base: UnsafePointer<UInt8>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  /// The line for the patterns.
  @unsafe var span: Span<UInt8> {
    @_lifetime(immortal) get {
      let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: base, count: count))
      return unsafe _overrideLifetime(span, borrowing: ())
    }
  }

  @inline(__always) subscript(_ at: Int) -> UInt8 { unsafe base[at] }

  /// Four and eight bytes as numbers, the first one lowest.
  @inline(__always) func four(at start: Int) -> UInt32 {
    unsafe UInt32(
      littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: start, as: UInt32.self))
  }
  @inline(__always) func eight(at start: Int) -> UInt64 {
    unsafe UInt64(
      littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: start, as: UInt64.self))
  }

  /// Whether the line ends in a blank.
  @inline(__always) var endsInBlank: Bool { count > 0 && Self.isBlank(self[count - 1]) }

  /// The line without the blanks at its end.
  var trimmed: LineBytes {
    var end = count
    while end > 0, Self.isBlank(self[end - 1]) { end -= 1 }
    return unsafe LineBytes(base, count: end)
  }

  /// Whether some words stand at a place.
  @inline(__always) func starts(at start: Int, _ words: StaticString) -> Bool {
    let count = words.utf8CodeUnitCount
    return start + count <= self.count
      && (unsafe memcmp(base + start, words.utf8Start, count) == 0)
  }

  /// Where some words stand first behind a place; nil where they do not.
  @inline(__always) func offset(from start: Int, of words: StaticString) -> Int? {
    let length = words.utf8CodeUnitCount
    let (first, last) = unsafe (words.utf8Start[0], words.utf8Start[length - 1])
    var at = start
    // Sixteen places at a time where the first byte and the last one stand.
    while at + length <= count {
      var hits = unsafe bl_equal(base + at, first) & bl_equal(base + at + length - 1, last)
      while hits != 0 {
        let found = at + hits.trailingZeroBitCount
        if starts(at: found, words) { return found }
        hits &= hits - 1
      }
      at += 16
    }
    return nil
  }

  /// The same for a byte that is expected to stand near.
  @inline(__always) func offset(near start: Int, of byte: UInt8) -> Int? {
    let end = unsafe end(from: start) { unsafe ~bl_equal($0, byte) }
    return end < count ? end : nil
  }

  /// Where a byte stands first behind a place; nil where it does not.
  @inline(__always) func offset(from start: Int, of byte: UInt8) -> Int? {
    guard start < count, let found = unsafe memchr(base + start, Int32(byte), count - start) else {
      return nil
    }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Where a byte stands last in a range; nil where it does not.
  @inline(__always) func lastOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
    var last: Int?
    var at = range.lowerBound
    while at < range.upperBound {
      // Bits of places behind the range are no hits.
      let mask = UInt32(truncatingIfNeeded: (1 << min(range.upperBound - at, 16)) - 1)
      let hits = unsafe bl_equal(base + at, byte) & mask
      if hits != 0 { last = at + 31 - hits.leadingZeroBitCount }
      at += 16
    }
    return last
  }

  // MARK: Runs of bytes of one class

  /// The end of `\S*`.
  @inline(__always) func endOfWord(from start: Int) -> Int {
    unsafe end(from: start) { unsafe ~bl_spaces($0) }
  }

  /// The end of `[^\s:]*`.
  @inline(__always) func endOfName(from start: Int) -> Int {
    unsafe end(from: start) { unsafe ~bl_spaces_and_colons($0) }
  }

  /// The end of letters, digits and what else most addresses are made of, which `local`, `domain`, `path`
  /// and `\S` have all.
  @inline(__always) func endOfPlain(from start: Int) -> Int {
    unsafe end(from: start) { unsafe bl_plain($0) }
  }

  /// The end of `\w*`.
  @inline(__always) func endOfWordBytes(from start: Int) -> Int {
    unsafe end(from: start) { unsafe bl_words($0) }
  }

  /// The end of `[0-9A-Fa-f.:]*`.
  @inline(__always) func endOfAddressDigits(from start: Int) -> Int {
    unsafe end(from: start) { unsafe bl_address_digits($0) }
  }

  /// The end of a run of bytes that a mask of sixteen tells to belong to it.
  @inline(__always) private func end(
    from start: Int, _ mask: (UnsafePointer<UInt8>) -> UInt32
  ) -> Int {
    var at = start
    while at < count {
      let run = unsafe (~mask(base + at) | 0x1_0000).trailingZeroBitCount
      at &+= run
      if run < 16 { break }
    }
    return min(at, count)
  }

  /// The end of `\d*`.
  @inline(__always) func endOfDigits(from start: Int) -> Int {
    unsafe end(from: start) { unsafe bl_digits($0) }
  }

  /// The end of a run of bytes of one class.
  @inline(__always) func end(of bytes: ByteClass, from start: Int) -> Int {
    var at = start
    while at < count, bytes.contains(self[at]) { at += 1 }
    return at
  }

  /// The end of a message id of 6-6-2 or 6-11-4 characters at a place; nil where none is.
  @inline(__always) func endOfID(at start: Int) -> Int? {
    guard start + 16 <= count else { return nil }
    let words = unsafe bl_words(base + start)
    let hyphens = unsafe bl_equal(base + start, UInt8(ascii: "-"))
    if words == 0xDFBF, hyphens == 0x2040 { return start + 16 }
    guard words == 0xFFBF, hyphens == 0x0040, start + 23 <= count,
      unsafe bl_words(base + start + 7) == 0xF7FF, self[start + 18] == UInt8(ascii: "-")
    else { return nil }
    return start + 23
  }

  /// The end of a queue id of Postfix's at a place, short or long (mail_queue.h); nil where none is.
  @inline(__always) func endOfQueueID(at start: Int) -> Int? {
    let end = endOfWordBytes(from: start)
    let length = end - start
    guard 6...24 ~= length else { return nil }
    // Bits of places behind the id say nothing.
    let first = UInt32(truncatingIfNeeded: 1 << min(length, 16) - 1)
    let second = UInt32(truncatingIfNeeded: length > 16 ? 1 << (length - 16) - 1 : 0)
    if length <= 21, unsafe bl_capital_hex(base + start) & first == first,
      second == 0 || (unsafe bl_capital_hex(base + start + 16) & second == second)
    {
      return end
    }
    guard length >= 12, unsafe bl_base52(base + start) & first == first,
      second == 0 || (unsafe bl_base52(base + start + 16) & second == second)
    else { return nil }
    return end
  }

  /// The message id in a range that is known to hold one; nil where it is empty or too long.
  @inline(__always) func id(in range: Range<Int>) -> MessageID? {
    let start = range.lowerBound
    switch range.count {
    case 16: return MessageID(eight(at: start), eight(at: start + 8), 0)
    case 23: return MessageID(eight(at: start), eight(at: start + 8), eight(at: start + 15) >> 8)
    case 1..<16:
      let (first, second) = (eight(at: start), eight(at: start + 8))
      let unused = UInt64(truncatingIfNeeded: 64 - (range.count & 7) * 8) & 63
      return range.count > 8
        ? MessageID(first, (second &<< unused) &>> unused, 0)
        : MessageID((first &<< unused) &>> unused, 0, 0)
    default: return unsafe MessageID(span.extracting(range))
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// A copy of a line, for a line that stands where nothing behind it may be read.
@safe struct PaddedLine: ~Copyable {
  private let memory: UnsafeMutablePointer<UInt8>

  init() {
    // Pages that no line reaches are never made.
    unsafe memory = .allocate(capacity: Record.maximumLineLength + LineBytes.overrun)
  }

  deinit { unsafe memory.deallocate() }

  /// Takes a line in, cut to `Record.maximumLineLength`; the one before is overwritten.
  func hold(_ line: Span<UInt8>) -> LineBytes {
    let count = min(line.count, Record.maximumLineLength)
    unsafe line.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { unsafe memcpy(memory, start, count) }
    }
    unsafe memset(memory + count, 0, LineBytes.overrun)
    return unsafe LineBytes(UnsafePointer(memory), count: count)
  }
}
