package import MailTerms

/// The fields of a record as values, with the rules of the vocabulary applied.
///
/// It is for what is written or compared, not for the loop over every line.
package struct RecordView: ~Escapable {
  private let record: Record
  private let line: Span<UInt8>

  /// Looks at a record and its line.
  @_lifetime(copy line)
  package init(_ record: Record, line: Span<UInt8>) {
    self.record = record
    self.line = line
  }

  /// The bytes of a field; nil where the line does not have it.
  package func bytes(_ field: Field) -> [UInt8]? {
    let span = record[field]
    guard span.isPresent else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.range.count)
    for index in span.range { bytes.append(line[index]) }
    return bytes
  }

  /// The text of a field; `\ooo` and `#ooo` decoded, bytes that are not UTF-8 become U+FFFD.
  package func text(_ field: Field) -> String? {
    bytes(field).map { String(decoding: Escapes.decode($0[...]), as: UTF8.self) }
  }

  /// The envelope sender; `<>` for the null sender.
  package var sender: String? {
    guard let sender = text(.sender) else { return nil }
    return sender.isEmpty ? "<>" : sender
  }

  /// The final address; where that has no `@`, the one in `<>` behind it.
  ///
  /// Exim writes a quoted local part without its quotes in the final address, and with them in `<>`:
  /// then both are one address, and the form with quotes is the valid one.
  package var recipient: String? {
    guard let final = bytes(.recipient) else { return nil }
    if let original = bytes(.originalRecipient) {
      // Only an address is ever delivered to a host.
      let isAddress =
        final.contains(UInt8(ascii: "@"))
        && (record[.remoteIP].isPresent || !Self.isTarget(final))
      if !isAddress || Address.isSame(unquoted: final[...], quoted: original[...]) {
        return text(.originalRecipient)
      }
    }
    return text(.recipient)
  }

  /// The address that the sender used, where it differs from the final one.
  package var originalRecipient: String? {
    guard let original = text(.originalRecipient), let recipient else { return nil }
    return original == recipient ? nil : original
  }

  /// A pipe, a file, or another place that is no address although it may contain an `@`.
  private static func isTarget(_ final: [UInt8]) -> Bool {
    guard let first = final.first else { return false }
    return [UInt8(ascii: "|"), UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: ":")].contains(
      first)
  }

  /// The remote host: its name in lower case, or its IP where no name is known.
  package var remoteHost: String? {
    host(name: record.kind == .rejected ? .clientHost : .remoteHost) ?? remoteIP
  }

  /// The remote host's IP address.
  package var remoteIP: String? {
    address(record.kind == .rejected ? .clientIP : .remoteIP)
  }

  /// The client's verified name.
  package var clientHost: String? { host(name: .clientHost) }

  /// The client's IP address.
  package var clientIP: String? { address(.clientIP) }

  /// What was answered, or our own words for a local failure or a rejection.
  package var reply: Reply? {
    if let raw = bytes(.reply) ?? bytes(.ownText) {
      return Reply(
        raw: Escapes.decode(raw[...])[...], form: record.mta.isPostfix ? .postfix : .exim)
    }
    guard let quoted = bytes(.confirmation) else { return nil }
    return Reply(raw: Escapes.decode(Escapes.unquote(quoted[...])[...])[...])
  }

  /// Which command was answered.
  package var command: SMTPCommand? { text(.command).flatMap(SMTPCommand.init(logged:)) }

  /// Who decided the outcome; nil for a record that is none.
  package var origin: Origin? { record.origin }

  private func host(name field: Field) -> String? {
    guard let name = text(field), !name.isEmpty, name != "unknown", !name.hasPrefix("[") else {
      return nil
    }
    return Address.lowercased(name)
  }

  private func address(_ field: Field) -> String? {
    guard let text = text(field), !text.isEmpty, text != "unknown" else { return nil }
    let bytes = Array(Address.lowercased(text).utf8)
    return String(decoding: bytes[Address.unmapped(bytes.span)], as: UTF8.self)
  }

  /// A field by its name in pattern files and events, as samples compare it; nil where it is missing.
  package func value(named name: String) -> String? {
    switch name {
    case "event": record.kind.word
    case "origin": origin?.word.string
    case "sender": sender
    case "recipient": recipient
    case "original_recipient": originalRecipient
    case "remote_host": remoteHost
    case "remote_ip": remoteIP
    case "client_host": clientHost
    case "client_ip": clientIP
    case "code": reply?.code.map(String.init)
    case "enhanced": reply?.enhanced?.description
    case "reply": reply.map { String(decoding: $0.text, as: UTF8.self) }
    case "command": command?.word.string
    case "time": record.time.isKnown ? record.time.display : nil
    case "zone": text(.zone)
    case "subject":
      bytes(.subject).map {
        String(decoding: Escapes.decode(Escapes.unquote($0[...])[...]), as: UTF8.self)
      }
    default: Field(name: name).flatMap { text($0) }
    }
  }

  /// Every name that `value(named:)` knows.
  package static let names =
    ["event", "origin", "code", "enhanced"] + Field.allCases.map(\.name)
}
