/// A way to decompress one file, fed step by step.
protocol Decoder: AnyObject {
  /// Decodes into a buffer that is not empty: 0 at the end, nil when the input has nothing yet.
  ///
  /// An error is thrown after everything that could be decoded has been given.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int?
}

/// A compression format that is recognised by a file's first bytes.
enum Compression: CaseIterable {
  case gzip

  /// The first bytes of every file of the format.
  var magic: [UInt8] {
    switch self {
    case .gzip: [0x1f, 0x8b]
    }
  }

  func makeDecoder(for input: CompressedInput) throws(ReadError) -> any Decoder {
    switch self {
    case .gzip: try GzipDecoder(input)
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
