internal import Glibc
internal import MailTerms

/// Who a recipient of a message is: what tells whether two lines are about the same one.
///
/// It is the final address without regard to case: Exim logs one address as it was received in one line and
/// in lower case in another (deliver.c `string_log_address`, retry.c), and both MTAs deliver once to addresses
/// that differ in case alone (spec "Duplicate addresses"; Postfix cleanup_init.c, `BH_FLAG_FOLD`). Where
/// the final address does not tell it all, the one that the sender used is a part of it.
package enum RecipientIdentity {
  /// The identity as a hash that strangers cannot foresee.
  ///
  /// - Parameters:
  ///   - final: the final address as logged; empty where the line names none.
  ///   - original: the address that the sender used; empty where the line does not name it apart.
  package static func hash(final: Span<UInt8>, original: Span<UInt8>, seed: UInt64) -> UInt64 {
    guard !final.isEmpty else { return ByteHash.hash(final, seed: seed) }
    switch final[0] {
    case UInt8(ascii: "\""):
      // Exim mostly writes a final address without the quotes of its local part, but not where retries
      // gave up: both forms are one recipient.
      return hash(address: Address.unquoted(final.copy).span, original: original, seed)
    case UInt8(ascii: "|"), UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: ":"):
      // A pipe, a file or `:blackhole:`.
      return together(final, original, seed)
    default: return hash(address: final, original: original, seed)
    }
  }

  private static func hash(
    address: Span<UInt8>, original: Span<UInt8>, _ seed: UInt64
  ) -> UInt64 {
    if original.isEmpty || hasDomain(address) {
      return ByteHash.hash(address, seed: seed, foldingCase: true)
    }
    // Exim leaves out the domain of a local delivery: `info <info@a.example>`. Where the sender's address
    // has another local part, both are needed: `inbox <bob@a.example>`.
    let isLocalPart =
      original.count > address.count && original[address.count] == UInt8(ascii: "@")
      && address.indices.allSatisfy { Address.lower(address[$0]) == Address.lower(original[$0]) }
    return isLocalPart
      ? ByteHash.hash(original, seed: seed, foldingCase: true) : together(address, original, seed)
  }

  private static func together(
    _ final: Span<UInt8>, _ original: Span<UInt8>, _ seed: UInt64
  ) -> UInt64 {
    ByteHash.hash(final, seed: seed)
      ^ mix(ByteHash.hash(original, seed: seed, foldingCase: true), 0x9E37_79B9_7F4A_7C15)
  }

  private static func hasDomain(_ address: Span<UInt8>) -> Bool {
    unsafe address.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe memchr(start, Int32(UInt8(ascii: "@")), bytes.count) != nil
    }
  }
}
