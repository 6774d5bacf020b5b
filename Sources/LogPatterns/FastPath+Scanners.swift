extension FastPath {
  /// Where the stamp of a line stands, and what may follow it up to the message id.
  struct Stamp {
    let timeEnd: Int
    /// The zone; empty without one.
    let zone: Range<Int>
    let idStart: Int
  }

  /// The word behind a message id, which tells what the line is.
  struct Key {
    let start: Int
    let end: Int
    /// Where the rest of the line begins: behind the blank that follows the key.
    let rest: Int
  }

  /// The shortest line with stamp, message id and key.
  static let shortestHead = 39

  /// The beginning of the frame `message`: `2026-11-24 02:11:24.551 +0000 [1234] `, where fraction, zone and pid
  /// may be missing.
  static func stamp(_ line: LineBytes) -> Stamp? {
    guard line.count >= shortestHead, isStamp(line) else { return nil }
    var timeEnd = 19
    if line[19] == UInt8(ascii: ".") {
      timeEnd = line.endOfDigits(from: 20)
      guard 21...29 ~= timeEnd else { return nil }
    }
    guard line[timeEnd] == UInt8(ascii: " ") else { return nil }
    var at = timeEnd + 1
    var zone = 0..<0
    if line[at] == UInt8(ascii: "+") || line[at] == UInt8(ascii: "-") {
      zone = at..<(at + 5)
      guard line.endOfDigits(from: at + 1) == zone.upperBound, zone.upperBound < line.count,
        line[zone.upperBound] == UInt8(ascii: " ")
      else { return nil }
      at = zone.upperBound + 1
    }
    if at < line.count, line[at] == UInt8(ascii: "[") {
      let end = line.endOfDigits(from: at + 1)
      guard end > at + 1, line.starts(at: end, "] ") else { return nil }
      at = end + 2
    }
    return Stamp(timeEnd: timeEnd, zone: zone, idStart: at)
  }

  /// The rest of the frame: `KEY ` behind the message id and a blank.
  @inline(__always) static func key(_ line: LineBytes, idEnd: Int) -> Key? {
    guard idEnd < line.count, line[idEnd] == UInt8(ascii: " ") else { return nil }
    let end = line.endOfWord(from: idEnd + 1)
    guard end > idEnd + 1, end == line.count || line[end] == UInt8(ascii: " ") else { return nil }
    return Key(start: idEnd + 1, end: end, rest: min(end + 1, line.count))
  }

  /// The rule `received`, for a sender without quotes and backslashes, and a bounce: `<= a@b `, `<= <> R=id `.
  @inline(__always) static func received(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Bool {
    guard start < line.count else { return false }
    let isNull = line.starts(at: start, "<>")
    let end = isNull ? start + 2 : end(of: .path, line, from: start, stop: UInt8(ascii: " "))
    guard end > start, end == line.count || line[end] == UInt8(ascii: " ") else { return false }
    if !isNull { record.set(.sender, start, end) }
    guard line.starts(at: end, " R=") else { return true }
    // Anything but an id behind R= is for the pattern.
    guard let idEnd = line.endOfID(at: end + 3) else { return false }
    record.set(.parentID, end + 3, idEnd)
    return true
  }

  /// The beginning of a delivery line: `addr F=<s> P=<p> R=r T=t`, with a plain address; the paths may be
  /// missing.
  @inline(__always) static func address(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Int? {
    guard start < line.count, line[start] != UInt8(ascii: "|"), line[start] != UInt8(ascii: "/")
    else { return nil }
    var at = end(of: .local, line, from: start, stop: UInt8(ascii: "@"))
    guard at > start, at < line.count, line[at] == UInt8(ascii: "@") else { return nil }
    let domain = at + 1
    at = end(of: .domain, line, from: domain, stop: UInt8(ascii: " "))
    guard at > domain else { return nil }
    record.set(.recipient, start, at)
    if line.starts(at: at, " F=<") {
      let sender = at + 4
      at = endOfPath(line, from: sender)
      guard line.starts(at: at, ">") else { return nil }
      record.set(.sender, sender, at)
      at += 1
    }
    if line.starts(at: at, " P=<") {
      at = endOfPath(line, from: at + 4)
      guard line.starts(at: at, ">") else { return nil }
      at += 1
    }
    guard line.starts(at: at, " R=") else { return nil }
    let router = at + 3
    at = line.endOfName(from: router)
    guard at > router, line.starts(at: at, " T=") else { return nil }
    let transport = at + 3
    at = line.endOfName(from: transport)
    return at > transport ? at : nil
  }

  /// ` H=name [ip]:port*`: the fragment `server`, without a DNSSEC mark.
  @inline(__always) static func server(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Int? {
    guard line.starts(at: start, " H=") else { return nil }
    let name = start + 3
    var at = line.endOfWord(from: name)
    guard at > name, line.starts(at: at, " [") else { return nil }
    record.set(.remoteHost, name, at)
    let address = at + 2
    at = line.endOfAddressDigits(from: address)
    guard at > address, at < line.count, line[at] == UInt8(ascii: "]") else { return nil }
    record.set(.remoteIP, address, at)
    at += 1
    if at + 1 < line.count, line[at] == UInt8(ascii: ":"), LineBytes.isDigit(line[at + 1]) {
      let port = at + 1
      at = line.endOfDigits(from: port)
      record.set(.remotePort, port, at)
    }
    if at < line.count, line[at] == UInt8(ascii: "*") { at += 1 }
    return at
  }

  /// The rule `delivered`, for a plain address at a remote host, with no other behind it that has quotes.
  @inline(__always) static func delivered(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> Bool {
    guard let transportEnd = address(line, at: start, &record),
      let end = server(line, at: transportEnd, &record),
      end == line.count || line[end] == UInt8(ascii: " ")
    else { return false }
    return !mayBeOdd(line, from: end)
  }

  /// Where an address that failed ends, and whether a host stands behind it.
  struct FailedAddress {
    let end: Int
    let hasHost: Bool
  }

  /// The fragment `more`: ` I=[ip]:port`, ` X=words` and the like; nil where a value has quotes.
  private static func fields(_ line: LineBytes, at start: Int) -> Int? {
    var at = start
    while at + 1 < line.count, line[at] == UInt8(ascii: " "), isCapital(line[at + 1]) {
      let name = at + 1
      at = name
      while at < line.count, isAlphanumeric(line[at]) { at += 1 }
      guard at + 1 < line.count, line[at] == UInt8(ascii: "="),
        at - name > 1 || line[name] != UInt8(ascii: "H")
      else { return nil }
      let value = at + 1
      switch line[value] {
      case UInt8(ascii: "["):
        guard let bracket = line.offset(from: value, of: UInt8(ascii: "]")) else { return nil }
        at = bracket + 1
        // 4.92 writes the port of an interface without a colon.
        let port = line.starts(at: at, ":") ? at + 1 : at
        if port < line.count, LineBytes.isDigit(line[port]) { at = line.endOfDigits(from: port) }
      case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ":"): return nil
      default:
        at = value
        while at < line.count, !isSpace(line[at]), line[at] != UInt8(ascii: "\""),
          !line.starts(at: at, ": ")
        { at += 1 }
        guard at > value else { return nil }
      }
    }
    return at
  }

  /// The rule `failed-address`: `addr R=r T=t H=h [ip]: `, with ` : ` in its place from 4.99 on.
  static func failedAddress(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> FailedAddress? {
    guard let transportEnd = address(line, at: start, &record) else { return nil }
    let serverEnd = server(line, at: transportEnd, &record)
    if serverEnd == nil, record[.remoteHost].isPresent { return nil }
    guard let end = fields(line, at: serverEnd ?? transportEnd) else { return nil }
    if line.starts(at: end, ": ") {
      return FailedAddress(end: end + 2, hasHost: serverEnd != nil)
    }
    if line.starts(at: end, " : ") {
      return FailedAddress(end: end + 3, hasHost: serverEnd != nil)
    }
    return nil
  }

  /// The rule `deferred-address`: `addr R=r T=t defer (-44)`, with a number of Exim's own or, from 4.100 on,
  /// none.
  static func deferredAddress(_ line: LineBytes, at start: Int, _ record: inout Record) -> Int? {
    guard let transportEnd = address(line, at: start, &record),
      line.starts(at: transportEnd, " defer")
    else { return nil }
    let wordEnd = transportEnd + 6
    if line.starts(at: wordEnd, ":") || line.starts(at: wordEnd, " H=") { return wordEnd }
    guard line.starts(at: wordEnd, " (-") else { return nil }
    let number = wordEnd + 3
    let at = line.endOfDigits(from: number)
    guard at > number, at < line.count, line[at] == UInt8(ascii: ")") else { return nil }
    return at + 1
  }

  /// The rule `deferred-here`, for words of Exim's own that can name neither a reply nor a host.
  static func deferredHere(_ line: LineBytes, at start: Int) -> Bool {
    guard start < line.count, line[start] == UInt8(ascii: ":") else { return false }
    return line.offset(from: start + 1, of: UInt8(ascii: ":")) == nil
      && line.offset(from: start + 1, of: UInt8(ascii: "[")) == nil
  }

  /// The rule `failed-by-reply` for an answer to RCPT TO with a plain address.
  static func failedByReply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    reply(line, at: start, &record)
  }

  /// The rule `deferred-by-reply`: ` H=h [ip]: ` and an answer to RCPT TO with a plain address.
  static func deferredByReply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    guard let serverEnd = server(line, at: start, &record),
      let end = fields(line, at: serverEnd), line.starts(at: end, ": ")
    else {
      return false
    }
    return reply(line, at: end + 2, &record)
  }

  private static func reply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    let words: StaticString = "SMTP error from remote mail server after RCPT TO:<"
    guard line.starts(at: start, words) else { return false }
    let command = start + words.utf8CodeUnitCount - 9
    let at = line.end(of: .path, from: line.endOfPlain(from: command + 9))
    guard line.starts(at: at, ">: ") else { return false }
    let reply = at + 3
    // `host H [ip]: ` stands in front up to 4.84; a delivery time or an overflow mark may stand behind.
    guard reply < line.count, LineBytes.isDigit(line[reply]),
      line.offset(from: reply, of: "****") == nil,
      line.offset(from: reply, of: UInt8(ascii: "\n")) == nil
    else { return false }
    var end = line.count
    if let spent = line.offset(from: reply, of: " DT=") {
      guard isDuration(line, from: spent + 4) else { return false }
      end = spent
    }
    record.set(.command, command, at + 1)
    record.set(.reply, reply, end)
    return true
  }

  /// The rule `completed`: nothing, or ` QT=time`.
  static func completed(_ line: LineBytes, at start: Int) -> Bool {
    start == line.count
      || (line.starts(at: start, "QT=") && line.count > start + 3
        && line.endOfWord(from: start + 3) == line.count)
  }

  /// `\d[\d.wdhms]*` up to the end.
  private static func isDuration(_ line: LineBytes, from start: Int) -> Bool {
    guard start < line.count, LineBytes.isDigit(line[start]) else { return false }
    for at in start..<line.count {
      switch line[at] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "w"),
        UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "m"), UInt8(ascii: "s"):
        continue
      default: return false
      }
    }
    return true
  }

  /// Whether an address with quotes or backslashes may stand on the line, which its own pattern must look at
  /// first: the fragment `maybe_odd`.
  static func mayBeOdd(_ line: LineBytes, from start: Int) -> Bool {
    var at = start
    while let found = line.offset(from: at, of: UInt8(ascii: "<")) {
      at = found + 1
      guard found > start, line[found - 1] == UInt8(ascii: " ") else { continue }
      at = end(of: .path, line, from: at, stop: UInt8(ascii: ">"))
      if at < line.count, line[at] == UInt8(ascii: "\"") || line[at] == UInt8(ascii: "\\") {
        return true
      }
    }
    return false
  }

  // MARK: Bytes

  /// `dddd-dd-dd dd:dd:dd` at the start, three words at a time.
  static func isStamp(_ line: LineBytes, separator: UInt8 = 0x20) -> Bool {
    // In each word the bytes that are digits, and what the others must be.
    line.count >= 20
      && isShape(line.eight(at: 0), digits: 0x00FF_FF00_FFFF_FFFF, others: 0x2D00_002D_0000_0000)
      && isShape(
        line.eight(at: 8), digits: 0xFFFF_00FF_FF00_FFFF,
        others: 0x0000_3A00_0000_0000 | UInt64(separator) << 16)
      && isClock(line.eight(at: 11))
  }

  /// Whether `-`, `-`, `T` and `:` stand where they do in `dddd-dd-ddTdd:dd`.
  @inline(__always) static func isISO(_ first: UInt64, _ second: UInt64) -> Bool {
    first & 0xFF00_00FF_0000_0000 == 0x2D00_002D_0000_0000
      && second & 0x0000_FF00_00FF_0000 == 0x0000_3A00_0054_0000
  }

  /// `dd:dd:dd`.
  static func isClock(_ word: UInt64) -> Bool {
    isShape(word, digits: 0xFFFF_00FF_FF00_FFFF, others: 0x0000_3A00_003A_0000)
  }

  private static func isShape(_ word: UInt64, digits: UInt64, others: UInt64) -> Bool {
    guard word & ~digits == others else { return false }
    // A digit has 3 as its high half, and still after 6 is added.
    let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0 & digits
    let threes: UInt64 = 0x3030_3030_3030_3030 & digits
    return word & high == threes
      && ((word & digits) &+ (0x0606_0606_0606_0606 & digits)) & high == threes
  }

  /// The end of a path without quotes and backslashes.
  private static func endOfPath(_ line: LineBytes, from start: Int) -> Int {
    end(of: .path, line, from: start, stop: UInt8(ascii: ">"))
  }

  /// The end of a run of bytes of one class, which mostly are plain and end with a known byte.
  @inline(__always) private static func end(
    of bytes: ByteClass, _ line: LineBytes, from start: Int, stop: UInt8
  ) -> Int {
    var plain = line.endOfPlain(from: start)
    if line[plain] == UInt8(ascii: "@"), stop != UInt8(ascii: "@"), bytes.contains(line[plain]) {
      plain = line.endOfPlain(from: min(plain + 1, line.count))
    }
    if line[plain] == stop { return plain }
    return line.end(of: bytes, from: plain)
  }

  /// What `\s` is in PCRE2's C locale.
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }

  private static func isCapital(_ byte: UInt8) -> Bool { byte &- 65 < 26 }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 97 < 26 || LineBytes.isDigit(byte)
  }
}
