internal import MailTerms

/// A header value with parameters, such as `multipart/report; boundary="x"` (RFC 2045 section 5.1).
struct ParameterValue {
  /// What stands before the first semicolon, in lower case, without comments.
  private(set) var main = ""
  private var parameters: [String: [UInt8]] = [:]

  /// A parameter's value.
  subscript(_ name: String) -> [UInt8]? { parameters[name] }

  /// Reads a value; parameters in pieces and with `%XX` (RFC 2231) are put together.
  init(_ value: [UInt8]) {
    var pieces: [String: [(index: Int, bytes: [UInt8])]] = [:]
    for (index, item) in Self.items(value).prefix(64).enumerated() {
      if index == 0 {
        main = Address.lowercased(item[...].trimmed.text)
        continue
      }
      guard let equals = item.firstIndex(of: UInt8(ascii: "=")) else { continue }
      var name = item[..<equals].trimmed
      var content = Array(item[(equals + 1)...].trimmed)
      guard let star = name.firstIndex(of: UInt8(ascii: "*")) else {
        let key = Address.lowercased(name.text)
        if parameters[key] == nil { parameters[key] = content }
        continue
      }
      var section = name[(star + 1)...]
      if section.isEmpty || section.last == UInt8(ascii: "*") {
        content = Self.decoded(content, isFirst: section.isEmpty || section.hasPrefix("0*"))
        section = section.dropLast()
      }
      name = name[..<star]
      let number = section.isEmpty ? 0 : Int(section.text) ?? 0
      pieces[Address.lowercased(name.text), default: []].append((number, content))
    }
    for (name, parts) in pieces where parameters[name] == nil {
      parameters[name] = parts.sorted { $0.index < $1.index }.flatMap(\.bytes)
    }
  }

  /// The items between semicolons, quotes and comments removed.
  private static func items(_ value: [UInt8]) -> [[UInt8]] {
    var items: [[UInt8]] = [[]]
    var isQuoted = false
    var depth = 0
    var at = 0
    while at < value.count {
      let byte = value[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\\") where (isQuoted || depth > 0) && at < value.count:
        if depth == 0 { items[items.count - 1].append(value[at]) }
        at += 1
      case UInt8(ascii: "\"") where depth == 0: isQuoted.toggle()
      case UInt8(ascii: "(") where !isQuoted && (depth > 0 || isBehindBlank(value, at - 1)):
        depth += 1
      case UInt8(ascii: ")") where !isQuoted && depth > 0: depth -= 1
      case UInt8(ascii: ";") where !isQuoted && depth == 0: items.append([])
      default: if depth == 0 { items[items.count - 1].append(byte) }
      }
    }
    return items
  }

  /// Whether a bracket can open a comment: one inside a word belongs to a careless boundary.
  private static func isBehindBlank(_ value: [UInt8], _ at: Int) -> Bool {
    at == 0 || value[at - 1] <= 0x20 || value[at - 1] == UInt8(ascii: ";")
  }

  private static func decoded(_ value: [UInt8], isFirst: Bool) -> [UInt8] {
    var value = value[...]
    if isFirst, let quote = value.firstIndex(of: UInt8(ascii: "'")),
      let second = value[(quote + 1)...].firstIndex(of: UInt8(ascii: "'"))
    {
      value = value[(second + 1)...]
    }
    var result: [UInt8] = []
    var at = value.startIndex
    while at < value.endIndex {
      if value[at] == UInt8(ascii: "%"), let byte = hexadecimal(value, at + 1) {
        result.append(byte)
        at += 3
      } else {
        result.append(value[at])
        at += 1
      }
    }
    return result
  }
}

/// The byte that two hexadecimal digits at an offset stand for.
func hexadecimal(_ bytes: Bytes, _ at: Int) -> UInt8? {
  guard at + 2 <= bytes.endIndex, let high = digit(bytes[at]), let low = digit(bytes[at + 1]) else {
    return nil
  }
  return high << 4 | low
}

private func digit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}
