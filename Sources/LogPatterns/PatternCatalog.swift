package import MailTerms
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
    /// Whose lines it recognises.
    package let mta: MTA
    /// The compiled regex.
    package let pattern: Pattern
    /// The compiled second expression.
    package let detail: Pattern?
  }

  /// The files in use, those of the user before the built-in ones.
  package let files: [PatternFile]
  /// Every frame and rule, by its number.
  package let entries: [Entry]

  /// The number of the group of frames.
  static let frameGroup = 0

  // What the loop over lines needs, as plain memory: no references to count, no bounds to check twice.
  let steps: UnsafeMutableBufferPointer<CompiledStep>
  let members: UnsafeMutableBufferPointer<Int32>
  let groups: UnsafeMutableBufferPointer<Range<Int32>>
  let keys: UnsafeMutableBufferPointer<KeyEntry>

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
          let name = "\(file.mta.word)/\(isFrame)/\(step.name)"
          if taken.contains(name) { continue }
          entries.append(try Self.compile(step, isFrame: isFrame, mta: file.mta))
          taken.insert(name)
        }
      }
    }
    self.entries = entries
    let filed = Filing(entries)
    unsafe steps = .allocate(capacity: entries.count)
    unsafe members = .allocate(capacity: filed.members.count)
    unsafe groups = .allocate(capacity: filed.groups.count)
    unsafe keys = .allocate(capacity: filed.table.count)
    _ = unsafe members.initialize(fromContentsOf: filed.members)
    _ = unsafe groups.initialize(fromContentsOf: filed.groups)
    _ = unsafe keys.initialize(fromContentsOf: filed.table)
    for (number, entry) in entries.enumerated() {
      unsafe steps.initializeElement(at: number, to: CompiledStep(entry, filed))
    }
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
    for unsafe step in unsafe steps { unsafe step.free() }
    unsafe steps.deallocate()
    unsafe members.deallocate()
    unsafe groups.deallocate()
    unsafe keys.deallocate()
  }

  private static func compile(
    _ step: PatternStep, isFrame: Bool, mta: MTA
  ) throws(PatternFileError) -> Entry {
    func failure(_ message: String, at offset: Int) -> PatternFileError {
      PatternFileError(
        file: step.file, position: step.position(ofRegexByte: offset),
        message: "\(step.name): \(message)")
    }
    guard !step.samples.isEmpty else { throw failure("no sample shows what it recognises", at: 0) }
    for key in step.keys where key.utf8.count > KeyEntry.capacity {
      throw failure("key is longer than \(KeyEntry.capacity) bytes: \(key)", at: 0)
    }
    var compiled: [Pattern] = []
    for source in [step.regex, step.detail].compactMap({ $0 }) {
      do throws(PatternError) {
        compiled.append(try Pattern(source))
      } catch {
        throw failure("bad regex: \(error)", at: error.offset)
      }
    }
    for pattern in compiled {
      guard pattern.groupCount < Matcher.groupCapacity else {
        throw failure("more than \(Matcher.groupCapacity - 1) groups", at: 0)
      }
      for (name, _) in pattern.namedGroups
      where name != "key" && !name.hasPrefix("_") && Field(name: name) == nil {
        let offset = step.regex.firstRange(of: "<\(name)>").map {
          step.regex.utf8.distance(from: step.regex.startIndex, to: $0.lowerBound) + 1
        }
        throw failure("no such field: \(name)", at: offset ?? 0)
      }
    }
    return Entry(
      step: step, isFrame: isFrame, mta: mta, pattern: compiled[0],
      detail: compiled.count > 1 ? compiled[1] : nil)
  }

  /// A compiled pattern in place; the catalog keeps it.
  @unsafe func step(_ number: Int32) -> UnsafePointer<CompiledStep> {
    unsafe precondition(number >= 0 && Int(number) < steps.count)
    return unsafe UnsafePointer(steps.baseAddress.unsafelyUnwrapped + Int(number))
  }

  /// The group of rules filed under some bytes of a line; nil without one.
  func group(forKey key: Span<UInt8>, mta: MTA) -> Int? {
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
