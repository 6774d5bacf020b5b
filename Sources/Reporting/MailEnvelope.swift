/// Who a report is mailed to, and by whom.
package struct MailEnvelope: Sendable {
  /// Addresses for the `To` header; a mail without any has none.
  package var to: [String] = []
  /// The address for the `From` header.
  package var from = ""

  /// Makes an empty envelope.
  package init() {}

  /// Whether a text can stand as an address in a header: `local@domain` or a local user's name.
  ///
  /// Only what needs no quotes (RFC 5322 section 3.2.3, dot-atom) is taken, so that nothing can be added to
  /// the header.
  package static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), text.utf8.count <= 254 else { return false }
    return parts.allSatisfy { part in
      !part.isEmpty && part.first != "." && part.last != "."
        && part.utf8.allSatisfy { isAtom($0) || $0 == UInt8(ascii: ".") }
    }
  }

  /// Whether a byte can stand in an atom (RFC 5322 section 3.2.3).
  static func isAtom(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
  }
}
