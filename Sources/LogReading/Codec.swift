/// A library's way to decompress one member of an archive, fed step by step.
protocol Codec: AnyObject {
  /// Decodes some bytes into a buffer that is not empty, until either has no more.
  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> CodecStep

  /// Makes ready for the next member; false if there is no memory for it.
  func restart() -> Bool
}

/// What one step of a codec did.
struct CodecStep {
  /// How it goes on.
  enum Result {
    /// More input, or more room, is needed.
    case goesOn
    /// The member is complete.
    case isComplete
    case failed(ReadError.Reason)
  }

  /// Bytes taken from the input, and bytes put into the output.
  var consumed: Int
  var produced: Int
  var result: Result

  /// What a library's word for broken data means.
  static func corrupt(_ format: Compression, _ detail: String) -> Result {
    .failed(.corruptData(format: format.name, detail: detail))
  }
}
