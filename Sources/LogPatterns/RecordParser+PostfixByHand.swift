internal import MailTerms

extension RecordParser {
  /// Reads a line of Postfix's from a syslog file without its patterns, as far as that can be.
  ///
  /// - Returns: false for a line that the patterns must read from its start.
  mutating func readPostfixByHand(_ line: LineBytes) -> Bool {
    // Most lines are of a minute that was read before.
    var time: LogTime?
    var timeEnd: Int?
    if line.count > 32 {
      let (first, second) = (line.eight(at: 0), line.eight(at: 8))
      if line[12] == UInt8(ascii: ":") {
        time = clock.known(first, second << 32, line[13], line[14])
        timeEnd = time == nil ? nil : 15
      } else if FastPath.isISO(first, second) {
        time = clock.known(first, second, line.eight(at: 16), line.eight(at: 24))
        timeEnd = time == nil ? nil : 32
      }
    }
    guard let head = PostfixFastPath.head(line, knownEnd: timeEnd, &source),
      let frame = head.isISO ? fast.postfix.syslogISO : fast.postfix.syslog
    else { return false }
    begin(head, line, frame, time)
    if readTextByHand(line, head.text) { return true }
    // The rules go on behind the tag, as behind the frame's pattern.
    record.begin(lineLength: line.count)
    forgetSteps()
    begin(head, line, frame, time)
    let group = fast.postfix.tagged
    if unsafe run(group: group, line.span, at: head.text, depth: 1) {
      unsafe readTime(line.span)
      return true
    }
    record.begin(lineLength: line.count)
    forgetSteps()
    return false
  }

  @inline(__always) private mutating func begin(
    _ head: PostfixFastPath.Head, _ line: LineBytes, _ frame: Int32, _ time: LogTime?
  ) {
    record.set(.time, head.time.lowerBound, head.time.upperBound)
    record.set(.edge, head.edge.lowerBound, head.edge.upperBound)
    record.set(.instance, head.instance.lowerBound, head.instance.upperBound)
    record.set(.pid, head.pid.lowerBound, head.pid.upperBound)
    record.sourceHash = source.hash
    if let time {
      record.time = time
    } else {
      unsafe readTime(line.span)
    }
    noteStep(frame, at: 0)
  }

  @inline(__always) private mutating func readTextByHand(_ line: LineBytes, _ text: Int) -> Bool {
    if line[text] == UInt8(ascii: "c") || line[text] == UInt8(ascii: "d"),
      let noise = fast.postfix.clientNoise,
      line.starts(at: text, "connect from ") || line.starts(at: text, "disconnect from ")
    {
      record.mta = .postfix
      noteStep(noise, at: text)
      return true
    }
    guard let queueID = fast.postfix.queueID, let idEnd = line.endOfQueueID(at: text),
      line.starts(at: idEnd, ": ")
    else { return false }
    record.mta = .postfix
    record.set(.messageID, text, idEnd)
    noteStep(queueID, at: text)
    return readQueueTextByHand(line, idEnd + 2)
  }

  /// What stands behind a queue id.
  @inline(__always) private mutating func readQueueTextByHand(
    _ line: LineBytes, _ start: Int
  ) -> Bool {
    guard start < line.count else { return false }
    switch line[start] {
    case UInt8(ascii: "t"): return readDeliveryByHand(line, start)
    case UInt8(ascii: "f"):
      return take(
        fast.postfix.sender, .received, at: start,
        if: PostfixFastPath.sender(line, at: start, &record))
    case UInt8(ascii: "r"):
      return take(
        fast.postfix.removed, .completed, at: start,
        if: line.count == start + 7 && line.starts(at: start, "removed"))
    case UInt8(ascii: "c"):
      return take(
        fast.postfix.client, .begun, at: start, if: PostfixFastPath.client(line, at: start, &record)
      )
    case UInt8(ascii: "m"):
      return take(
        fast.postfix.messageID, .described, at: start, if: line.starts(at: start, "message-id="))
    default: return false
    }
  }

  @inline(__always) private mutating func readDeliveryByHand(
    _ line: LineBytes, _ start: Int
  ) -> Bool {
    guard let delivery = fast.postfix.delivery,
      let status = PostfixFastPath.delivery(line, at: start, &record)
    else { return false }
    noteStep(delivery, at: start)
    let text = status.upperBound + 2
    let group: Int
    switch status.count {
    case 4 where line.starts(at: status.lowerBound, "sent"):
      if let sent = fast.postfix.sentByReply, PostfixFastPath.sentByReply(line, at: text, &record) {
        return take(sent, .delivered, at: text, if: true)
      }
      group = fast.postfix.sent
    case 7 where line.starts(at: status.lowerBound, "bounced"): group = fast.postfix.bounced
    case 8 where line.starts(at: status.lowerBound, "deferred"): group = fast.postfix.deferred
    default: return false
    }
    guard group >= 0 else { return false }
    return unsafe run(group: group, line.span, at: text, depth: 3)
  }
}
