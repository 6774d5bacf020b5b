internal import MailTerms
internal import PCRE2
internal import PatternFiles

/// A pattern as the loop over lines uses it: plain memory.
@unsafe struct CompiledStep {
  /// A group of the regex and the field it captures.
  struct Capture {
    let group: UInt8
    let field: UInt8
  }

  let pattern: PatternHandle
  let captures: UnsafeMutableBufferPointer<Capture>
  /// The numbers of the groups named `key`.
  let keyGroups: UnsafeMutableBufferPointer<UInt8>
  /// Bytes of which the rest of the line must contain some; empty for none.
  let contains: UnsafeMutableBufferPointer<UnsafeMutableBufferPointer<UInt8>>
  /// The groups of rules to go on with; -1 for none.
  let then: Int32
  let otherwise: Int32
  let event: RecordKind?
  let origin: Origin?
  let mta: MTA?

  /// Whether other patterns go on behind this one.
  var goesOn: Bool { unsafe then >= 0 || otherwise >= 0 || !keyGroups.isEmpty }

  init(_ number: Int32, of catalog: PatternCatalog) {
    let entry = catalog.entries[Int(number)]
    let regex = entry.pattern
    unsafe pattern = regex.handle
    let captures = unsafe Self.captures(of: regex)
    unsafe self.captures = .allocate(capacity: captures.count)
    _ = unsafe self.captures.initialize(fromContentsOf: captures)
    let keyNumbers = regex.namedGroups.filter { $0.name == "key" }.map { UInt8($0.number) }
    unsafe keyGroups = .allocate(capacity: keyNumbers.count)
    _ = unsafe keyGroups.initialize(fromContentsOf: keyNumbers)
    let needles = entry.step.contains
    unsafe contains = .allocate(capacity: needles.count)
    for (index, needle) in needles.enumerated() {
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: needle.utf8.count)
      _ = unsafe bytes.initialize(fromContentsOf: needle.utf8)
      unsafe contains.initializeElement(at: index, to: bytes)
    }
    unsafe then = catalog.then[Int(number)]
    unsafe otherwise = catalog.otherwise[Int(number)]
    unsafe event = entry.step.event
    unsafe origin = entry.step.origin
    unsafe mta = entry.mta
  }

  func free() {
    unsafe captures.deallocate()
    unsafe keyGroups.deallocate()
    for index in 0..<(unsafe contains.count) { unsafe contains[index].deallocate() }
    unsafe contains.deallocate()
  }

  static func captures(of pattern: Pattern) -> [Capture] {
    pattern.namedGroups.compactMap { name, number in
      Field(name: name).map { Capture(group: UInt8(number), field: $0.rawValue) }
    }
  }
}

/// The patterns that one parser has used so far, each made ready when it is first tried.
@safe struct StepCache: ~Copyable {
  private let catalog: PatternCatalog
  private let steps: UnsafeMutableBufferPointer<UnsafeMutablePointer<CompiledStep>?>

  init(_ catalog: PatternCatalog) {
    self.catalog = catalog
    unsafe steps = .allocate(capacity: catalog.entries.count)
    unsafe steps.initialize(repeating: nil)
  }

  deinit {
    for index in 0..<(unsafe steps.count) {
      guard let step = unsafe steps[index] else { continue }
      unsafe step.pointee.free()
      unsafe step.deallocate()
    }
    unsafe steps.deallocate()
  }

  /// A pattern, which stays where it is as long as the cache.
  @unsafe func step(_ number: Int32) -> UnsafePointer<CompiledStep> {
    if let known = unsafe steps[Int(number)] { return unsafe UnsafePointer(known) }
    let made = UnsafeMutablePointer<CompiledStep>.allocate(capacity: 1)
    unsafe made.initialize(to: CompiledStep(number, of: catalog))
    unsafe steps[Int(number)] = made
    return unsafe UnsafePointer(made)
  }
}

/// A key and the group of rules filed under it, in an open-addressing table.
struct KeyEntry: Sendable {
  /// The longest key, in bytes.
  static let capacity = 16

  private let words: (UInt64, UInt64)
  private let length: UInt8
  /// The MTA's raw value, or that of none.
  private let scope: UInt8
  /// The group's number; -1 in an empty slot.
  let group: Int32

  /// An empty slot.
  static let empty = KeyEntry(words: (0, 0), length: 0, scope: 0, group: -1)

  private init(words: (UInt64, UInt64), length: UInt8, scope: UInt8, group: Int32) {
    self.words = words
    self.length = length
    self.scope = scope
    self.group = group
  }

  init(key: Span<UInt8>, mta: MTA?, group: Int32) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    for at in 0..<min(8, key.count) { first = first << 8 | UInt64(key[at]) }
    if key.count > 8 {
      for at in 8..<key.count { second = second << 8 | UInt64(key[at]) }
    }
    words = (first, second)
    length = UInt8(key.count)
    scope = mta?.rawValue ?? .max
    self.group = group
  }

  var hash: Int {
    Int(truncatingIfNeeded: mix(words.0 ^ UInt64(scope), 0x9E37_79B9_7F4A_7C15) ^ words.1)
  }

  func isSameKey(as other: KeyEntry) -> Bool {
    words == other.words && length == other.length && scope == other.scope
  }
}

/// The rules of a catalog by their keys.
struct Filing {
  /// Step numbers, those of each group side by side, in the order in which they are tried.
  private(set) var members: [Int32] = []
  /// The range of each group in `members`; group 0 holds the frames.
  private(set) var groups: [Range<Int32>] = []
  /// The hash table from keys to groups.
  private(set) var table: [KeyEntry] = []
  private var numbers: [String: Int32] = [:]

  init(_ entries: [PatternCatalog.Entry]) {
    var filed: [[Int32]] = [[]]
    func file(_ number: Int, under key: String, _ mta: MTA?) {
      let name = "\(Self.scope(mta)):\(key)"
      if let group = numbers[name] {
        filed[Int(group)].append(Int32(number))
      } else {
        numbers[name] = Int32(filed.count)
        filed.append([Int32(number)])
      }
    }
    for (number, entry) in entries.enumerated() {
      if entry.isFrame { filed[0].append(Int32(number)) }
      for key in entry.step.keys {
        // Patterns of no MTA's go on with those of all.
        file(number, under: key, nil)
        if let mta = entry.mta { file(number, under: key, mta) }
      }
    }
    for group in filed {
      let start = Int32(members.count)
      members += group
      groups.append(start..<Int32(members.count))
    }
    var size = 64
    while size < numbers.count * 4 { size *= 2 }
    table = Array(repeating: .empty, count: size)
    for entry in entries {
      for key in entry.step.keys {
        for mta in [entry.mta, nil] {
          guard let group = number(of: key, mta: mta) else { continue }
          insert(KeyEntry(key: Array(key.utf8).span, mta: mta, group: group))
        }
      }
    }
  }

  /// The group of a key; without an MTA, the one with the rules of all.
  func number(of key: String, mta: MTA?) -> Int32? { numbers["\(Self.scope(mta)):\(key)"] }

  /// The word of pattern files for an MTA or for none.
  static func scope(_ mta: MTA?) -> String { mta?.word ?? "any" }

  private mutating func insert(_ entry: KeyEntry) {
    var at = entry.hash & (table.count - 1)
    while table[at].group >= 0 {
      if table[at].isSameKey(as: entry) { return }
      at = (at + 1) & (table.count - 1)
    }
    table[at] = entry
  }
}
