import Glibc

/// Decompresses a file of one or more members, one behind the other.
///
/// As with gzip(1), what follows the last member and is no member itself is ignored, and told unless it is
/// padding.
final class MemberDecoder {
  private enum Phase {
    /// Inside a member, its header and trailer included.
    case member
    /// Behind a member, where another may begin.
    case betweenMembers
    /// Everything decodable was given; an error is thrown once.
    case finished(ReadError?)
  }

  private let input: CompressedInput
  let format: Compression
  private let codec: any Codec
  private var phase = Phase.member
  /// Whether something follows the last member that is neither a member nor padding.
  private(set) var hasGarbage = false
  /// Whether zeros have come behind which no member can begin.
  private var isPadded = false

  init(_ input: CompressedInput, format: Compression) throws(ReadError) {
    self.input = input
    self.format = format
    guard let codec = format.makeCodec() else {
      throw ReadError(path: input.path, attempt: .decompress, reason: .system(ENOMEM))
    }
    self.codec = codec
  }

  /// Decodes into a buffer that is not empty: 0 at the end, nil when the input has nothing yet.
  ///
  /// An error is thrown after everything that could be decoded has been given.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int? {
    while true {
      switch phase {
      case .member:
        // The library may still hold decoded bytes, so it is asked before the file is.
        let count = unsafe decode(into: buffer)
        if count > 0 { return count }
        guard case .member = phase, unsafe input.unread.isEmpty else { continue }
        guard let filled = try input.fill() else { return nil }
        if filled == 0 { phase = .finished(error(.truncatedData(format: format.name))) }
      case .betweenMembers:
        // An xz file may have zeros between its streams, and a gzip file behind the last one.
        if format == .xz || format == .gzip {
          let zeros = unsafe input.unread.prefix { $0 == 0 }.count
          input.consume(zeros)
          isPadded = isPadded || (format == .gzip && zeros > 0)
        }
        if unsafe input.unread.count < format.magic.count {
          guard let filled = try input.fill() else { return nil }
          if filled > 0 { continue }
        }
        let goesOn = unsafe !isPadded && format.begins(UnsafeRawBufferPointer(input.unread))
        hasGarbage = unsafe !goesOn && !input.unread.isEmpty
        phase = goesOn ? .member : .finished(nil)
        if goesOn, !codec.restart() { phase = .finished(error(.system(ENOMEM))) }
      case .finished(let error):
        phase = .finished(nil)
        if let error { throw error }
        return 0
      }
    }
  }

  /// Decodes what was read so far into a buffer, until either has no more room or bytes.
  private func decode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let step = unsafe codec.step(from: UnsafeRawBufferPointer(input.unread), into: buffer)
    input.consume(step.consumed)
    switch step.result {
    case .goesOn: break
    case .isComplete: phase = .betweenMembers
    case .failed(let reason): phase = .finished(error(reason))
    }
    return step.produced
  }

  private func error(_ reason: ReadError.Reason) -> ReadError {
    ReadError(path: input.path, attempt: .decompress, reason: reason)
  }
}
