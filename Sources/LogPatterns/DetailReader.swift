internal import PCRE2

/// Fills in the fields of a record that only a written event needs.
///
/// A rule's `detail` expression starts where its `regex` starts. It is tried for the few lines that
/// become events, not for every line.
package struct DetailReader: ~Copyable {
  private let catalog: PatternCatalog
  private var matcher = Matcher()

  /// Makes a reader for the records of a catalog.
  package init(catalog: PatternCatalog) { self.catalog = catalog }

  /// Adds the fields that the rule's `detail` captures; those that are there already stay.
  package mutating func complete(_ record: inout Record, line: Span<UInt8>) {
    let entry = catalog.entries[Int(record.step)]
    guard let detail = entry.detail else { return }
    // What stands behind the record was cut when it was read.
    let text = line.extracting(first: Int(record.lineLength))
    guard matcher.match(detail, in: text, at: Int(record.stepStart)) == .matched else { return }
    for (name, number) in detail.namedGroups {
      guard let field = Field(name: name), !record[field].isPresent,
        let range = matcher.group(number)
      else { continue }
      record[field] = FieldSpan(range)
    }
  }
}
