internal import LogPatterns
internal import MailTerms

/// What a trace is asked for: a message's id, an address, a host, or a Message-ID header.
///
/// Only the fields of a line decide: the same words in a subject, a HELO name or a reply are a stranger's.
package struct TraceQuery: Sendable {
  /// The longest query in bytes.
  package static let maximumLength = 1000

  /// The query as it was given.
  package let text: String
  /// The query without the brackets that people copy along with it.
  private let word: [UInt8]
  private let folded: [UInt8]
  /// Whether it looks like an id: then its letters are searched for as they are, and as a whole word.
  package let isID: Bool

  /// Reads a query; nil for an empty or an overlong one.
  package init?(_ text: String) {
    var bytes = Array(text.utf8)
    for (open, close) in [
      (UInt8(ascii: "<"), UInt8(ascii: ">")), (UInt8(ascii: "["), UInt8(ascii: "]")),
    ]
    where bytes.count > 2 && bytes.first == open && bytes.last == close {
      bytes = Array(bytes.dropFirst().dropLast())
    }
    guard !bytes.isEmpty, bytes.count <= Self.maximumLength, !bytes.contains(10) else { return nil }
    self.text = text
    word = bytes
    folded = bytes.map(Address.lower)
    isID =
      (5...MessageID.capacity).contains(bytes.count) && bytes.allSatisfy(Needle.isWordByte)
      && bytes.contains { $0 &- 48 < 10 }
  }

  /// The id that is asked for; nil if the query cannot be one.
  var id: MessageID? { isID ? MessageID(word.span) : nil }

  /// The bytes to search for.
  var needle: Needle { Needle(word, foldsCase: !isID, isWord: isID) }

  /// The fields that hold ids.
  private static let idFields: [Field] = [
    .messageID, .parentID, .bounceID, .nextID, .firstID, .remoteQueueID,
  ]
  private static let nameFields: [Field] = [
    .sender, .recipient, .originalRecipient, .remoteHost, .clientHost,
  ]

  /// Whether one of a line's fields is what was asked for.
  func matches(_ record: Record, line: Span<UInt8>) -> Bool {
    for field in Self.idFields where equals(record[field], line, folding: false) { return true }
    for field in Self.nameFields where equals(record[field], line, folding: true) { return true }
    for field in [Field.remoteIP, .clientIP] where record[field].isPresent {
      let range = record[field].range
      let inner = Address.unmapped(line.extracting(range))
      let start = range.lowerBound
      if equals(start + inner.lowerBound..<start + inner.upperBound, line, folding: true) {
        return true
      }
    }
    if equals(record[.headerMessageID], line, folding: false) { return true }
    // A final address whose local part needs quotes stands without them.
    guard word.first == UInt8(ascii: "\""), record[.originalRecipient].isPresent else {
      return false
    }
    let recipient = RecordView(record, line: line).recipient.map { Array($0.utf8) } ?? []
    return recipient.map(Address.lower) == folded
  }

  private func equals(_ span: FieldSpan, _ line: Span<UInt8>, folding: Bool) -> Bool {
    guard span.isPresent else { return false }
    var range = span.range
    // A Message-ID header may stand with its brackets.
    if range.count == word.count + 2, line[range.lowerBound] == UInt8(ascii: "<"),
      line[range.upperBound - 1] == UInt8(ascii: ">")
    {
      range = range.lowerBound + 1..<range.upperBound - 1
    }
    return equals(range, line, folding: folding)
  }

  private func equals(_ range: Range<Int>, _ line: Span<UInt8>, folding: Bool) -> Bool {
    guard range.count == word.count else { return false }
    for offset in 0..<word.count {
      let byte = line[range.lowerBound + offset]
      guard folding ? Address.lower(byte) == folded[offset] : byte == word[offset] else {
        return false
      }
    }
    return true
  }

  /// Whether the words stand alone at a place where their bytes were found, as a command's argument does.
  func isWord(at place: Int, in line: Span<UInt8>) -> Bool {
    let end = place + word.count
    let isEnd = end >= line.count || [UInt8(ascii: " "), UInt8(ascii: ">")].contains(line[end])
    guard isEnd, place > 0 else { return false }
    if [UInt8(ascii: " "), UInt8(ascii: "<")].contains(line[place - 1]) { return true }
    return Needle.isArgument(line[place - 1], behind: place > 1 ? line[place - 2] : 0)
  }
}
