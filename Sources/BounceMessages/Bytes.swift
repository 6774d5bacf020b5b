internal import Glibc
internal import MailTerms

/// A part of a mail's bytes; its indices are those of the whole.
typealias Bytes = ArraySlice<UInt8>

extension Bytes {
  /// The offset of the next line feed, or the end.
  func lineEnd(from start: Int) -> Int {
    guard start < endIndex else { return endIndex }
    return unsafe withUnsafeBufferPointer { buffer in
      let skipped = start - startIndex
      guard let base = buffer.baseAddress,
        let hit = unsafe memchr(base + skipped, 10, buffer.count - skipped)
      else { return endIndex }
      return startIndex + (unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base))
    }
  }

  /// The line that starts at an offset, without its line feed and the carriage returns before it.
  func line(at start: Int) -> (content: Bytes, next: Int) {
    let end = lineEnd(from: start)
    var content = self[start..<end]
    while content.last == 13 { content.removeLast() }
    return (content, Swift.min(end + 1, endIndex))
  }

  /// All lines.
  var lines: [Bytes] {
    var lines: [Bytes] = []
    var at = startIndex
    while at < endIndex {
      let (content, next) = line(at: at)
      lines.append(content)
      at = next
    }
    return lines
  }

  /// Without blanks, tabs, line ends and NULs at both ends.
  var trimmed: Bytes {
    var result = drop { $0 <= 0x20 }
    while let last = result.last, last <= 0x20 { result.removeLast() }
    return result
  }

  /// Whether it holds nothing but blanks.
  var isBlank: Bool { allSatisfy { $0 <= 0x20 } }

  /// The number of blanks in front.
  var indentation: Int {
    var at = startIndex
    while at < endIndex, self[at] == 0x20 { at += 1 }
    return at - startIndex
  }

  /// Whether it begins with a word, ASCII letters in either case.
  func hasPrefix(_ word: StaticString) -> Bool { matches(word, at: startIndex) }

  /// Whether it ends with a word, ASCII letters in either case.
  func hasSuffix(_ word: StaticString) -> Bool {
    count >= word.utf8CodeUnitCount && matches(word, at: endIndex - word.utf8CodeUnitCount)
  }

  /// Whether it is a word, ASCII letters in either case.
  func isWord(_ word: StaticString) -> Bool { count == word.utf8CodeUnitCount && hasPrefix(word) }

  /// Whether a word stands at an offset; a line's end counts as a blank.
  func matches(_ word: StaticString, at offset: Int) -> Bool {
    let length = word.utf8CodeUnitCount
    guard offset >= startIndex, length <= endIndex - offset else { return false }
    for index in 0..<length {
      let wanted = unsafe word.utf8Start[index]
      let byte = self[offset + index] == 10 ? 0x20 : self[offset + index]
      guard Address.lower(byte) == Address.lower(wanted) else { return false }
    }
    return true
  }

  /// Where a word first stands, ASCII letters in either case.
  func range(of word: StaticString, from start: Int? = nil) -> Range<Int>? {
    let length = word.utf8CodeUnitCount
    let first = Address.lower(unsafe word.utf8Start[0])
    var at = start ?? startIndex
    while at <= endIndex - length {
      // Most offsets are ruled out by one byte, in place.
      let skipped = unsafe withUnsafeBufferPointer { buffer in
        var index = at - startIndex
        let end = endIndex - startIndex - length
        while index <= end {
          let byte = unsafe buffer[index]
          if byte | 0x20 == first | 0x20 || byte == 10 { break }
          index += 1
        }
        return index
      }
      at = startIndex + skipped
      if at > endIndex - length { return nil }
      if matches(word, at: at) { return at..<(at + length) }
      at += 1
    }
    return nil
  }

  /// Where a word last stands, ASCII letters in either case.
  func lastRange(of word: StaticString) -> Range<Int>? {
    let length = word.utf8CodeUnitCount
    var at = endIndex - length
    while at >= startIndex {
      if matches(word, at: at) { return at..<(at + length) }
      at -= 1
    }
    return nil
  }

  /// Whether a word stands anywhere, ASCII letters in either case.
  func holds(_ word: StaticString) -> Bool { range(of: word) != nil }

  /// With each line's end and the blanks around it as one blank.
  var joined: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    for line in lines {
      let part = line.trimmed
      if !result.isEmpty, !part.isEmpty { result.append(0x20) }
      result.append(contentsOf: part)
    }
    return result
  }

  /// The words between blanks.
  var words: [Bytes] { split { $0 <= 0x20 } }

  /// As text; bytes that are not UTF-8 become U+FFFD.
  var text: String { String(decoding: self, as: UTF8.self) }
}

extension [UInt8] {
  /// As text; bytes that are not UTF-8 become U+FFFD.
  var text: String { String(decoding: self, as: UTF8.self) }
}
