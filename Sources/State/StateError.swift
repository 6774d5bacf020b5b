/// Why what was kept between runs cannot be used.
package struct StateError: Error, Sendable, CustomStringConvertible {
  /// What is wrong.
  package enum Kind: Sendable {
    /// Another process has it.
    case locked
    /// Nothing is kept where it was looked for.
    case missing
    /// It cannot be opened or written: rights, a full disk.
    case cannotUse
    /// The file is damaged.
    case damaged
    /// A later version of bouncelog wrote it.
    case newer
  }

  /// What is wrong.
  package let kind: Kind
  /// The sentence for a person.
  package let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
