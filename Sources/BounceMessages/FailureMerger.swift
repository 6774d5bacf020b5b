internal import MailTerms

/// Puts together what the status part and the text part of one report say of the same recipients.
struct FailureMerger {
  let mta: ReportingMTA
  let status: StatusReport?
  let text: ReportText
  /// Whether the mail is a warning: its text then tells who still waits.
  let isDelay: Bool

  private static let failureLimit = 1_000

  /// The failures and the delays, in the order of the status part, or else of the text.
  func merged() -> (failures: [BounceFailure], delays: [BounceFailure]) {
    var failures = FailureList()
    var delays = FailureList()
    var entries = EntryIndex(text.failures)
    // One failure in both parts is one failure, even if the addresses are not the same.
    let isOnly = mta == .exim && status?.recipients.count == 1 && text.failures.count == 1
    for group in status?.recipients ?? [] {
      // A group that was cut off before its action says nothing.
      let code = group.isServerReply ? Reply.code(of: group.diagnostic[...]) : nil
      let isFailed =
        group.action == .failed
        || group.action == .none && (group.status?.category == 5 || code ?? 0 >= 500)
      if group.action == .none, !isFailed { continue }
      // Also what is no failure has its words in the text.
      let entry = entries.take(for: group, isOnly: isOnly)
      if isFailed {
        failures.add(failure(group, entry))
      } else if group.action == .delayed {
        delays.add(failure(group, entry))
      }
    }
    let hasGroups = status?.recipients.isEmpty == false
    // Only Exim's and Postfix' texts are strict enough to tell of somebody whom no group names.
    let isStrict = mta == .exim || mta == .postfix || mta == .mailRu
    for entry in entries.rest {
      if hasGroups, !isStrict || failures.names(entry.recipient) || isDelay { continue }
      if isDelay {
        delays.add(failure(entry))
      } else {
        failures.add(failure(entry))
      }
    }
    if !hasGroups { for entry in text.delays { delays.add(failure(entry)) } }
    return (failures.all, delays.all)
  }

  /// A failure that only the text tells.
  private func failure(_ entry: ReportedFailure) -> BounceFailure {
    let isServer = entry.isServerReply
    let reply = entry.words.isEmpty ? nil : self.reply(entry.words, isServer ? layout : .filled)
    return BounceFailure(
      recipient: entry.recipient.text, originalRecipient: entry.original?.text,
      remoteHost: isServer ? entry.remoteHost : nil, reply: reply, command: entry.command,
      isLocal: !isServer)
  }

  /// A failure that the status part tells, with what the text adds.
  private func failure(
    _ group: StatusReport.Recipient, _ entry: ReportedFailure?
  ) -> BounceFailure {
    // Exim's groups name the address that the sender used; its log, as its text, the final one.
    let recipient = isExim ? entry?.recipient ?? group.final : group.final
    let isServer = group.isServerReply || entry?.isServerReply == true
    let original = entry?.original ?? group.original
    var failure = BounceFailure(
      recipient: recipient.text,
      originalRecipient: original.flatMap { MailAddress.isSame($0, recipient) ? nil : $0.text },
      remoteHost: isServer ? group.remoteHost ?? entry?.remoteHost : nil,
      reply: reply(group, entry), command: entry?.command, isLocal: !isServer)
    if mta == .exchange, failure.remoteHost == nil { failure.isLocal = true }
    if !isServer, failure.reply?.enhanced == nil, let status = group.status,
      status.subject != 0 || status.detail != 0
    {
      failure.reply = failure.reply ?? Reply(raw: [])
      failure.reply?.enhanced = status
    }
    return failure
  }

  private func reply(_ group: StatusReport.Recipient, _ entry: ReportedFailure?) -> Reply? {
    let own = group.diagnostic.isEmpty ? nil : group.diagnostic
    guard let entry, !entry.words.isEmpty else { return own.map { told($0, group) } }
    let words = reply(entry.words, entry.isServerReply ? layout : .filled)
    guard let own else { return words }
    if entry.isServerReply != group.isServerReply {
      return entry.isServerReply ? words : told(own, group)
    }
    // Exim's own words stand in the text whole; its status part has what follows a colon.
    if !entry.isServerReply { return isExim ? words : told(own, group) }
    // What follows the first colon of Exim's error can begin inside a quoted sender.
    if isExim, own[...].joined.count > entry.words.joinedLines.count,
      own[...].joined.ends(with: [0x3A, 0x20] + entry.words.joinedLines)
    {
      return words
    }
    let inStatus = told(own, group)
    if ReplyText.isTruncated(entry.words), !ReplyText.isTruncated(own) { return inStatus }
    let isLonger = words.text.count > inStatus.text.count
    let isSame = words.text.starts(with: inStatus.text) && words.code == inStatus.code
    return isLonger && isSame ? words : inStatus
  }

  /// A reply that the status part tells.
  private func told(_ words: [UInt8], _ group: StatusReport.Recipient) -> Reply {
    var words = words
    if isExim { words = EximForm.withoutVerdict(words) }
    // The exit status of a program is no reply code.
    if group.diagnosticType.hasPrefix("x-"), words.allSatisfy({ $0 &- 48 < 10 }) {
      var reply = Reply(raw: [])
      reply.text = words
      return reply
    }
    // The words of a program that was run here.
    if let output = words[...].range(of: "Command output: ") {
      words.removeSubrange(..<output.upperBound)
    }
    return reply(words, layout)
  }

  /// Takes apart what was answered, or what the MTA says itself.
  ///
  /// Exim writes bytes that are not ASCII as it does in its log.
  private func reply(_ words: [UInt8], _ layout: ReplyText.Layout) -> Reply {
    var reply = ReplyText.reply(words, layout)
    if isExim { reply.text = Escapes.decode(reply.text[...], isLogged: false) }
    return reply
  }

  private var isExim: Bool { mta == .exim || mta == .mailRu }

  private var layout: ReplyText.Layout { mta == .postfix ? .filled : .kept }
}

/// Failures, each told once: some reports tell each one in two languages.
private struct FailureList {
  private static let limit = 1_000

  private(set) var all: [BounceFailure] = []
  private var places: [[UInt8]: [Int]] = [:]

  /// Whether a recipient is among them.
  func names(_ recipient: [UInt8]) -> Bool { places[MailAddress.key(recipient)] != nil }

  mutating func add(_ failure: BounceFailure) {
    let key = MailAddress.key(Array(failure.recipient.utf8))
    let others = places[key] ?? []
    // Nobody knows whether two lost addresses are one.
    guard all.count < Self.limit, others.count < 20 || key.isEmpty else { return }
    let isKnown = others.contains { index in
      let other = all[index]
      return other.reply == failure.reply
        || other.remoteHost == failure.remoteHost && other.reply?.code == failure.reply?.code
    }
    if isKnown, !key.isEmpty { return }
    places[key, default: []].append(all.count)
    all.append(failure)
  }
}

/// The entries of a text by address, each to be taken once.
private struct EntryIndex {
  private let entries: [ReportedFailure]
  private var isTaken: [Bool]
  private var places: [[UInt8]: [Int]] = [:]

  init(_ entries: [ReportedFailure]) {
    self.entries = entries
    isTaken = entries.map { _ in false }
    for (index, entry) in entries.enumerated() {
      for address in Set([entry.recipient, entry.original ?? []].map(MailAddress.key))
      where !address.isEmpty {
        places[address, default: []].append(index)
      }
    }
  }

  /// What no group has taken.
  var rest: [ReportedFailure] { entries.indices.filter { !isTaken[$0] }.map { entries[$0] } }

  /// The entry that is about the recipient of a group: of several with its address, the one whose host
  /// and words are most like it.
  mutating func take(
    for group: StatusReport.Recipient, isOnly: Bool
  ) -> ReportedFailure? {
    var found = places[MailAddress.key(group.final)] ?? []
    if found.isEmpty, let original = group.original {
      found = places[MailAddress.key(original)] ?? []
    }
    if found.isEmpty, isOnly { found = [0] }
    var best: (index: Int, score: Int)?
    for index in found.prefix(200) where !isTaken[index] {
      let entry = entries[index]
      var score = 0
      if entry.remoteHost != nil, entry.remoteHost == group.remoteHost { score += 2 }
      if entry.isServerReply == group.isServerReply { score += 1 }
      let words = group.diagnostic[...].joined.prefix(60)
      if !words.isEmpty, entry.words.joinedLines.starts(with: words) { score += 1 }
      if score > best?.score ?? -1 { best = (index, score) }
    }
    guard let best else { return nil }
    isTaken[best.index] = true
    return entries[best.index]
  }
}

extension [UInt8] {
  /// Whether the last bytes are these.
  fileprivate func ends(with end: [UInt8]) -> Bool {
    count >= end.count && self[(count - end.count)...].elementsEqual(end)
  }
}
