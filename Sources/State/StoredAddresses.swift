/// What is kept of local parts between runs.
package enum StoredAddresses: String, Sendable, CaseIterable {
  /// Nothing, but keyed hashes: of each open message's recipients, and of lines whose rest or copy may come.
  case domain
  /// A keyed hash of senders' addresses: they can be told apart and counted, and not be read.
  case hash
  /// Senders' addresses as they are.
  case full
}
