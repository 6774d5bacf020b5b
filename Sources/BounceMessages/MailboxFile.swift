/// A file of one mail, or of several in the mbox format (RFC 4155).
package struct MailboxFile {
  /// The mails of a file, in their order.
  ///
  /// A file that begins with a line `From `, empty lines in front or not, is an mbox: each such line behind an
  /// empty one begins a mail. Anything else is one mail. At most `limit` mails are given.
  package static func mails(in bytes: [UInt8], limit: Int = 1_000_000) -> [ArraySlice<UInt8>] {
    let all = bytes.drop { $0 == 10 || $0 == 13 }
    guard all.hasPrefix("From ") else { return [bytes[...]] }
    var mails: [ArraySlice<UInt8>] = []
    var start = all.line(at: all.startIndex).next
    var at = start
    var isBehindEmpty = false
    while at < all.endIndex {
      let end = all.lineEnd(from: at)
      if isBehindEmpty, end - at > 5, all[at] == UInt8(ascii: "F"), isSeparator(all[at..<end]) {
        guard mails.count < limit - 1 else { break }
        mails.append(all[start..<at])
        start = Swift.min(end + 1, all.endIndex)
      }
      isBehindEmpty = end == at || (end == at + 1 && all[at] == 13)
      at = Swift.min(end + 1, all.endIndex)
    }
    if mails.isEmpty || !all[start...].isBlank { mails.append(all[start...]) }
    return mails
  }

  /// Whether a line is `From SENDER DATE`: a line of a text that begins so has no time in it.
  private static func isSeparator(_ line: Bytes) -> Bool {
    guard line.starts(with: "From ".utf8) else { return false }
    let words = line.words
    return words.count >= 6 && words.contains { $0.count >= 5 && $0.contains(UInt8(ascii: ":")) }
  }
}
