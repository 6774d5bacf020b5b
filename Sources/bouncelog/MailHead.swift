/// Tells a mail message from a list of replies by its head.
enum MailHead {
  /// The most bytes of a message that are kept.
  static let limit = 32 << 20

  /// Header fields of which a message has at least one at its beginning (RFC 5322 section 3.6).
  private static let known: Set<String> = [
    "return-path", "received", "delivered-to", "date", "from", "to", "subject", "message-id",
    "mime-version", "content-type", "x-failed-recipients", "auto-submitted", "envelope-to",
  ]

  /// Whether some bytes begin with header fields, behind a mailbox's `From ` line or not.
  static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
    var isKnown = false
    var number = 0
    for line in bytes.prefix(1 << 16).split(
      separator: 10, maxSplits: 60, omittingEmptySubsequences: false
    ).prefix(60) {
      number += 1
      let line = line.last == 13 ? line.dropLast() : line
      if line.isEmpty { return isKnown }
      if number == 1, line.starts(with: "From ".utf8) { continue }
      if number > 1, line.first == 0x20 || line.first == 0x09 { continue }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
        return false
      }
      let name = line[..<colon]
      guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
      if known.contains(String(decoding: name, as: UTF8.self).lowercased()) { isKnown = true }
    }
    return isKnown
  }
}
