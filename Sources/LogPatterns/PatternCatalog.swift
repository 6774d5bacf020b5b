package import MailTerms
package import PatternFiles
package import PCRE2

/// All pattern files of a run, compiled and filed: what a record parser works from.
///
/// A catalog never changes, and any number of parsers share it.
@safe package final class PatternCatalog: @unchecked Sendable {
  // @unchecked: the unsafe buffers below are written once, in `init`, and freed in `deinit`.

  /// One compiled pattern as people see it.
  package struct Entry: Sendable {
    /// The pattern as written.
    package let step: PatternStep
    /// Whether it is tried at the beginning of a line.
    package let isFrame: Bool
    /// Whose lines it recognises; nil for lines of any program.
    package let mta: MTA?
    let expressions: LazyExpressions

    /// The compiled regex.
    package var pattern: Pattern { expressions.value.regex }
    /// The compiled second expression.
    package var detail: Pattern? { expressions.value.detail }
  }

  /// The files in use, those of the user before the built-in ones.
  package let files: [PatternFile]
  /// Every frame and rule, by its number.
  package let entries: [Entry]

  /// The number of the group of frames.
  static let frameGroup = 0

  // What the loop over lines needs, as plain memory: no references to count.
  let members: UnsafeMutableBufferPointer<Int32>
  let groups: UnsafeMutableBufferPointer<Range<Int32>>
  let keys: UnsafeMutableBufferPointer<KeyEntry>
  /// The groups with which each pattern goes on; -1 for none.
  let then: [Int32]
  let otherwise: [Int32]

  /// Compiles some pattern files.
  ///
  /// - Parameter files: in the order in which their patterns are tried.
  /// - Throws: `PatternFileError` for a regex that PCRE2 refuses, a group name that is no field, a rule
  ///   without a sample, and a `then` or `otherwise` under which no rule is filed.
  package init(files: [PatternFile]) throws(PatternFileError) {
    self.files = files
    var entries: [Entry] = []
    var taken: Set<String> = []
    for isFrame in [true, false] {
      for file in files {
        for step in isFrame ? file.frames : file.rules {
          // A rule of the user's has its name to itself: the built-in one of that name is not used.
          let name = "\(Filing.scope(file.mta))/\(isFrame)/\(step.name)"
          if taken.contains(name) { continue }
          entries.append(try Self.entry(step, isFrame: isFrame, mta: file.mta))
          taken.insert(name)
        }
      }
    }
    self.entries = entries
    let filed = Filing(entries)
    unsafe members = .allocate(capacity: filed.members.count)
    unsafe groups = .allocate(capacity: filed.groups.count)
    unsafe keys = .allocate(capacity: filed.table.count)
    _ = unsafe members.initialize(fromContentsOf: filed.members)
    _ = unsafe groups.initialize(fromContentsOf: filed.groups)
    _ = unsafe keys.initialize(fromContentsOf: filed.table)
    func next(_ key: (PatternStep) -> String?) -> [Int32] {
      entries.map { entry in key(entry.step).flatMap { filed.number(of: $0, mta: entry.mta) } ?? -1
      }
    }
    then = next(\.then)
    otherwise = next(\.otherwise)
    for entry in entries {
      for key in [entry.step.then, entry.step.otherwise].compactMap({ $0 })
      where filed.number(of: key, mta: entry.mta) == nil {
        throw PatternFileError(
          file: entry.step.file, position: entry.step.position,
          message: "\(entry.step.name): no rule has key = \"\(key)\"")
      }
    }
  }

  deinit {
    unsafe members.deallocate()
    unsafe groups.deallocate()
    unsafe keys.deallocate()
  }

  /// Checks a pattern; one of the user's is compiled at once, so that its mistakes are told.
  private static func entry(
    _ step: PatternStep, isFrame: Bool, mta: MTA?
  ) throws(PatternFileError) -> Entry {
    func failure(_ message: String) -> PatternFileError {
      PatternFileError(
        file: step.file, position: step.position, message: "\(step.name): \(message)")
    }
    if !step.isBuiltIn, step.samples.isEmpty { throw failure("no sample shows what it recognises") }
    for key in step.keys where key.utf8.count > KeyEntry.capacity {
      throw failure("key is longer than \(KeyEntry.capacity) bytes: \(key)")
    }
    let expressions =
      step.isBuiltIn ? LazyExpressions(step) : LazyExpressions(step, try Expressions(step))
    return Entry(step: step, isFrame: isFrame, mta: mta, expressions: expressions)
  }

  /// The group of rules filed under some bytes of a line; nil without one.
  ///
  /// Without an MTA it is the group with the rules of all.
  func group(forKey key: Span<UInt8>, mta: MTA?) -> Int? {
    guard key.count <= KeyEntry.capacity else { return nil }
    let wanted = KeyEntry(key: key, mta: mta, group: 0)
    var at = unsafe wanted.hash & (keys.count - 1)
    while unsafe keys[at].group >= 0 {
      if unsafe keys[at].isSameKey(as: wanted) { return unsafe Int(keys[at].group) }
      at = unsafe (at + 1) & (keys.count - 1)
    }
    return nil
  }
}
