/// The name under which an MTA holds a message, as up to 24 bytes kept in place.
///
/// Exim: 6-6-2 such as `1TRS2B-00033h-Fn` up to 4.96, 6-11-4 such as `16VDhn-000000001bo-D342` from 4.97 on
/// (spec "Message identification"). Postfix: short hexadecimal and long base-52 queue ids (mail_queue.h).
/// Ids are case-sensitive.
@usableFromInline package struct MessageID: Hashable, BitwiseCopyable, Sendable {
  @usableFromInline var words: (UInt64, UInt64, UInt64)

  /// The most bytes that an id can have.
  @inlinable package static var capacity: Int { 24 }

  /// No id: none that an MTA makes is empty.
  @inlinable package static var none: MessageID { MessageID(0, 0, 0) }

  /// Makes an id of its bytes, the first one lowest, with zeros behind the last.
  @inlinable @inline(__always) package init(_ first: UInt64, _ second: UInt64, _ third: UInt64) {
    words = (first, second, third)
  }

  /// Copies an id; nil if it is empty or longer than any MTA makes one.
  @inlinable package init?(_ bytes: Span<UInt8>) {
    guard !bytes.isEmpty, bytes.count <= Self.capacity else { return nil }
    words = (0, 0, 0)
    // Two loads that overlap read any length without a loop over bytes.
    unsafe bytes.withUnsafeBytes { raw in
      let count = raw.count
      func load(_ at: Int) -> UInt64 {
        unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      }
      if count >= 16 {
        words = (load(0), load(8), count == 16 ? 0 : load(count - 8) >> UInt64((24 - count) * 8))
      } else if count > 8 {
        words = (load(0), load(count - 8) >> UInt64((16 - count) * 8), 0)
      } else {
        for at in 0..<count { words.0 |= unsafe UInt64(raw[at]) << UInt64(at * 8) }
      }
    }
  }

  /// The id as text.
  package var text: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.capacity)
    func append(_ word: UInt64) {
      var rest = word
      while rest != 0 {
        bytes.append(UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
    }
    append(words.0)
    append(words.1)
    append(words.2)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A hash that depends on `seed`, for tables of ids.
  @inlinable @inline(__always) package func hashValue(seed: UInt64) -> UInt64 {
    var hash = mix(words.0 ^ seed, 0x9E37_79B9_7F4A_7C15)
    hash = mix(hash ^ words.1, 0xC2B2_AE3D_27D4_EB4F)
    return mix(hash ^ words.2, 0x1656_67B1_9E37_79F9)
  }

  /// Whether two ids are the same bytes.
  @inlinable package static func == (a: MessageID, b: MessageID) -> Bool {
    a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
  }

  /// Feeds the bytes to a hasher.
  @usableFromInline package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
  }
}

/// Folds the 128-bit product of two numbers into 64 bits, the step of wyhash.
@inlinable package func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}
