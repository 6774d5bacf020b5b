internal import CPCRE2

/// A compiled PCRE2 pattern: immutable, and shared by every matcher.
///
/// Patterns work on bytes (no `PCRE2_UTF`), because a log may hold any byte and invalid UTF-8 must not
/// become an error. Those of a log's lines match only at the offset where a match is tried
/// (`PCRE2_ANCHORED`), since a line's tail belongs to strangers and nothing in it may be found by
/// searching; those of reply texts are made with `init(searching:isJITWanted:)`. `.` matches every
/// byte but LF, and a group name may stand in several branches (`PCRE2_DUPNAMES`).
@safe package final class Pattern: @unchecked Sendable {
  // @unchecked: the compiled code is never changed after `init`, and PCRE2 allows sharing it.
  let code: OpaquePointer

  /// Whether machine code was made for the pattern; otherwise PCRE2 interprets it.
  package let isJITCompiled: Bool

  /// The source that was compiled.
  package let source: String

  /// Each named group: its name and its number in the match (a name may occur more than once).
  package let namedGroups: [(name: String, number: Int)]

  /// The highest group number.
  package let groupCount: Int

  /// Compiles a pattern, to machine code where the library can.
  ///
  /// - Parameter source: a PCRE2 regular expression, see pcre2pattern(3).
  /// - Throws: `PatternError` with PCRE2's message and the byte offset in `source`.
  package convenience init(_ source: String) throws(PatternError) {
    try self.init(
      Array(source.utf8), source: source,
      options: UInt32(PCRE2_ANCHORED) | UInt32(PCRE2_DUPNAMES) | UInt32(PCRE2_NEVER_UTF),
      isJITWanted: true)
  }

  /// Compiles a pattern that is searched for in a text, in upper and lower case alike.
  ///
  /// - Parameters:
  ///   - source: a PCRE2 regular expression, as bytes.
  ///   - isJITWanted: whether machine code is made, which takes longer than some tries to match.
  /// - Throws: `PatternError` with PCRE2's message and the byte offset in `source`.
  package convenience init(searching source: [UInt8], isJITWanted: Bool) throws(PatternError) {
    try self.init(
      source, source: String(decoding: source, as: UTF8.self),
      options: UInt32(PCRE2_CASELESS) | UInt32(PCRE2_NEVER_UTF), isJITWanted: isJITWanted)
  }

  private init(
    _ bytes: [UInt8], source: String, options: UInt32, isJITWanted: Bool
  ) throws(PatternError) {
    var number: Int32 = 0
    var offset = 0
    let compiled = unsafe pcre2_compile_8(bytes, bytes.count, options, &number, &offset, nil)
    guard let compiled = unsafe compiled else {
      throw PatternError(code: number, offset: offset, pattern: source)
    }
    unsafe code = compiled
    self.source = source
    isJITCompiled =
      unsafe isJITWanted && pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE)) == 0
    groupCount = unsafe Int(Self.number(PCRE2_INFO_CAPTURECOUNT, of: compiled))
    namedGroups = unsafe Self.names(of: compiled)
  }

  deinit { unsafe pcre2_code_free_8(code) }

  private static func number(_ what: Int32, of code: OpaquePointer) -> UInt32 {
    var value: UInt32 = 0
    unsafe pcre2_pattern_info_8(code, UInt32(what), &value)
    return value
  }

  /// The name table as pcre2api(3) lays it out: two bytes of group number, then the name and a NUL.
  private static func names(of code: OpaquePointer) -> [(name: String, number: Int)] {
    let count = unsafe Int(number(PCRE2_INFO_NAMECOUNT, of: code))
    let size = unsafe Int(number(PCRE2_INFO_NAMEENTRYSIZE, of: code))
    var table: UnsafePointer<UInt8>?
    unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
    guard let table = unsafe table else { return [] }
    return (0..<count).map { index in
      let entry = unsafe table + index * size
      let name = unsafe String(cString: entry + 2)
      return unsafe (name: name, number: Int(entry[0]) << 8 | Int(entry[1]))
    }
  }
}

/// A compiled pattern without ownership, for loops that must not count references.
///
/// It is valid only while its `Pattern` lives, which whoever takes the handle must see to.
@safe package struct PatternHandle: @unchecked Sendable {
  // @unchecked: see Pattern.
  let code: OpaquePointer
  let isJITCompiled: Bool
}

extension Pattern {
  /// A handle to this pattern, which the caller keeps alive.
  @unsafe package var handle: PatternHandle {
    unsafe PatternHandle(code: code, isJITCompiled: isJITCompiled)
  }
}
