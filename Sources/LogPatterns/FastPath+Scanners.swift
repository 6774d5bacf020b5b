internal import Glibc

/// A line as a scanner sees it: bytes, and what each byte may be part of.
typealias LineBytes = UnsafeBufferPointer<UInt8>

extension FastPath {
  /// Where the parts of a line stand that begins with stamp, message id and key.
  struct Head {
    let timeEnd: Int
    /// The zone; empty without one.
    let zone: Range<Int>
    let idStart: Int
    let idEnd: Int
    let keyEnd: Int
    /// Where the rest of the line begins: behind the blank that follows the key.
    let rest: Int
  }

  /// The frame `message`: `2026-11-24 02:11:24.551 +0000 [1234] 1xVg0C-0006Kj-05 KEY `, where fraction,
  /// zone and pid may be missing.
  static func head(_ line: LineBytes) -> Head? {
    guard line.count > 38, unsafe isStamp(line) else { return nil }
    var timeEnd = 19
    if unsafe line[19] == UInt8(ascii: ".") {
      timeEnd = unsafe endOfDigits(line, from: 20)
      guard 21...29 ~= timeEnd else { return nil }
    }
    guard unsafe line[timeEnd] == UInt8(ascii: " ") else { return nil }
    var at = timeEnd + 1
    var zone = 0..<0
    if unsafe line[at] == UInt8(ascii: "+") || line[at] == UInt8(ascii: "-") {
      zone = at..<(at + 5)
      guard unsafe endOfDigits(line, from: at + 1) == zone.upperBound,
        zone.upperBound < line.count, unsafe line[zone.upperBound] == UInt8(ascii: " ")
      else { return nil }
      at = zone.upperBound + 1
    }
    if at < line.count, unsafe line[at] == UInt8(ascii: "[") {
      let end = unsafe endOfDigits(line, from: at + 1)
      guard end > at + 1, unsafe starts(line, at: end, "] ") else { return nil }
      at = end + 2
    }
    guard let idEnd = unsafe endOfID(line, at: at), idEnd < line.count,
      unsafe line[idEnd] == UInt8(ascii: " ")
    else { return nil }
    let keyEnd = unsafe endOfWord(line, from: idEnd + 1)
    guard keyEnd > idEnd + 1, unsafe keyEnd == line.count || line[keyEnd] == UInt8(ascii: " ")
    else {
      return nil
    }
    return Head(
      timeEnd: timeEnd, zone: zone, idStart: at, idEnd: idEnd, keyEnd: keyEnd,
      rest: min(keyEnd + 1, line.count))
  }

  /// The rule `received`, for a sender without quotes and a bounce: `<= a@b `, `<= <> R=id `.
  static func received(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    guard start < line.count else { return false }
    let end = unsafe endOfWord(line, from: start)
    guard end > start, unsafe line[start] != UInt8(ascii: "\"") else { return false }
    var at = end
    if unsafe end - start == 2 && line[start] == UInt8(ascii: "<")
      && line[start + 1] == UInt8(ascii: ">")
    {
      guard unsafe end == line.count || line[end] == UInt8(ascii: " ") else { return false }
    } else {
      record[.sender] = FieldSpan(start: UInt16(start), end: UInt16(end))
    }
    guard unsafe starts(line, at: at, " R=") else { return true }
    at += 3
    // Anything but an id behind R= is for the pattern.
    guard let idEnd = unsafe endOfID(line, at: at) else { return false }
    record[.parentID] = FieldSpan(start: UInt16(at), end: UInt16(idEnd))
    return true
  }

  /// The beginning of a delivery line: `addr F=<s> P=<p> R=r T=t`, with a plain address; the paths may be
  /// missing.
  static func address(_ line: LineBytes, at start: Int, _ record: inout Record) -> Int? {
    guard start < line.count, unsafe line[start] != UInt8(ascii: "|"),
      unsafe line[start] != UInt8(ascii: "/")
    else { return nil }
    var at = unsafe end(of: .local, line, from: start)
    guard at > start, at < line.count, unsafe line[at] == UInt8(ascii: "@") else { return nil }
    let domain = at + 1
    at = unsafe end(of: .domain, line, from: endOfPlain(line, from: domain))
    guard at > domain else { return nil }
    record[.recipient] = FieldSpan(start: UInt16(start), end: UInt16(at))
    if unsafe starts(line, at: at, " F=<") {
      let sender = at + 4
      at = unsafe endOfPath(line, from: sender)
      guard unsafe starts(line, at: at, ">") else { return nil }
      record[.sender] = FieldSpan(start: UInt16(sender), end: UInt16(at))
      at += 1
    }
    if unsafe starts(line, at: at, " P=<") {
      at = unsafe endOfPath(line, from: at + 4)
      guard unsafe starts(line, at: at, ">") else { return nil }
      at += 1
    }
    guard unsafe starts(line, at: at, " R=") else { return nil }
    let router = at + 3
    at = unsafe endOfName(line, from: router)
    guard at > router, unsafe starts(line, at: at, " T=") else { return nil }
    let transport = at + 3
    at = unsafe endOfName(line, from: transport)
    return at > transport ? at : nil
  }

  /// ` H=name [ip]:port*`: the fragment `server`, without a DNSSEC mark.
  static func server(_ line: LineBytes, at start: Int, _ record: inout Record) -> Int? {
    guard unsafe starts(line, at: start, " H=") else { return nil }
    let name = start + 3
    var at = unsafe endOfWord(line, from: endOfPlain(line, from: name))
    guard at > name, unsafe starts(line, at: at, " [") else { return nil }
    record[.remoteHost] = FieldSpan(start: UInt16(name), end: UInt16(at))
    let address = at + 2
    at = address
    while at < line.count, unsafe isAddressDigit(line[at]) { at += 1 }
    guard at > address, at < line.count, unsafe line[at] == UInt8(ascii: "]") else { return nil }
    record[.remoteIP] = FieldSpan(start: UInt16(address), end: UInt16(at))
    at += 1
    if at + 1 < line.count, unsafe line[at] == UInt8(ascii: ":"), unsafe isDigit(line[at + 1]) {
      let port = at + 1
      at = port
      while at < line.count, unsafe isDigit(line[at]) { at += 1 }
      record[.remotePort] = FieldSpan(start: UInt16(port), end: UInt16(at))
    }
    if at < line.count, unsafe line[at] == UInt8(ascii: "*") { at += 1 }
    return at
  }

  /// The rule `delivered`, for a plain address at a remote host.
  static func delivered(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    guard let transportEnd = unsafe address(line, at: start, &record),
      let end = unsafe server(line, at: transportEnd, &record),
      unsafe end == line.count || line[end] == UInt8(ascii: " ")
    else { return false }
    return true
  }

  /// Where an address that failed ends, and whether a host stands behind it.
  struct FailedAddress {
    let end: Int
    let hasHost: Bool
  }

  /// The fragment `more`: ` I=[ip]:port`, ` X=words` and the like; nil where a value has quotes.
  private static func fields(_ line: LineBytes, at start: Int) -> Int? {
    var at = start
    while at + 1 < line.count, unsafe line[at] == UInt8(ascii: " "), unsafe isCapital(line[at + 1])
    {
      let name = at + 1
      at = name
      while at < line.count, unsafe isAlphanumeric(line[at]) { at += 1 }
      guard at + 1 < line.count, unsafe line[at] == UInt8(ascii: "="),
        unsafe at - name > 1 || line[name] != UInt8(ascii: "H")
      else { return nil }
      let value = at + 1
      switch unsafe line[value] {
      case UInt8(ascii: "["):
        at = value
        while at < line.count, unsafe line[at] != UInt8(ascii: "]") { at += 1 }
        guard at < line.count else { return nil }
        at += 1
        if at + 1 < line.count, unsafe line[at] == UInt8(ascii: ":"), unsafe isDigit(line[at + 1]) {
          at = unsafe endOfDigits(line, from: at + 1)
        }
      case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ":"): return nil
      default:
        at = value
        while at < line.count, unsafe !isSpace(line[at]), unsafe line[at] != UInt8(ascii: "\""),
          unsafe !starts(line, at: at, ": ")
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
    guard let transportEnd = unsafe address(line, at: start, &record) else { return nil }
    let serverEnd = unsafe server(line, at: transportEnd, &record)
    if serverEnd == nil, record[.remoteHost].isPresent { return nil }
    guard let end = unsafe fields(line, at: serverEnd ?? transportEnd) else { return nil }
    if unsafe starts(line, at: end, ": ") {
      return FailedAddress(end: end + 2, hasHost: serverEnd != nil)
    }
    if unsafe starts(line, at: end, " : ") {
      return FailedAddress(end: end + 3, hasHost: serverEnd != nil)
    }
    return nil
  }

  /// The rule `deferred-address`: `addr R=r T=t defer (-44)`, with a number of Exim's own.
  static func deferredAddress(_ line: LineBytes, at start: Int, _ record: inout Record) -> Int? {
    guard let transportEnd = unsafe address(line, at: start, &record),
      unsafe starts(line, at: transportEnd, " defer (-")
    else { return nil }
    let number = transportEnd + 9
    var at = number
    while at < line.count, unsafe isDigit(line[at]) { at += 1 }
    guard at > number, at < line.count, unsafe line[at] == UInt8(ascii: ")") else { return nil }
    return at + 1
  }

  /// The rule `deferred-here`, for words of Exim's own that can name neither a reply nor a host.
  static func deferredHere(_ line: LineBytes, at start: Int) -> Bool {
    guard start < line.count, unsafe line[start] == UInt8(ascii: ":") else { return false }
    for at in (start + 1)..<line.count {
      if unsafe line[at] == UInt8(ascii: ":") { return false }
      if unsafe line[at] == UInt8(ascii: "[") { return false }
    }
    return true
  }

  /// The rule `failed-by-reply` for an answer to RCPT TO with a plain address.
  static func failedByReply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    unsafe reply(line, at: start, &record)
  }

  /// The rule `deferred-by-reply`: ` H=h [ip]: ` and an answer to RCPT TO with a plain address.
  static func deferredByReply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    guard let serverEnd = unsafe server(line, at: start, &record),
      let end = unsafe fields(line, at: serverEnd), unsafe starts(line, at: end, ": ")
    else {
      return false
    }
    return unsafe reply(line, at: end + 2, &record)
  }

  private static func reply(_ line: LineBytes, at start: Int, _ record: inout Record) -> Bool {
    let words: StaticString = "SMTP error from remote mail server after RCPT TO:<"
    guard unsafe starts(line, at: start, words) else { return false }
    let command = start + words.utf8CodeUnitCount - 9
    let at = unsafe end(of: .path, line, from: command + 9)
    guard unsafe starts(line, at: at, ">: ") else { return false }
    let reply = at + 3
    // `host H [ip]: ` stands in front up to 4.84; a delivery time or an overflow mark may stand behind.
    guard reply < line.count, unsafe isDigit(line[reply]),
      unsafe !contains(line, from: reply, "****"),
      unsafe memchr(line.baseAddress.unsafelyUnwrapped + reply, 10, line.count - reply) == nil
    else { return false }
    var end = line.count
    if let spent = unsafe offset(in: line, from: reply, of: " DT=") {
      guard unsafe isDuration(line, from: spent + 4) else { return false }
      end = spent
    }
    record[.command] = FieldSpan(start: UInt16(command), end: UInt16(at + 1))
    record[.reply] = FieldSpan(start: UInt16(reply), end: UInt16(end))
    return true
  }

  /// The rule `completed`: nothing, or ` QT=time`.
  static func completed(_ line: LineBytes, at start: Int) -> Bool {
    start == line.count
      || (unsafe starts(line, at: start, "QT=") && line.count > start + 3
        && endOfWord(line, from: start + 3) == line.count)
  }

  /// `\d[\d.wdhms]*` up to the end.
  private static func isDuration(_ line: LineBytes, from start: Int) -> Bool {
    guard start < line.count, unsafe isDigit(line[start]) else { return false }
    for at in start..<line.count {
      switch unsafe line[at] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "w"),
        UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "m"), UInt8(ascii: "s"):
        continue
      default: return false
      }
    }
    return true
  }

  /// Whether an address with quotes may stand on the line, which its own pattern must look at first.
  static func mayBeOdd(_ line: LineBytes, from start: Int) -> Bool {
    unsafe contains(line, from: start, " <\"")
  }

  // MARK: Bytes

  /// `dddd-dd-dd dd:dd:dd` at the start, three words at a time.
  private static func isStamp(_ line: LineBytes) -> Bool {
    guard line.count >= 20, let base = unsafe line.baseAddress.map({ unsafe UnsafeRawPointer($0) })
    else {
      return false
    }
    // In each word the bytes that are digits, and what the others must be.
    return unsafe isShape(base, 0, digits: 0x00FF_FF00_FFFF_FFFF, others: 0x2D00_002D_0000_0000)
      && isShape(base, 8, digits: 0xFFFF_00FF_FF00_FFFF, others: 0x0000_3A00_0020_0000)
      && isShape(base, 11, digits: 0xFFFF_00FF_FF00_FFFF, others: 0x0000_3A00_003A_0000)
  }

  private static func isShape(
    _ base: UnsafeRawPointer, _ at: Int, digits: UInt64, others: UInt64
  ) -> Bool {
    let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    guard word & ~digits == others else { return false }
    // A digit has 3 as its high half, and still after 6 is added.
    let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0 & digits
    let threes: UInt64 = 0x3030_3030_3030_3030 & digits
    return word & high == threes
      && ((word & digits) &+ (0x0606_0606_0606_0606 & digits)) & high == threes
  }

  private static func starts(_ line: LineBytes, at start: Int, _ words: StaticString) -> Bool {
    let count = words.utf8CodeUnitCount
    guard start + count <= line.count else { return false }
    return unsafe memcmp(line.baseAddress.unsafelyUnwrapped + start, words.utf8Start, count) == 0
  }

  private static func contains(_ line: LineBytes, from start: Int, _ words: StaticString) -> Bool {
    unsafe offset(in: line, from: start, of: words) != nil
  }

  private static func offset(
    in line: LineBytes, from start: Int, of words: StaticString
  ) -> Int? {
    let count = words.utf8CodeUnitCount
    let last = unsafe words.utf8Start[count - 1]
    var at = start + count - 1
    while at < line.count,
      let found = unsafe memchr(
        line.baseAddress.unsafelyUnwrapped + at, Int32(last), line.count - at)
    {
      at = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(line.baseAddress.unsafelyUnwrapped)
      if unsafe starts(line, at: at - count + 1, words) { return at - count + 1 }
      at += 1
    }
    return nil
  }

  /// The end of a message id of 6-6-2 or 6-11-4 characters.
  private static func endOfID(_ line: LineBytes, at start: Int) -> Int? {
    if unsafe isOldID(line, at: start) { return start + 16 }
    guard start + 23 <= line.count, unsafe areWords(line, start..<(start + 6)),
      unsafe line[start + 6] == UInt8(ascii: "-"),
      unsafe areWords(line, (start + 7)..<(start + 18)),
      unsafe line[start + 18] == UInt8(ascii: "-"),
      unsafe areWords(line, (start + 19)..<(start + 23))
    else { return nil }
    return start + 23
  }

  /// The end of `\d*`.
  private static func endOfDigits(_ line: LineBytes, from start: Int) -> Int {
    var at = start
    while at < line.count, unsafe isDigit(line[at]) { at += 1 }
    return at
  }

  /// The end of a path without quotes.
  private static func endOfPath(_ line: LineBytes, from start: Int) -> Int {
    unsafe end(of: .path, line, from: endOfPlain(line, from: start))
  }

  /// The end of `\S+`.
  private static func endOfWord(_ line: LineBytes, from start: Int) -> Int {
    var at = start
    while at < line.count, unsafe !isSpace(line[at]) { at += 1 }
    return at
  }

  /// The end of `[^\s:]+`.
  private static func endOfName(_ line: LineBytes, from start: Int) -> Int {
    var at = start
    while at < line.count, unsafe !isSpace(line[at]), unsafe line[at] != UInt8(ascii: ":") {
      at += 1
    }
    return at
  }

  /// The end of a run of bytes of one class.
  private static func end(of bytes: ByteClass, _ line: LineBytes, from start: Int) -> Int {
    var at = start
    while at < line.count, unsafe bytes.contains(line[at]) { at += 1 }
    return at
  }

  /// The end of a host name's plain bytes, which every class here has, eight at a time.
  private static func endOfPlain(_ line: LineBytes, from start: Int) -> Int {
    var at = start
    while at + 8 <= line.count {
      let count = unsafe plainCount(
        UInt64(
          littleEndian: UnsafeRawPointer(line.baseAddress.unsafelyUnwrapped)
            .loadUnaligned(fromByteOffset: at, as: UInt64.self)))
      at += count
      if count < 8 { break }
    }
    return at
  }

  private static func areWords(_ line: LineBytes, _ range: Range<Int>) -> Bool {
    for at in range where unsafe !isWord(line[at]) { return false }
    return true
  }

  /// Whether an id of 6-6-2 characters stands at the start of an id, sixteen bytes in two words.
  private static func isOldID(_ line: LineBytes, at start: Int) -> Bool {
    guard start + 16 <= line.count, let base = unsafe UnsafeRawPointer(line.baseAddress) else {
      return false
    }
    let first = unsafe UInt64(
      littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    let second = unsafe UInt64(
      littleEndian: base.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
    // xxxxxx-x and xxxxx-xx, the first byte lowest.
    return first >> 48 & 0xFF == 0x2D && second >> 40 & 0xFF == 0x2D
      && words(in: first) | 0x0080_0000_0000_0000 == 0x8080_8080_8080_8080
      && words(in: second) | 0x0000_8000_0000_0000 == 0x8080_8080_8080_8080
  }

  /// The high bit of each byte that is `\w`, for eight bytes at once.
  private static func words(in word: UInt64) -> UInt64 {
    let high: UInt64 = 0x8080_8080_8080_8080
    guard word & high == 0 else { return 0 }
    return between(word | 0x2020_2020_2020_2020, 0x61, 0x7A) | between(word, 0x30, 0x39)
      | between(word, 0x5F, 0x5F)
  }

  /// How many of eight bytes, the first one lowest, come before one that is no letter, digit, `-`, `.` or
  /// `/`.
  private static func plainCount(_ word: UInt64) -> Int {
    let ascii = word & 0x7F7F_7F7F_7F7F_7F7F
    let plain = between(ascii | 0x2020_2020_2020_2020, 0x61, 0x7A) | between(ascii, 0x2D, 0x39)
    return (~plain & 0x8080_8080_8080_8080 | word & 0x8080_8080_8080_8080).trailingZeroBitCount / 8
  }

  /// The high bit of each byte from `low` to `top`, for ASCII bytes: neither sum leaves its byte.
  private static func between(_ bytes: UInt64, _ low: UInt64, _ top: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    return (bytes &+ ones &* (0x80 - low)) & ~(bytes &+ ones &* (0x7F - top))
      & 0x8080_8080_8080_8080
  }

  /// What `\w` is in PCRE2's C locale.
  private static func isWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_")
  }

  /// What `\s` is in PCRE2's C locale.
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }

  private static func isCapital(_ byte: UInt8) -> Bool { byte &- 65 < 26 }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 97 < 26 || isDigit(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  /// `[0-9A-Fa-f.:]`.
  private static func isAddressDigit(_ byte: UInt8) -> Bool {
    byte &- 48 < 11 || byte == UInt8(ascii: ".") || (byte | 0x20) &- 97 < 6
  }
}
