internal import Glibc

/// A line as a scanner sees it: bytes, and what each byte may be part of.
typealias LineBytes = UnsafeBufferPointer<UInt8>

extension FastPath {
  /// Where the parts of a line stand that begins with stamp, message id and key.
  struct Head {
    static let idStart = 20
    let idEnd: Int
    let keyEnd: Int
    /// Where the rest of the line begins: behind the blank that follows the key.
    let rest: Int
  }

  /// The frame `message`, without fraction, zone and pid: `2026-11-24 02:11:24 1xVg0C-0006Kj-05 KEY `.
  static func head(_ line: LineBytes) -> Head? {
    guard line.count > 38, unsafe isStamp(line) else { return nil }
    let idEnd: Int
    if unsafe line[36] == UInt8(ascii: " "), unsafe isOldID(line, at: 20) {
      idEnd = 36
    } else if line.count > 45, unsafe line[26] == UInt8(ascii: "-"),
      unsafe line[38] == UInt8(ascii: "-"),
      unsafe line[43] == UInt8(ascii: " "), unsafe areWords(line, 20..<26),
      unsafe areWords(line, 27..<38), unsafe areWords(line, 39..<43)
    {
      idEnd = 43
    } else {
      return nil
    }
    let keyEnd = unsafe endOfWord(line, from: idEnd + 1)
    guard keyEnd > idEnd + 1, unsafe keyEnd == line.count || line[keyEnd] == UInt8(ascii: " ")
    else {
      return nil
    }
    return Head(idEnd: idEnd, keyEnd: keyEnd, rest: min(keyEnd + 1, line.count))
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
    guard at + 16 <= line.count, unsafe areWords(line, at..<(at + 6)),
      unsafe line[at + 6] == UInt8(ascii: "-")
    else { return false }
    let idEnd: Int
    if unsafe isOldID(line, at: at) {
      idEnd = at + 16
    } else if at + 23 <= line.count, unsafe areWords(line, (at + 7)..<(at + 18)),
      unsafe line[at + 18] == UInt8(ascii: "-"), unsafe areWords(line, (at + 19)..<(at + 23))
    {
      idEnd = at + 23
    } else {
      return false
    }
    record[.parentID] = FieldSpan(start: UInt16(at), end: UInt16(idEnd))
    return true
  }

  /// The beginning of a delivery line: `addr R=r T=t`, with a plain address and nothing in between.
  static func address(_ line: LineBytes, at start: Int, _ record: inout Record) -> Int? {
    guard start < line.count, unsafe line[start] != UInt8(ascii: "|"),
      unsafe line[start] != UInt8(ascii: "/")
    else { return nil }
    var at = unsafe end(of: .local, line, from: start)
    guard at > start, at < line.count, unsafe line[at] == UInt8(ascii: "@") else { return nil }
    let domain = at + 1
    at = unsafe end(of: .domain, line, from: endOfPlain(line, from: domain))
    guard at > domain, unsafe starts(line, at: at, " R=") else { return nil }
    record[.recipient] = FieldSpan(start: UInt16(start), end: UInt16(at))
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

  /// The rule `failed-address`: `addr R=r T=t H=h [ip]: `, with ` : ` in its place from 4.99 on.
  static func failedAddress(
    _ line: LineBytes, at start: Int, _ record: inout Record
  ) -> FailedAddress? {
    guard let transportEnd = unsafe address(line, at: start, &record) else { return nil }
    let serverEnd = unsafe server(line, at: transportEnd, &record)
    if serverEnd == nil, record[.remoteHost].isPresent { return nil }
    let end = serverEnd ?? transportEnd
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
    guard let end = unsafe server(line, at: start, &record), unsafe starts(line, at: end, ": ")
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
      unsafe !contains(line, from: reply, " DT="), unsafe !contains(line, from: reply, "****"),
      unsafe memchr(line.baseAddress.unsafelyUnwrapped + reply, 10, line.count - reply) == nil
    else { return false }
    record[.command] = FieldSpan(start: UInt16(command), end: UInt16(at + 1))
    record[.reply] = FieldSpan(start: UInt16(reply), end: UInt16(line.count))
    return true
  }

  /// Whether an address with quotes may stand on the line, which its own pattern must look at first.
  static func mayBeOdd(_ line: LineBytes, from start: Int) -> Bool {
    unsafe contains(line, from: start, " <\"")
  }

  // MARK: Bytes

  /// `dddd-dd-dd dd:dd:dd ` at the start, three words at a time.
  private static func isStamp(_ line: LineBytes) -> Bool {
    guard line.count >= 20, let base = unsafe line.baseAddress.map({ unsafe UnsafeRawPointer($0) })
    else {
      return false
    }
    // In each word the bytes that are digits, and what the others must be.
    return unsafe isShape(base, 0, digits: 0x00FF_FF00_FFFF_FFFF, others: 0x2D00_002D_0000_0000)
      && isShape(base, 8, digits: 0xFFFF_00FF_FF00_FFFF, others: 0x0000_3A00_0020_0000)
      && isShape(base, 12, digits: 0x00FF_FF00_FFFF_00FF, others: 0x2000_003A_0000_3A00)
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
    let count = words.utf8CodeUnitCount
    let last = unsafe words.utf8Start[count - 1]
    var at = start + count - 1
    while at < line.count,
      let found = unsafe memchr(
        line.baseAddress.unsafelyUnwrapped + at, Int32(last), line.count - at)
    {
      at = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(line.baseAddress.unsafelyUnwrapped)
      if unsafe starts(line, at: at - count + 1, words) { return true }
      at += 1
    }
    return false
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

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  /// `[0-9A-Fa-f.:]`.
  private static func isAddressDigit(_ byte: UInt8) -> Bool {
    byte &- 48 < 11 || byte == UInt8(ascii: ".") || (byte | 0x20) &- 97 < 6
  }
}
