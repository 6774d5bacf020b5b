internal import Glibc
internal import MailTerms

extension RecordParser {
  /// Reads a line of the frame `message` without its pattern, and its rule too where that can be.
  ///
  /// - Returns: false for a line that the patterns must read from its start.
  mutating func readByHand(_ line: Span<UInt8>) -> Bool {
    guard let frame = fast.frame else { return false }
    let head = unsafe line.withUnsafeBufferPointer { unsafe FastPath.head($0) }
    guard let head else { return false }
    begin(head)
    noteStep(frame, at: 0)
    if readRuleByHand(line, head) { return true }
    // Not read by hand: the rules go on behind the frame, as behind its pattern.
    record = blank
    record.lineLength = UInt16(line.count)
    begin(head)
    depthReached = 1
    let keyStart = head.idEnd + 1
    let key = line.extracting(keyStart..<head.keyEnd)
    if let group = catalog.group(forKey: key, mta: .exim),
      run(group: group, line, at: head.rest, depth: 1)
    {
      return true
    }
    if fast.otherwise >= 0, run(group: fast.otherwise, line, at: keyStart, depth: 1) { return true }
    record = blank
    record.lineLength = UInt16(line.count)
    depthReached = 0
    return false
  }

  private mutating func begin(_ head: FastPath.Head) {
    record[.time] = FieldSpan(start: 0, end: UInt16(head.timeEnd))
    if !head.zone.isEmpty {
      record[.zone] = FieldSpan(
        start: UInt16(head.zone.lowerBound), end: UInt16(head.zone.upperBound))
    }
    record[.messageID] = FieldSpan(start: UInt16(head.idStart), end: UInt16(head.idEnd))
  }

  private mutating func readRuleByHand(_ line: Span<UInt8>, _ head: FastPath.Head) -> Bool {
    let keyStart = head.idEnd + 1
    return unsafe line.withUnsafeBufferPointer { bytes in
      if head.keyEnd - keyStart != 2 {
        // The first letter tells which word it can be.
        guard let completed = fast.completed, head.keyEnd - keyStart == 9,
          unsafe bytes[keyStart] == UInt8(ascii: "C"),
          unsafe memcmp(bytes.baseAddress.unsafelyUnwrapped + keyStart, "Completed", 9) == 0,
          unsafe FastPath.completed(bytes, at: head.rest)
        else { return false }
        noteStep(completed, at: head.rest)
        record.kind = .completed
        return true
      }
      return unsafe readOutcomeByHand(bytes, keyStart, head.rest)
    }
  }

  private mutating func readOutcomeByHand(
    _ bytes: LineBytes, _ keyStart: Int, _ rest: Int
  ) -> Bool {
    switch unsafe (bytes[keyStart], bytes[keyStart + 1]) {
    case (UInt8(ascii: "<"), UInt8(ascii: "=")):
      guard let step = fast.received, unsafe FastPath.received(bytes, at: rest, &record) else {
        return false
      }
      noteStep(step, at: rest)
      record.kind = .received
    case (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "-"), UInt8(ascii: ">")):
      guard let step = fast.delivered, unsafe FastPath.delivered(bytes, at: rest, &record),
        unsafe !FastPath.mayBeOdd(bytes, from: rest)
      else { return false }
      noteStep(step, at: rest)
      record.kind = .delivered
    case (UInt8(ascii: "*"), UInt8(ascii: "*")):
      return unsafe readFailureByHand(bytes, rest)
    case (UInt8(ascii: "="), UInt8(ascii: "=")):
      return unsafe readDeferralByHand(bytes, rest)
    default: return false
    }
    return true
  }

  private mutating func readFailureByHand(_ bytes: LineBytes, _ rest: Int) -> Bool {
    guard let step = fast.failedAddress,
      let address = unsafe FastPath.failedAddress(bytes, at: rest, &record),
      unsafe !FastPath.mayBeOdd(bytes, from: rest)
    else { return false }
    noteStep(step, at: rest)
    let line = unsafe Span<UInt8>(_unsafeElements: bytes)
    if address.hasHost {
      if let reply = fast.failedByReply,
        unsafe FastPath.failedByReply(bytes, at: address.end, &record)
      {
        noteStep(reply, at: address.end)
        record.kind = .failed
        return true
      }
      if run(group: fast.answers, line, at: address.end, depth: 2) { return true }
    }
    return run(group: fast.failures, line, at: address.end, depth: 2)
  }

  private mutating func readDeferralByHand(_ bytes: LineBytes, _ rest: Int) -> Bool {
    guard let step = fast.deferredAddress,
      let end = unsafe FastPath.deferredAddress(bytes, at: rest, &record),
      unsafe !FastPath.mayBeOdd(bytes, from: rest)
    else { return false }
    noteStep(step, at: rest)
    if let here = fast.deferredHere, unsafe FastPath.deferredHere(bytes, at: end) {
      noteStep(here, at: end)
      record.kind = .deferred
      record.origin = .local
      return true
    }
    let before = record
    if let reply = fast.deferredByReply, unsafe FastPath.deferredByReply(bytes, at: end, &record) {
      noteStep(reply, at: end)
      record.kind = .deferred
      return true
    }
    record = before
    return unsafe run(group: fast.deferrals, Span(_unsafeElements: bytes), at: end, depth: 2)
  }
}
