/// Reading envelope addresses and host names as a log shows them.
package enum Address {
  /// The range of the domain in an address: what stands behind the last `@`; nil without one.
  package static func domain(of address: Span<UInt8>) -> Range<Int>? {
    var at = address.count - 1
    while at >= 0 {
      if address[at] == UInt8(ascii: "@") {
        return at + 1 < address.count ? (at + 1)..<address.count : nil
      }
      at -= 1
    }
    return nil
  }

  /// The range of an IP address without the `::ffff:` of an IPv4 address on an IPv6 socket.
  ///
  /// RFC 4291 section 2.5.5.2: `::ffff:192.0.2.1` is 192.0.2.1.
  package static func unmapped(_ address: Span<UInt8>) -> Range<Int> {
    let prefix: StaticString = "::ffff:"
    let count = prefix.utf8CodeUnitCount
    guard address.count > count + 6, address[0] == UInt8(ascii: ":") else {
      return 0..<address.count
    }
    for at in 0..<count where unsafe lower(address[at]) != prefix.utf8Start[at] {
      return 0..<address.count
    }
    for at in count..<address.count where address[at] == UInt8(ascii: ".") {
      return count..<address.count
    }
    return 0..<address.count
  }

  /// Whether an IP address is one of this machine's own: 127.0.0.0/8 and ::1 (RFC 1122 section 3.2.1.3, RFC 4291
  /// section 2.5.3).
  package static func isLoopback(_ address: Span<UInt8>) -> Bool {
    let plain = address.extracting(unmapped(address))
    if plain.count == 3 {
      return plain[0] == UInt8(ascii: ":") && plain[1] == UInt8(ascii: ":")
        && plain[2] == UInt8(ascii: "1")
    }
    return plain.count > 4 && plain[0] == UInt8(ascii: "1") && plain[1] == UInt8(ascii: "2")
      && plain[2] == UInt8(ascii: "7") && plain[3] == UInt8(ascii: ".")
  }

  /// Whether an IP address is of a network that no stranger is in: this machine's own, RFC 1918's, link-local and
  /// unique local ones (RFC 3927, RFC 4291 section 2.5.6, RFC 4193).
  package static func isPrivate(_ address: Span<UInt8>) -> Bool {
    if isLoopback(address) { return true }
    let plain = address.extracting(unmapped(address))
    func begins(_ prefix: StaticString) -> Bool {
      let count = prefix.utf8CodeUnitCount
      guard plain.count > count else { return false }
      for at in 0..<count where unsafe lower(plain[at]) != prefix.utf8Start[at] { return false }
      return true
    }
    if begins("172."), plain.count > 7, plain[6] == UInt8(ascii: ".") {
      let second = (Int(plain[4]) - 48) * 10 + Int(plain[5]) - 48
      return 16...31 ~= second
    }
    let isV6 = plain.indices.contains { plain[$0] == UInt8(ascii: ":") }
    return isV6
      ? begins("fc") || begins("fd") || begins("fe8") || begins("fe9") || begins("fea")
        || begins("feb")
      : begins("10.") || begins("192.168.") || begins("169.254.")
  }

  /// The domain that reports group by: lower case, `<>` for the null sender, `(none)` without a domain.
  package static func domainLabel(of address: String) -> String {
    if address.isEmpty || address == "<>" { return "<>" }
    guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "(none)" }
    let domain = address[address.utf8.index(after: at)...]
    return domain.isEmpty ? "(none)" : lowercased(String(domain))
  }

  /// Lower case of ASCII letters alone: a domain's other bytes are left as they are.
  package static func lowercased(_ text: String) -> String {
    String(decoding: text.utf8.map(lower), as: UTF8.self)
  }

  /// The lower case of one ASCII byte.
  package static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

  /// Whether an unquoted final address and a quoted original one are the same address.
  ///
  /// Exim writes the final address with its local part unquoted (`a b@x.test`) and the original with quotes or
  /// backslashes (`"a b"@x.test`, `a\ b@x.test`); both name one mailbox.
  package static func isSame(unquoted: ArraySlice<UInt8>, quoted: ArraySlice<UInt8>) -> Bool {
    guard quoted.contains(where: isQuoting), let at = unquoted.lastIndex(of: UInt8(ascii: "@"))
    else {
      return false
    }
    let plain = unquoted[..<at] + unquoted[at...].map(lower)
    let other = Self.unquoted(Array(quoted))
    guard let otherAt = other.lastIndex(of: UInt8(ascii: "@")) else { return false }
    return plain.elementsEqual(other[..<otherAt] + other[otherAt...].map(lower))
  }

  /// An address without the quotes and backslashes of its local part.
  ///
  /// Both `"a \" b"@x` and `a\ \"\ b@x` are `a " b@x`. One whose quotes have no end is left as it is.
  package static func unquoted(_ address: [UInt8]) -> [UInt8] {
    guard let at = address.lastIndex(of: UInt8(ascii: "@")) else { return address }
    var result: [UInt8] = []
    var isEscaped = false
    var isQuoted = false
    for byte in address[..<at] {
      if isEscaped || !isQuoting(byte) {
        result.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        isQuoted.toggle()
      }
    }
    return isEscaped || isQuoted ? address : result + address[at...]
  }

  private static func isQuoting(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }
}

extension Address {
  /// An address of which nobody can read the local part: 16 hexadecimal digits of a keyed hash and the domain,
  /// such as `#0123456789abcdef@acme.example`.
  package static func hashed(_ address: Span<UInt8>, secret: [UInt8]) -> [UInt8] {
    var keyed = secret
    for index in address.indices { keyed.append(lower(address[index])) }
    let digits = String(XXHash64.hash(keyed.span), radix: 16)
    var hashed = Array("#\(String(repeating: "0", count: 16 - digits.utf8.count))\(digits)".utf8)
    guard let domain = Self.domain(of: address) else { return hashed }
    hashed.append(UInt8(ascii: "@"))
    for index in domain { hashed.append(address[index]) }
    return hashed
  }

  /// Whether it is one that `hashed` made, as far as its form tells.
  package static func isHashed(_ address: Span<UInt8>) -> Bool {
    guard address.count >= 17, address[0] == UInt8(ascii: "#"),
      address.count == 17 || address[17] == UInt8(ascii: "@")
    else { return false }
    return (1...16).allSatisfy { address[$0] &- 48 < 10 || address[$0] &- 97 < 6 }
  }
}
