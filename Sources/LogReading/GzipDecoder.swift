import CZlib
import Glibc

/// Inflates a gzip file of one or more members.
///
/// As with gzip(1), what follows the last member and is no member itself (padding, garbage) is
/// ignored.
@safe final class GzipDecoder: Decoder {
  private enum Phase {
    /// Inside a member, its header and trailer included.
    case member
    /// Behind a member, where another may begin.
    case betweenMembers
    /// Everything decodable was given; an error is thrown once.
    case finished(ReadError?)
  }

  private let input: CompressedInput
  /// In memory of its own, since zlib keeps the address.
  private let stream: UnsafeMutablePointer<z_stream>
  private var phase = Phase.member

  init(_ input: CompressedInput) throws(ReadError) {
    self.input = input
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 is the largest window; 16 more ask for a gzip header and check its trailer.
    let result = unsafe inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      unsafe stream.deallocate()
      throw ReadError(path: input.path, attempt: .decompress, reason: .system(ENOMEM))
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int? {
    while true {
      switch phase {
      case .member:
        // zlib may still hold decoded bytes, so it is asked before the file is.
        let count = unsafe inflate(into: buffer)
        if count > 0 { return count }
        guard case .member = phase, unsafe input.unread.isEmpty else { continue }
        guard let filled = try input.fill() else { return nil }
        if filled == 0 { phase = .finished(error(.truncatedData(format: "gzip"))) }
      case .betweenMembers:
        if unsafe input.unread.count < Compression.gzip.magic.count {
          guard let filled = try input.fill() else { return nil }
          if filled > 0 { continue }
        }
        phase = unsafe input.unread.starts(with: Compression.gzip.magic) ? .member : .finished(nil)
        unsafe inflateReset(stream)
      case .finished(let error):
        phase = .finished(nil)
        if let error { throw error }
        return 0
      }
    }
  }

  /// Decodes what was read so far into a buffer, until either has no more room or bytes.
  private func inflate(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let given = unsafe input.unread
    let room = min(buffer.count, Int(UInt32.max))
    unsafe stream.pointee.next_in = given.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_in = UInt32(given.count)
    unsafe stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(room)
    let result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
    unsafe input.consume(given.count - Int(stream.pointee.avail_in))
    let count = unsafe room - Int(stream.pointee.avail_out)

    switch result {
    case Z_OK: break
    case Z_STREAM_END: phase = .betweenMembers
    // No progress without more input. With input at hand it cannot be, but must not loop.
    case Z_BUF_ERROR where unsafe input.unread.isEmpty: break
    case Z_MEM_ERROR: phase = .finished(error(.system(ENOMEM)))
    default:
      let detail = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      phase = .finished(error(.corruptData(format: "gzip", detail: detail ?? "")))
    }
    return count
  }

  private func error(_ reason: ReadError.Reason) -> ReadError {
    ReadError(path: input.path, attempt: .decompress, reason: reason)
  }
}
