internal import MailTerms

/// Queue ids in the trace fields of a bounce and of the mail that it returns.
enum QueueID {
  /// Whether a word has the form of Exim's ids: 6-6-2, from 4.97 on 6-11-4 (formats of message ids in
  /// Exim's specification, chapter 3).
  static func isExim(_ word: Bytes) -> Bool {
    let parts = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 3 else { return false }
    let lengths = parts.map(\.count)
    guard lengths == [6, 6, 2] || lengths == [6, 11, 4] else { return false }
    return parts.allSatisfy { $0.allSatisfy(isAlphanumeric) }
  }

  /// Whether a word can be a queue id of Postfix, sendmail or OpenSMTPD: letters and digits only.
  static func isPlain(_ word: Bytes) -> Bool {
    (6...MessageID.capacity).contains(word.count) && word.allSatisfy(isAlphanumeric)
  }

  /// Whether a word can be an id of any server: what a shell could take for more is none.
  static func isHarmless(_ word: Bytes) -> Bool {
    (1...64).contains(word.count) && word.first != UInt8(ascii: "-")
      && word.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
  }

  /// The id under which the bounce was made, that of the returned mail, and the host that has both.
  static func ids(
    of mta: ReportingMTA, report: HeaderBlock, copy: HeaderBlock?, status: StatusReport?,
    boundary: [UInt8]?, text: ReportText
  ) -> (bounce: String?, message: String?, host: String?) {
    let hops = report.all("received").map { TraceField($0) }
    let origin = copy?.first("received").map { TraceField($0) }
    let header = report.first("message-id")?[...].trimmed
    switch mta {
    case .exim, .mailRu:
      let name = header.flatMap { $0.hasPrefix("<e") ? eximID(in: $0) : nil }
      let made = hops.filter { $0.protocolName == "local" && $0.eximID != nil }
      let hop = made.first { $0.eximID == name } ?? made.first
      let host = hop?.by ?? status?.reportingMTA
      return (
        hop?.eximID ?? name,
        text.messageID ?? origin.flatMap { $0.isAt(host) ? $0.eximID : nil }
          ?? report.first("subject").flatMap { warned(in: $0[...]) },
        host
      )
    case .postfix:
      let name = header.flatMap { postfixID(in: $0) }
      let made = hops.filter { $0.from == nil && $0.id.map { isPlain($0[...]) } == true }
      let hop = made.first { $0.id?.text == name } ?? made.last { !$0.isSubmission }
      let host = hop?.by ?? status?.reportingMTA
      let first = boundary?.prefix { $0 != UInt8(ascii: ".") }
      return (
        hop?.id?.text ?? name,
        status?.queueID ?? first.flatMap {
          isPlain($0) && $0.count < (boundary?.count ?? 0) ? $0.text : nil
        }
          ?? origin.flatMap { $0.isAt(host) ? $0.plainID : nil },
        host
      )
    case .sendmail:
      let made = hops.filter { $0.from == "localhost" && $0.id != nil }
      let host = made.last?.by ?? status?.reportingMTA
      return (
        made.last?.plainID ?? header.flatMap { sendmailID(in: $0) },
        origin.flatMap { $0.isAt(host) ? $0.plainID : nil },
        host
      )
    case .openSMTPD:
      let made = hops.filter { $0.isOpenSMTPD && $0.id != nil }
      let own = made.first { $0.from == "localhost" || $0.from == nil }
      return (
        own?.plainID,
        origin.flatMap { $0.isOpenSMTPD && $0.isAt(own?.by) ? $0.plainID : nil },
        own?.by
      )
    case .other:
      let logged = Set(status?.recipients.compactMap(\.logID) ?? [])
      let id = logged.count == 1 ? logged.first : nil
      return (nil, id.flatMap { isHarmless(Array($0.utf8)[...]) ? $0 : nil }, nil)
    case .qmail, .exchange, .gmail: return (nil, nil, nil)
    }
  }

  /// The id in Exim's own `Message-Id: <E1TRS2B-00033h-Fn@host>`.
  private static func eximID(in header: Bytes) -> String? {
    let id = header.dropFirst(2).prefix { $0 != UInt8(ascii: "@") }
    return isExim(id) ? id.text : nil
  }

  /// The id in Postfix' own `<20251124101112.B@host>`, or `<B@host>` where ids are long.
  private static func postfixID(in header: Bytes) -> String? {
    let local = header.dropFirst().prefix { $0 != UInt8(ascii: "@") }
    let id = local.firstIndex(of: UInt8(ascii: ".")).map { local[($0 + 1)...] } ?? local
    return isPlain(id) ? id.text : nil
  }

  private static func sendmailID(in header: Bytes) -> String? {
    let local = header.dropFirst().prefix { $0 != UInt8(ascii: "@") }
    guard let dot = local.firstIndex(of: UInt8(ascii: ".")), isPlain(local[(dot + 1)...]) else {
      return nil
    }
    return local[(dot + 1)...].text
  }

  /// The id in the subject of Exim's warning, `Warning: message 1TRS1q-0002fq-S4 delayed 24 hours`.
  private static func warned(in subject: Bytes) -> String? {
    guard subject.hasPrefix("warning: message ") else { return nil }
    return subject.words.first(where: isExim)?.text
  }
}
