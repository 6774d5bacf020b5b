/// How a part's content was made fit for transport (RFC 2045 section 6).
enum TransferEncoding {
  case identity, base64, quotedPrintable

  /// The encoding that `Content-Transfer-Encoding` names; what is not known is taken as it is.
  init(_ header: [UInt8]?) {
    let name = header.map { ParameterValue($0).main }
    switch name {
    case "base64": self = .base64
    case "quoted-printable": self = .quotedPrintable
    default: self = .identity
    }
  }

  /// Decodes as much as fits the limit.
  ///
  /// What is broken is read as well as it goes: bytes that are no base64 are skipped (RFC 2045 section 6.8),
  /// and an `=` that begins no escape stays.
  func decode(_ bytes: Bytes, limit: Int) -> [UInt8] {
    switch self {
    case .identity: Array(bytes.prefix(limit))
    case .base64: Self.base64(bytes, limit: limit)
    case .quotedPrintable: Self.quotedPrintable(bytes, limit: limit)
    }
  }

  private static func base64(_ bytes: Bytes, limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    // Four digits make three bytes, and there are line ends; what is far more than that is no base64.
    for byte in bytes.prefix(limit &* 2) {
      let value: UInt8
      switch byte {
      case 0x41...0x5A: value = byte - 0x41
      case 0x61...0x7A: value = byte - 0x61 + 26
      case 0x30...0x39: value = byte - 0x30 + 52
      case 0x2B, 0x2D: value = 62
      case 0x2F, 0x5F: value = 63
      case 0x3D:
        // Padding ends a group; some gateways go on behind it.
        bits = 0
        count = 0
        continue
      default: continue
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        if result.count >= limit { break }
      }
    }
    return result
  }

  private static func quotedPrintable(_ bytes: Bytes, limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    var at = bytes.startIndex
    while at < bytes.endIndex, result.count < limit {
      let (line, next) = bytes.line(at: at)
      var end = line.endIndex
      while end > line.startIndex, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
      let isSoft = end > line.startIndex && line[end - 1] == UInt8(ascii: "=")
      if isSoft { end -= 1 }
      var index = line.startIndex
      while index < end {
        if line[index] == UInt8(ascii: "="), let byte = hexadecimal(line[..<end], index + 1) {
          result.append(byte)
          index += 3
        } else {
          result.append(line[index])
          index += 1
        }
      }
      if !isSoft { result.append(10) }
      at = next
    }
    return Array(result.prefix(limit))
  }
}
