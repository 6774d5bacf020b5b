/// A way of packing files that is known by its first bytes and cannot be read.
enum Packing: String, CaseIterable {
  case xz, zstd, bzip2

  /// The packing of some bytes; nil for any other.
  init?(of head: [UInt8]) {
    guard let found = Self.allCases.first(where: { head.starts(with: $0.magic) }) else {
      return nil
    }
    self = found
  }

  private var magic: [UInt8] {
    switch self {
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    case .bzip2: Array("BZh".utf8)
    }
  }
}
