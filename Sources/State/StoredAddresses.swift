package import MailTerms

/// What is kept of local parts between runs, from the least to the most.
package enum StoredAddresses: String, Sendable, CaseIterable, Comparable {
  /// Nothing, but keyed hashes: of each open message's recipients, and of lines whose rest or copy may come.
  case domain
  /// A keyed hash of senders' addresses and of those that servers name: they can be told apart and counted,
  /// and not be read.
  case hash
  /// These addresses as they are.
  case full

  /// What outcomes carry of them.
  package func localParts(secret: [UInt8]) -> LocalParts {
    switch self {
    case .domain: .dropped
    case .hash: .hashed(secret: secret)
    case .full: .asLogged
    }
  }

  /// Whether one keeps less than another.
  package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
