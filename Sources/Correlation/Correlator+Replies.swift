internal import LogPatterns
internal import MailTerms
internal import ReplyReasons

/// What is known of a reply that was seen before.
struct ReplyEntry: BitwiseCopyable, Sendable {
  /// The number of its text; 0 for none.
  var text: UInt32 = 0
  /// The number of the address that it names in the recipient's place; 0 for none.
  var forwardPath: UInt32 = 0
  var reason = Reason.unknown
  var nature = Nature.unknown
}

extension Correlator {
  /// The rules for replies that were given up on some of them because they were too costly, and how often.
  package var replyLimits: [(pattern: String, count: Int)] { classifier.limits }

  private static let replyLength = 300
  private static let replyCapacity = 20_000

  /// What is known of the reply that a line tells, its text cut to what a table can show.
  ///
  /// Servers write ids and addresses into their replies, so that the texts have no end; behind the
  /// first thousands of different ones all others stand together. A reply that was seen before is
  /// neither read nor classified again.
  mutating func replyEntry(
    _ record: inout Record, line: Span<UInt8>, _ recipient: Int32?
  ) -> ReplyEntry {
    let span = record[.reply].isPresent ? record[.reply] : record[.ownText]
    let words = line.extracting(span.range)
    var hash = recipients.hash(of: words)
    if span.isPresent, !configuration.localParts.areKept {
      // What names its recipient is another reply where it is about somebody else.
      for field in [record[.recipient], record[.originalRecipient]] where field.isPresent {
        let address = line.extracting(field.range)
        if LocalParts.isNamed(address, in: words) {
          hash = mix(hash ^ recipients.hash(of: address), 0x9E37_79B9_7F4A_7C15)
        }
      }
    }
    if span.isPresent, let known = replies[hash] { return known }
    guard let reply = reply(&record, line: line, recipient) else { return ReplyEntry() }
    var entry = ReplyEntry()
    let verdict = classifier.classify(reply)
    entry.reason = verdict.reason
    entry.nature = verdict.nature
    if !span.isPresent, let recipient, recipients[recipient].deferral >= 0,
      let kept = deferrals[recipients[recipient].deferral].keptReason
    {
      entry.reason = kept
    }
    let isKept = replies.count < Self.replyCapacity
    let localParts = configuration.localParts
    if !reply.text.isEmpty {
      var text = Array("(other replies)".utf8)
      if isKept {
        let named = localParts.areKept ? nil : self.recipient(of: &record, line: line, recipient)
        text = localParts.kept(ofWords: reply.text, recipient: Array((named ?? "").utf8))
      }
      entry.text = names.number(of: Array(text.prefix(Self.replyLength)).span, foldingCase: false)
    }
    let path = forwardPaths.forwardPath(
      code: reply.code, reason: verdict.reason, text: reply.text,
      recipient: RecordView(record, line: line).recipient)
    if let path, isKept {
      let bytes = localParts.kept(of: Array(path.utf8).span)
      entry.forwardPath = names.number(of: bytes.span, foldingCase: false)
    }
    if span.isPresent, isKept { replies[hash] = entry }
    return entry
  }

  /// Whom a line is about; one that gives up a whole message names nobody.
  private mutating func recipient(
    of record: inout Record, line: Span<UInt8>, _ recipient: Int32?
  ) -> String? {
    let view = RecordView(record, line: line)
    if let named = view.recipient { return named }
    guard let recipient, recipients[recipient].deferral >= 0 else { return nil }
    let cause = deferrals[recipients[recipient].deferral]
    return cause.view.recipient
  }
}
