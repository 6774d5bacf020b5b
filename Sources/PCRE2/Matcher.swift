internal import CPCRE2

/// What became of one try to match.
package enum MatchResult: Sendable, Equatable {
  /// The pattern matched; the matcher's groups say where.
  case matched
  /// The pattern does not match here.
  case noMatch
  /// The match, depth or heap limit ended the try; the pattern is too costly for this subject.
  case limitReached
}

/// The working memory for matching, with limits that keep any pattern from hanging: one for each worker.
///
/// It is made once and reused for every line and pattern, so that a match allocates nothing.
@safe @usableFromInline package struct Matcher: ~Copyable {
  /// How many group pairs the match data holds; `Pattern.groupCount` must stay below.
  @inlinable package static var groupCapacity: Int { 96 }

  private let data: OpaquePointer
  private let context: OpaquePointer
  private let stack: OpaquePointer?
  @usableFromInline let offsets: UnsafeMutablePointer<Int>

  /// Makes a matcher; see pcre2api(3) on the three limits.
  ///
  /// - Parameters:
  ///   - matchLimit: how often PCRE2 may try a way onward in one match.
  ///   - depthLimit: how deep the interpreter may nest (machine code does not use it).
  ///   - heapLimit: kibibytes the interpreter may take from the heap.
  package init(
    matchLimit: UInt32 = 250_000, depthLimit: UInt32 = 50_000, heapLimit: UInt32 = 20_000
  ) {
    guard
      let data = unsafe pcre2_match_data_create_8(UInt32(Self.groupCapacity), nil),
      let context = unsafe pcre2_match_context_create_8(nil),
      let offsets = unsafe pcre2_get_ovector_pointer_8(data)
    else { fatalError("out of memory") }
    unsafe pcre2_set_match_limit_8(context, matchLimit)
    unsafe pcre2_set_depth_limit_8(context, depthLimit)
    unsafe pcre2_set_heap_limit_8(context, heapLimit)
    // The default machine stack of 32 KiB overflows on nested repeats over a long line.
    unsafe stack = unsafe pcre2_jit_stack_create_8(32 << 10, 1 << 20, nil)
    unsafe pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
    unsafe self.data = data
    unsafe self.context = context
    unsafe self.offsets = unsafe UnsafeMutableRawPointer(offsets).assumingMemoryBound(to: Int.self)
  }

  deinit {
    unsafe pcre2_match_data_free_8(data)
    unsafe pcre2_match_context_free_8(context)
    if let stack = unsafe stack { unsafe pcre2_jit_stack_free_8(stack) }
  }

  /// Tries a pattern at one offset of a subject.
  ///
  /// - Parameters:
  ///   - pattern: what to match; it starts exactly at `offset`.
  ///   - subject: the bytes; those before `offset` can be seen by a look-behind.
  ///   - offset: where the match must start, `0...subject.count`.
  package mutating func match(
    _ pattern: PatternHandle, in subject: Span<UInt8>, at offset: Int
  ) -> MatchResult {
    unsafe subject.withUnsafeBufferPointer { bytes in
      // An empty span has no address, and PCRE2 wants one even for no bytes.
      let address = unsafe bytes.baseAddress ?? Self.nothing
      return unsafe match(pattern, in: address, count: bytes.count, at: offset)
    }
  }

  /// Tries a pattern whose owner is at hand.
  package mutating func match(
    _ pattern: Pattern, in subject: Span<UInt8>, at offset: Int
  ) -> MatchResult {
    unsafe match(pattern.handle, in: subject, at: offset)
  }

  /// Tries a pattern at one offset of `count` bytes that stay valid during the call.
  @unsafe private mutating func match(
    _ pattern: PatternHandle, in subject: UnsafePointer<UInt8>, count: Int, at offset: Int
  ) -> MatchResult {
    var result: Int32
    if pattern.isJITCompiled {
      result = unsafe pcre2_jit_match_8(pattern.code, subject, count, offset, 0, data, context)
      if result > 0 { return .matched }
      if result == PCRE2_ERROR_NOMATCH { return .noMatch }
      if result != PCRE2_ERROR_JIT_STACKLIMIT { return .limitReached }
    }
    let options = UInt32(PCRE2_NO_JIT) | UInt32(PCRE2_NO_UTF_CHECK)
    result = unsafe pcre2_match_8(pattern.code, subject, count, offset, options, data, context)
    if result > 0 { return .matched }
    return result == PCRE2_ERROR_NOMATCH ? .noMatch : .limitReached
  }

  /// Where the last match ended, as an offset in its subject.
  @inlinable package var matchEnd: Int { unsafe offsets[1] }

  /// The offsets of a group in the last match, which must have been `.matched`; nil if it took no part.
  @inlinable package func group(_ number: Int) -> Range<Int>? {
    precondition(number < Self.groupCapacity)
    let start = unsafe offsets[number * 2]
    // PCRE2_UNSET is the greatest size_t, which reads -1 here.
    guard start >= 0 else { return nil }
    let end = unsafe offsets[number * 2 + 1]
    // A \K in a look-ahead can put the start behind the end.
    return start <= end ? start..<end : nil
  }

  /// How far a subject agrees with a pattern that does not match it.
  ///
  /// The answer is the length of the longest beginning of `subject` that the pattern could still
  /// match if other bytes followed. It is meant for explaining a failed sample, not for speed.
  package mutating func agreement(
    of pattern: Pattern, with subject: Span<UInt8>, at offset: Int
  ) -> Int {
    let options = UInt32(PCRE2_NO_JIT) | UInt32(PCRE2_PARTIAL_HARD)
    return unsafe subject.withUnsafeBufferPointer { bytes in
      let address = unsafe bytes.baseAddress ?? Self.nothing
      var length = bytes.count
      while length > offset {
        let result = unsafe pcre2_match_8(
          pattern.code, address, length, offset, options, data, context)
        if result > 0 || result == PCRE2_ERROR_PARTIAL { return length }
        length -= 1
      }
      return offset
    }
  }

  private static nonisolated(unsafe) let nothing: UnsafePointer<UInt8> = {
    let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    unsafe byte.initialize(to: 0)
    return unsafe UnsafePointer(byte)
  }()
}
