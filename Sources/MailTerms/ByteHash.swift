/// A fast hash of bytes for tables in memory, after wyhash.
///
/// Its seed keeps strangers from choosing names that collide. It is never written anywhere: see
/// `XXHash64` for that.
@usableFromInline package enum ByteHash {
  /// The seed of this process's tables: a hash that one part of it made serves the others.
  package static let seed = UInt64.random(in: .min ... .max)

  /// The hash of some bytes, with ASCII letters folded to lower case on request.
  @inlinable @inline(__always) package static func hash(
    _ bytes: Span<UInt8>, seed: UInt64, foldingCase: Bool = false
  ) -> UInt64 {
    foldingCase ? foldedHash(bytes, seed: seed) : plainHash(bytes, seed: seed)
  }

  @usableFromInline static func plainHash(_ bytes: Span<UInt8>, seed: UInt64) -> UInt64 {
    hash(bytes, seed) { $0 }
  }

  @usableFromInline static func foldedHash(_ bytes: Span<UInt8>, seed: UInt64) -> UInt64 {
    hash(bytes, seed) { folded($0) }
  }

  @inline(__always) private static func hash(
    _ bytes: Span<UInt8>, _ seed: UInt64, _ fold: (UInt64) -> UInt64
  ) -> UInt64 {
    unsafe bytes.withUnsafeBytes { raw in
      let count = raw.count
      var hash = seed ^ UInt64(truncatingIfNeeded: count)
      guard let start = raw.baseAddress else { return mix(hash, 0xC2B2_AE3D_27D4_EB4F) }
      var at = 0
      while count &- at >= 8 {
        let word = unsafe start.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        hash = mix(hash ^ fold(word), 0x9E37_79B9_7F4A_7C15)
        at &+= 8
      }
      var word: UInt64 = 0
      if at < count, count >= 8 {
        // The last eight bytes, of which some were read already.
        word = unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      } else {
        while at < count {
          word = unsafe word << 8 | UInt64(start.load(fromByteOffset: at, as: UInt8.self))
          at &+= 1
        }
      }
      return mix(hash ^ fold(word), 0xC2B2_AE3D_27D4_EB4F)
    }
  }

  /// Whether the same bytes stand at two places; names are short, so that a call would cost more.
  @inlinable @inline(__always) @unsafe package static func areSame(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int
  ) -> Bool {
    func same<Word: FixedWidthInteger & BitwiseCopyable>(_ at: Int, _: Word.Type) -> Bool {
      unsafe a.loadUnaligned(fromByteOffset: at, as: Word.self)
        == b.loadUnaligned(fromByteOffset: at, as: Word.self)
    }
    // The last word of each size may lie over the one before.
    if count >= 8 {
      var at = 0
      while at &+ 8 < count {
        guard same(at, UInt64.self) else { return false }
        at &+= 8
      }
      return same(count &- 8, UInt64.self)
    }
    if count >= 4 { return same(0, UInt32.self) && same(count &- 4, UInt32.self) }
    if count >= 2 { return same(0, UInt16.self) && same(count &- 2, UInt16.self) }
    return count == 0 || same(0, UInt8.self)
  }

  /// The lower case of eight ASCII letters at once; other bytes stay.
  @inline(__always) static func folded(_ word: UInt64) -> UInt64 {
    // Every byte but a capital letter and some odd ones has the bit that tells the cases apart.
    let caseBits: UInt64 = 0x2020_2020_2020_2020
    return word & caseBits == caseBits ? word : foldedLetters(word)
  }

  private static func foldedLetters(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
    let behindZ = low &+ 0x2525_2525_2525_2525
    return word | (fromA & ~behindZ & ~word & 0x8080_8080_8080_8080) >> 2
  }
}
