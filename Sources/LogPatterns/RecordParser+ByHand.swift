internal import MailTerms

extension RecordParser {
  /// Reads a line of the frame `message` without its pattern, and its rule too where that can be.
  ///
  /// - Returns: false for a line that the patterns must read from its start.
  mutating func readByHand(_ line: LineBytes) -> Bool {
    // Between date and time of Exim's stamps stands a blank; no stamp of a syslog file has one there.
    guard line[10] == UInt8(ascii: " ") else { return readPostfixByHand(line) }
    guard let frame = fast.frame, let key = readHead(line) else { return false }
    let head = record.present
    noteStep(frame, at: 0)
    if readRuleByHand(line, key) { return true }
    record.begin(again: head)
    forgetSteps(from: 1)
    return unsafe readRule(line.span, key)
  }

  /// Reads stamp, id and key; most lines are of a minute that was read before, in the plainest form.
  @inline(__always) private mutating func readHead(_ line: LineBytes) -> FastPath.Key? {
    guard line.count >= FastPath.shortestHead else { return nil }
    if line[16] == UInt8(ascii: ":"), line[19] == UInt8(ascii: " "),
      let time = clock.known(line.eight(at: 0), line.eight(at: 8), line[17], line[18])
    {
      guard let idEnd = line.endOfID(at: 20), let key = FastPath.key(line, idEnd: idEnd) else {
        return nil
      }
      record.set(.time, 0, 19)
      record.set(.messageID, 20, idEnd)
      record.time = time
      return key
    }
    guard let stamp = FastPath.stamp(line), let idEnd = line.endOfID(at: stamp.idStart),
      let key = FastPath.key(line, idEnd: idEnd)
    else { return nil }
    record.set(.time, 0, stamp.timeEnd)
    if !stamp.zone.isEmpty { record.set(.zone, stamp.zone.lowerBound, stamp.zone.upperBound) }
    record.set(.messageID, stamp.idStart, idEnd)
    unsafe readTime(line.span)
    return key
  }

  /// Goes on with the rules behind the frame, as behind its pattern.
  private mutating func readRule(_ line: Span<UInt8>, _ key: FastPath.Key) -> Bool {
    let word = line.extracting(key.start..<key.end)
    if let group = catalog.group(forKey: word, mta: .exim),
      run(group: group, line, at: key.rest, depth: 1)
    {
      return true
    }
    if fast.otherwise >= 0, run(group: fast.otherwise, line, at: key.start, depth: 1) {
      return true
    }
    record.begin(lineLength: line.count)
    forgetSteps()
    return false
  }

  @inline(__always) private mutating func readRuleByHand(
    _ line: LineBytes, _ key: FastPath.Key
  ) -> Bool {
    switch key.end - key.start {
    case 2: return readOutcomeByHand(line, key.start, key.rest)
    case 9:
      return take(
        fast.completed, .completed, at: key.rest,
        if: line.starts(at: key.start, "Completed") && FastPath.completed(line, at: key.rest))
    default: return false
    }
  }

  @inline(__always) private mutating func readOutcomeByHand(
    _ line: LineBytes, _ keyStart: Int, _ rest: Int
  ) -> Bool {
    switch (line[keyStart], line[keyStart + 1]) {
    case (UInt8(ascii: "<"), UInt8(ascii: "=")):
      return take(
        fast.received, .received, at: rest, if: FastPath.received(line, at: rest, &record))
    case (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "-"), UInt8(ascii: ">")):
      return take(
        fast.delivered, .delivered, at: rest, if: FastPath.delivered(line, at: rest, &record))
    case (UInt8(ascii: "*"), UInt8(ascii: "*")): return readFailureByHand(line, rest)
    case (UInt8(ascii: "="), UInt8(ascii: "=")): return readDeferralByHand(line, rest)
    default: return false
    }
  }

  /// Takes a rule that says what the line is, where its scanner found it and its pattern is in use; where not,
  /// what the scanner left in the record must be forgotten.
  @inline(__always) mutating func take(
    _ step: Int32?, _ kind: RecordKind, at offset: Int, if isFound: Bool
  ) -> Bool {
    guard isFound, let step else { return false }
    noteStep(step, at: offset)
    record.kind = kind
    return true
  }

  private mutating func readFailureByHand(_ line: LineBytes, _ rest: Int) -> Bool {
    guard let step = fast.failedAddress,
      let address = FastPath.failedAddress(line, at: rest, &record),
      !FastPath.mayBeOdd(line, from: rest)
    else { return false }
    noteStep(step, at: rest)
    if address.hasHost {
      if let reply = fast.failedByReply, FastPath.failedByReply(line, at: address.end, &record) {
        noteStep(reply, at: address.end)
        record.kind = .failed
        return true
      }
      if unsafe run(group: fast.answers, line.span, at: address.end, depth: 2) { return true }
    }
    return unsafe run(group: fast.failures, line.span, at: address.end, depth: 2)
  }

  private mutating func readDeferralByHand(_ line: LineBytes, _ rest: Int) -> Bool {
    guard let step = fast.deferredAddress,
      let end = FastPath.deferredAddress(line, at: rest, &record),
      !FastPath.mayBeOdd(line, from: rest)
    else { return false }
    noteStep(step, at: rest)
    if let here = fast.deferredHere, FastPath.deferredHere(line, at: end) {
      noteStep(here, at: end)
      record.kind = .deferred
      record.origin = .local
      return true
    }
    let before = record
    if let reply = fast.deferredByReply, FastPath.deferredByReply(line, at: end, &record) {
      noteStep(reply, at: end)
      record.kind = .deferred
      return true
    }
    record = before
    return unsafe run(group: fast.deferrals, line.span, at: end, depth: 2)
  }
}
