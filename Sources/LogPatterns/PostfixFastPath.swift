internal import MailTerms

/// The most frequent lines of Postfix's log, read by hand instead of by their patterns.
///
/// What is said of `FastPath` holds here too.
struct PostfixFastPath: Sendable {
  /// The step numbers of the patterns that are read by hand; nil where they are not in use.
  private(set) var syslog: Int32?
  private(set) var syslogISO: Int32?
  private(set) var queueID: Int32?
  private(set) var clientNoise: Int32?
  private(set) var client: Int32?
  private(set) var messageID: Int32?
  private(set) var sender: Int32?
  private(set) var removed: Int32?
  private(set) var delivery: Int32?
  private(set) var sentByReply: Int32?
  /// The groups of the rules behind a tag, and behind a delivery's status.
  private(set) var tagged = -1
  private(set) var sent = -1
  private(set) var bounced = -1
  private(set) var deferred = -1

  /// No line is read by hand.
  init() {}

  /// What can be read by hand with the patterns of a catalog.
  init(_ catalog: PatternCatalog) {
    let frames = ["message", "session", "continuation"]
    func number(_ key: String, _ mta: MTA? = .postfix) -> Int? {
      catalog.group(forKey: Array(key.utf8).span, mta: mta)
    }
    guard let tagged = number("/", nil) else { return }
    func step(_ name: String, of group: Int?, behind others: [String] = []) -> Int32? {
      catalog.builtInStep(name, of: group, behind: others)
    }
    self.tagged = tagged
    syslog = step("syslog", of: PatternCatalog.frameGroup, behind: frames)
    syslogISO = step("syslog-iso", of: PatternCatalog.frameGroup, behind: frames + ["syslog"])
    queueID = step("queue-id", of: tagged)
    clientNoise = step(
      "client-noise", of: tagged,
      behind: ["queue-id", "no-queue", "too-big", "level", "rejected-without-id"])
    client = step("client", of: number("client="))
    messageID = step("message-id", of: number("message-id="))
    sender = step("sender", of: number("from="))
    removed = step("removed", of: number("removed"))
    delivery = step("delivery", of: number("to="))
    sent = number("sent") ?? -1
    bounced = number("bounced") ?? -1
    deferred = number("deferred") ?? -1
    sentByReply = step("sent-by-reply", of: sent, behind: ["forwarded"])
  }
}

extension PostfixFastPath {
  /// Where the parts of a line stand that begins with stamp, machine and tag.
  struct Head {
    let time: Range<Int>
    /// Whether the stamp has a year and a zone.
    let isISO: Bool
    let edge: Range<Int>
    let instance: Range<Int>
    let pid: Range<Int>
    /// Where the text begins.
    let text: Int
  }

  /// The frames `syslog` and `syslog-iso`: `Nov 24 02:11:24 mx1 postfix/smtp[233]: `, with an ISO stamp in the
  /// other one; a machine whose name begins with a small letter, and a tag with slash and process id.
  ///
  /// - Parameters:
  ///   - knownEnd: where the stamp ends, if it is known to be one.
  ///   - source: machine and instance of the last line; becomes those of this one.
  @inline(__always) static func head(
    _ line: LineBytes, knownEnd: Int?, _ source: inout SyslogSource
  ) -> Head? {
    guard line.count > 32 else { return nil }
    let isISO = LineBytes.isDigit(line[0])
    guard let timeEnd = knownEnd ?? (isISO ? endOfISO(line) : endOfBSD(line)),
      line[timeEnd] == 0x20
    else { return nil }
    let edge = timeEnd + 1
    guard let ends = source.ends(in: line, at: edge) ?? sourceEnds(line, from: edge, &source) else {
      return nil
    }
    let bracket = line.endOfPlain(from: ends.instance)
    guard bracket < line.count, line[bracket] == UInt8(ascii: "[") else { return nil }
    let pid = bracket + 1
    let pidEnd = line.endOfDigits(from: pid)
    guard 1...10 ~= pidEnd - pid, line.starts(at: pidEnd, "]: "),
      pidEnd + 3 == line.count || line[pidEnd + 3] != UInt8(ascii: "[")
    else { return nil }
    return Head(
      time: 0..<timeEnd, isISO: isISO, edge: edge..<ends.edge,
      instance: (ends.edge + 1)..<ends.instance, pid: pid..<pidEnd, text: pidEnd + 3)
  }

  /// `mx1 postfix/` at a place, which is kept.
  private static func sourceEnds(
    _ line: LineBytes, from edge: Int, _ source: inout SyslogSource
  ) -> SyslogSource.Ends? {
    let edgeEnd = line.endOfPlain(from: edge)
    // Kubernetes names the stream here.
    guard line[edge] &- 97 < 26, edgeEnd < line.count, line[edgeEnd] == 0x20,
      !line.starts(at: edge, "std")
    else { return nil }
    let instance = edgeEnd + 1
    guard let slash = line.offset(near: instance, of: UInt8(ascii: "/")), slash > instance,
      line.endOfPlain(from: instance) > slash
    else { return nil }
    let ends = SyslogSource.Ends(edge: edgeEnd, instance: slash)
    source.keep(line, from: edge, ends)
    return ends
  }

  /// `Nov 24 02:11:24` and a blank.
  @inline(__always) private static func endOfBSD(_ line: LineBytes) -> Int? {
    // The first digit of the day may be a blank.
    guard line[0] &- 65 < 26, line[1] &- 97 < 26, line[2] &- 97 < 26, line[3] == 0x20,
      line[4] == 0x20 || LineBytes.isDigit(line[4]), LineBytes.isDigit(line[5]), line[6] == 0x20,
      FastPath.isClock(line.eight(at: 7))
    else { return nil }
    return 15
  }

  /// `2026-11-24T02:11:24.551+00:00`, with or without a fraction, or `Z` for the zone.
  private static func endOfISO(_ line: LineBytes) -> Int? {
    guard FastPath.isStamp(line, separator: UInt8(ascii: "T")) else { return nil }
    var at = 19
    if line[19] == UInt8(ascii: ".") || line[19] == UInt8(ascii: ",") {
      at = line.endOfDigits(from: 20)
      guard 21...29 ~= at else { return nil }
    }
    guard at + 8 < line.count else { return nil }
    if line[at] == UInt8(ascii: "Z") { return at + 1 }
    guard line[at] == UInt8(ascii: "+") || line[at] == UInt8(ascii: "-"),
      line.endOfDigits(from: at + 1) >= at + 3
    else { return nil }
    let minutes = line[at + 3] == UInt8(ascii: ":") ? at + 4 : at + 3
    guard LineBytes.isDigit(line[minutes]), LineBytes.isDigit(line[minutes + 1]) else {
      return nil
    }
    return minutes + 2
  }

  /// The rule `sender`: `from=<a@b>, size=1, nrcpt=1 (queue active)`, with a plain address or none.
  @inline(__always) static func sender(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Bool {
    guard line.starts(at: start, "from=<") else { return false }
    let sender = start + 6
    let end = endOfAddress(line, from: sender)
    guard line.starts(at: end, ">, size=") else { return false }
    let sizeEnd = line.endOfDigits(from: end + 8)
    guard sizeEnd > end + 8, line.starts(at: sizeEnd, ", nrcpt=") else { return false }
    var at = line.endOfDigits(from: sizeEnd + 8)
    guard at > sizeEnd + 8 else { return false }
    if line.starts(at: at, " (queue ") {
      let word = at + 8
      at = line.endOfWordBytes(from: word)
      guard at > word, at < line.count, line[at] == UInt8(ascii: ")") else { return false }
      at += 1
    }
    guard at == line.count else { return false }
    record.set(.sender, sender, end)
    record.set(.size, end + 8, sizeEnd)
    return true
  }

  /// The rule `client`: `client=name[ip]`, of a message that has no other queue id before.
  @inline(__always) static func client(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Bool {
    guard line.starts(at: start, "client=") else { return false }
    let nameEnd = line.endOfPlain(from: start + 7)
    guard nameEnd < line.count, line[nameEnd] == UInt8(ascii: "[") else { return false }
    let address = nameEnd + 1
    let end = line.endOfAddressDigits(from: address)
    guard end < line.count, line[end] == UInt8(ascii: "]") else { return false }
    if end + 1 < line.count, line.offset(from: end + 1, of: "orig_queue_id=") != nil {
      return false
    }
    record.set(.remoteIP, address, end)
    return true
  }

  /// The rule `delivery` up to the text: `to=<a@b>, relay=h[ip]:25, delay=1, ..., status=sent (`, with plain
  /// addresses.
  ///
  /// - Returns: where the status word stands; the text begins two bytes behind it.
  @inline(__always) static func delivery(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Range<Int>? {
    guard line.starts(at: start, "to=<") else { return nil }
    let recipient = start + 4
    let recipientEnd = endOfAddress(line, from: recipient)
    guard recipientEnd > recipient else { return nil }
    var at = recipientEnd
    if line.starts(at: at, ">, orig_to=<") {
      let original = at + 12
      at = endOfAddress(line, from: original)
      record.set(.originalRecipient, original, at)
    }
    guard line.starts(at: at, ">, relay=") else { return nil }
    let host = at + 9
    let hostEnd = line.endOfPlain(from: host)
    guard hostEnd > host, hostEnd < line.count, line[hostEnd] == UInt8(ascii: "[") else {
      return nil
    }
    let address = hostEnd + 1
    let addressEnd = line.endOfAddressDigits(from: address)
    guard addressEnd > address, addressEnd < line.count, line[addressEnd] == UInt8(ascii: "]")
    else { return nil }
    at = addressEnd + 1
    if line.starts(at: at, ":") {
      let port = at + 1
      at = line.endOfDigits(from: port)
      guard at > port else { return nil }
      record.set(.remotePort, port, at)
    }
    guard let status = endOfFields(line, from: at) else { return nil }
    let end = line.endOfWordBytes(from: status)
    guard end > status, line.starts(at: end, " (") else { return nil }
    record.set(.recipient, recipient, recipientEnd)
    record.set(.remoteHost, host, hostEnd)
    record.set(.remoteIP, address, addressEnd)
    return status..<end
  }

  /// Behind `, delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=`: the fragment `timing` and a word of `status`.
  @inline(__always) private static func endOfFields(_ line: LineBytes, from start: Int) -> Int? {
    var at = start
    while line.starts(at: at, ", ") {
      if line.starts(at: at + 2, "status=") { return at + 9 }
      let nameEnd = line.endOfWordBytes(from: at + 2)
      guard nameEnd > at + 2, nameEnd < line.count, line[nameEnd] == UInt8(ascii: "="),
        let comma = line.offset(near: nameEnd + 1, of: UInt8(ascii: ","))
      else { return nil }
      at = comma
    }
    return nil
  }

  /// The rule `sent-by-reply`: `250 2.0.0 Ok: queued as ABC)`.
  @inline(__always) static func sentByReply(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Bool {
    guard start + 3 < line.count, line[start] &- 50 < 4, LineBytes.isDigit(line[start + 1]),
      LineBytes.isDigit(line[start + 2])
    else { return false }
    switch line[start + 3] {
    case UInt8(ascii: " "), UInt8(ascii: ")"), UInt8(ascii: "-"): break
    default: return false
    }
    if line.offset(from: start, of: UInt8(ascii: "\n")) != nil { return false }
    var at = start
    while let queued = line.offset(from: at, of: " queued as ") {
      let id = queued + 11
      if let end = line.endOfQueueID(at: id) {
        record.set(.nextID, id, end)
        break
      }
      at = id
    }
    let isClosed = line[line.count - 1] == UInt8(ascii: ")")
    record.set(.reply, start, isClosed ? line.count - 1 : line.count)
    return true
  }

  /// The end of an address in `<>` that needs no quotes.
  @inline(__always) private static func endOfAddress(_ line: LineBytes, from start: Int) -> Int {
    let local = line.endOfPlain(from: start)
    return local < line.count && line[local] == UInt8(ascii: "@")
      ? line.endOfPlain(from: local + 1) : local
  }
}
