internal import LogPatterns
internal import MailTerms
internal import PatternFiles
internal import ReplyReasons

/// Explains replies, one after the other.
struct Explainer: ~Copyable {
  private let catalog: ReplyCatalog
  private var classifier: ReplyClassifier
  private var forwardPaths = ForwardPathReader()
  private let reasons: [ReasonAdvice]
  private let folders: [String]
  /// Reads log lines; made when the first text is no reply.
  private var logLines: LogLineReader?

  /// Makes an explainer with the site's and the user's pattern files.
  init(patterns folders: [String]) throws {
    self.folders = folders
    catalog = try ReplyCatalog.of(folders)
    classifier = ReplyClassifier(catalog: catalog)
    reasons = catalog.reasons()
  }

  /// Explains a line that is a reply and nothing else.
  mutating func explain(reply line: ArraySlice<UInt8>) -> Explanation {
    explain(Reply(line: line), remoteHost: nil, recipient: nil)
  }

  /// Explains a reply, or a line of a log that holds one, as people paste it: indented, and each line of a
  /// reply on its own.
  mutating func explain(text: [UInt8]) throws -> Explanation {
    let lines = text.split { $0 == 10 || $0 == 13 }.map { $0.drop { $0 <= 0x20 } }
    let line = Array(lines.filter { !$0.isEmpty }.joined(separator: "\\n".utf8))
    let reply = Reply(line: line[...])
    if reply.code == nil, let found = try explain(logLine: line) { return found }
    return explain(reply, remoteHost: nil, recipient: nil)
  }

  /// Explains a reply that was given for a recipient.
  mutating func explain(
    _ reply: Reply, remoteHost: String?, recipient: String?
  ) -> Explanation {
    let verdict = classifier.classify(reply)
    let path = forwardPaths.forwardPath(
      code: reply.code, reason: verdict.reason, text: reply.text, recipient: recipient)
    return Explanation(
      reply: reply, verdict: verdict, evidence: classifier.words(for: verdict.matched),
      advice: reasons[Int(verdict.reason.rawValue)], forwardPath: path, remoteHost: remoteHost,
      recipient: recipient)
  }

  private mutating func explain(logLine line: [UInt8]) throws -> Explanation? {
    if logLines == nil { logLines = LogLineReader(catalog: try PatternCatalog.of(folders)) }
    guard let found = logLines?.read(line) else { return nil }
    var explanation = explain(
      found.reply, remoteHost: found.remoteHost, recipient: found.recipient)
    explanation.client = found.client
    return explanation
  }
}

/// Reads what a line of a log says of a reply.
private struct LogLineReader: ~Copyable {
  /// Its fields, which alone are a server's or our own: the rest of a line is anybody's words.
  struct Content {
    /// Empty where the line has none.
    var reply: Reply
    var remoteHost: String?
    var recipient: String?
    /// Whom we told it, where we refused a client.
    var client: String?
  }

  private var parser: RecordParser
  private var details: DetailReader

  init(catalog: PatternCatalog) {
    parser = RecordParser(catalog: catalog, clock: TimeReader(reference: SystemClock.now))
    details = DetailReader(catalog: catalog)
  }

  /// Nil for a text that is no line of a log.
  mutating func read(_ line: [UInt8]) -> Content? {
    guard var record = parser.record(of: line.span) else { return nil }
    // A text that begins with a blank looks like the rest of an entry.
    if case .ignore = record.kind, !record[.time].isPresent { return nil }
    let text = record.isUnpacked ? parser.unpacked : line
    details.complete(&record, line: text.span)
    let view = RecordView(record, line: text.span)
    var content = Content(reply: view.reply ?? Reply(raw: []), recipient: view.recipient)
    if case .rejected = record.kind {
      content.client = view.remoteHost
    } else {
      content.remoteHost = view.remoteHost
    }
    return content
  }
}

extension ReplyCatalog {
  /// The built-in reasons and rules with the site's and the user's on top.
  static func of(_ folders: [String]) throws(Failure) -> ReplyCatalog {
    let site = PatternFolders.exists(PatternFolders.site) ? [PatternFolders.site] : []
    for folder in folders where !folder.hasSuffix(".toml") && !PatternFolders.exists(folder) {
      throw Failure(status: .badData, message: "\(folder): no such folder of pattern files")
    }
    do {
      return try ReplyCatalog(overlaidBy: site + folders)
    } catch {
      throw Failure(status: .badData, message: "\(error)")
    }
  }
}
