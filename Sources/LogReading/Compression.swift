/// A compression format that is recognised by a file's first bytes.
enum Compression: CaseIterable {
  case gzip, xz, zstd, bzip2

  /// The name for messages.
  var name: String {
    switch self {
    case .gzip: "gzip"
    case .xz: "xz"
    case .zstd: "zstd"
    case .bzip2: "bzip2"
    }
  }

  /// The first bytes of every file of the format (RFC 1952, RFC 8878, the .xz file format, bzip2(1)).
  var magic: [UInt8] {
    switch self {
    case .gzip: [0x1f, 0x8b]
    case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
    case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
    case .bzip2: Array("BZh".utf8)
    }
  }

  /// Whether some bytes begin a part of an archive of the format.
  func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if unsafe bytes.starts(with: magic) { return true }
    // A frame to be passed over, which zstd allows between the others (RFC 8878 section 3.1.2).
    guard case .zstd = self, bytes.count >= 4 else { return false }
    return unsafe bytes[0] & 0xf0 == 0x50 && bytes[1] == 0x2a && bytes[2] == 0x4d
      && bytes[3] == 0x18
  }

  func makeCodec() -> (any Codec)? {
    switch self {
    case .gzip: GzipCodec()
    case .xz: XzCodec()
    case .zstd: ZstdCodec()
    case .bzip2: Bzip2Codec()
    }
  }
}

extension Compression {
  /// What the first bytes of a file say about its format.
  enum Verdict: Equatable {
    case plain
    case compressed(Compression)
    /// The bytes are the beginning of some format's magic.
    case undecided
  }

  /// The most bytes that are needed for a verdict.
  static let longestMagic = allCases.map(\.magic.count).max() ?? 0

  static func verdict(on prefix: [UInt8]) -> Verdict {
    if let found = allCases.first(where: { prefix.starts(with: $0.magic) }) {
      return .compressed(found)
    }
    return allCases.contains { $0.magic.starts(with: prefix) } ? .undecided : .plain
  }
}
