internal import MailTerms

/// The machine-readable part of a report: fields about the message, then a group for each recipient
/// (RFC 3464 section 2, RFC 6533).
struct StatusReport {
  /// What a reporting MTA says became of a recipient (RFC 3464 section 2.3.3).
  enum Action {
    case failed, delayed, delivered, relayed, expanded, none
  }

  /// The group of one recipient.
  struct Recipient {
    var final: [UInt8] = []
    var original: [UInt8]?
    var action: Action = .none
    var status: EnhancedCode?
    /// The server that answered, as a report names it.
    var remoteHost: String?
    /// The type before the semicolon of `Diagnostic-Code`, in lower case.
    var diagnosticType = ""
    /// What stands behind it, with a line feed where it was folded.
    var diagnostic: [UInt8] = []
    var logID: String?

    /// Whether the diagnostic is what a server answered, and not the words of the reporting MTA.
    var isServerReply: Bool {
      !diagnosticType.hasPrefix("x-") && Reply.code(of: diagnostic[...]) != nil
    }
  }

  private static let groupLimit = 1_000

  private(set) var recipients: [Recipient] = []
  /// The name of the MTA that wrote the report.
  private(set) var reportingMTA: String?
  /// The value of the first field `X-...-Queue-ID`, which is Postfix' (`X-Postfix-Queue-ID`).
  private(set) var queueID: String?

  /// Reads a status part.
  init(_ content: [UInt8]) {
    var at = content.startIndex
    while at < content.endIndex, recipients.count < Self.groupLimit {
      let (line, next) = content[at...].line(at: at)
      if line.isBlank {
        at = next
        continue
      }
      // A line of blanks ends a group as an empty one does.
      var end = at
      while end < content.endIndex, case let (line, next) = content[end...].line(at: end),
        !line.isBlank
      {
        end = next
      }
      let block = HeaderBlock(content[at..<end])
      if !block.fields.isEmpty { add(block) }
      at = end
    }
  }

  private mutating func add(_ block: HeaderBlock) {
    if let name = block.first("reporting-mta"), reportingMTA == nil {
      reportingMTA = RemoteName.host(Self.typed(name).text)
    }
    if queueID == nil {
      let field = block.fields.first {
        $0.name.hasPrefix("x-") && $0.name.hasSuffix("-queue-id")
      }
      queueID = field.map { $0.value[...].trimmed }.flatMap {
        QueueID.isPlain($0) ? $0.text : nil
      }
    }
    var group = Recipient()
    let final = block.first("final-recipient") ?? block.first("original-recipient")
    let action = block.first("action")
    if final == nil, action == nil, block.first("diagnostic-code") == nil { return }
    if final == nil {
      // A stray empty line can cut a group in two; otherwise nothing is told of anybody.
      guard let last = recipients.last, last.action == .none, last.diagnostic.isEmpty else {
        return
      }
      group = last
      recipients.removeLast()
    }
    if let final { group.final = Self.address(final) }
    if let original = block.first("original-recipient") {
      group.original = Self.address(original, isXtext: true)
      if block.first("final-recipient") == nil, let address = group.original {
        group.final = address
      }
    }
    if let action { group.action = Self.action(action) }
    if let status = block.first("status") { group.status = Self.status(status) }
    if let host = block.first("remote-mta") {
      let (type, name) = Self.typed(host)
      if type != "x-ip" || group.remoteHost == nil { group.remoteHost = RemoteName.host(name) }
    }
    if let diagnostic = block.fields.first(where: { $0.name == "diagnostic-code" })?.folded {
      (group.diagnosticType, group.diagnostic) = Self.diagnostic(diagnostic)
    }
    group.logID = block.first("final-log-id")?[...].trimmed.text ?? group.logID
    recipients.append(group)
  }

  private static func action(_ value: [UInt8]) -> Action {
    let word = value[...].words.first ?? []
    if word.hasPrefix("failed") || word.isWord("failure") { return .failed }
    if word.hasPrefix("delayed") { return .delayed }
    if word.hasPrefix("delivered") { return .delivered }
    if word.hasPrefix("relayed") { return .relayed }
    if word.hasPrefix("expanded") { return .expanded }
    return .none
  }

  /// The code of a `Status` field, which may have a comment behind it.
  private static func status(_ value: [UInt8]) -> EnhancedCode? {
    guard let word = value[...].words.first else { return nil }
    return Reply(raw: word.prefix { $0 != UInt8(ascii: "(") }).enhanced
  }

  /// The parts of `type; value`; without a type it is all value.
  private static func typed(_ value: [UInt8]) -> (type: String, text: Bytes) {
    let value = value[...].trimmed
    guard let end = value.firstIndex(of: UInt8(ascii: ";")) else { return ("", value) }
    let type = MailAddress.bare(value[..<end])[...]
    let isType = type.count < 40 && type.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "@") }
    guard isType else { return ("", value) }
    return (Address.lowercased(type.text), value[(end + 1)...].trimmed)
  }

  private static func diagnostic(_ value: [UInt8]) -> (String, [UInt8]) {
    // A reply may hold a semicolon itself.
    if Reply.code(of: value[...]) != nil { return ("", value) }
    let (type, text) = typed(value)
    return (type, Array(text))
  }

  /// The address of `rfc822; a@b` and its relatives, without brackets and comments.
  private static func address(_ value: [UInt8], isXtext: Bool = false) -> [UInt8] {
    let (type, text) = typed(value)
    let address = MailAddress.bare(text)
    if type == "utf-8" { return MailAddress.unescaped(address) }
    return isXtext ? MailAddress.decodedXtext(address) : address
  }
}
