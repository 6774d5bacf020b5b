import CZlib
import Glibc

/// gzip by zlib.
@safe final class GzipCodec: Codec {
  /// In memory of its own, since zlib keeps the address.
  private let stream: UnsafeMutablePointer<z_stream>

  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 is the largest window; 16 more ask for a gzip header and check its trailer.
    let result = unsafe inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { return nil }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func restart() -> Bool { unsafe inflateReset(stream) == Z_OK }

  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> CodecStep {
    let given = min(input.count, Int(UInt32.max))
    let room = min(output.count, Int(UInt32.max))
    // zlib only reads what it is given, although it does not say so.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(given)
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(room)
    let code = unsafe inflate(stream, Z_NO_FLUSH)
    let left = unsafe Int(stream.pointee.avail_in)
    return unsafe CodecStep(
      consumed: given - left, produced: room - Int(stream.pointee.avail_out),
      result: result(code, hasInput: left > 0))
  }

  private func result(_ code: Int32, hasInput: Bool) -> CodecStep.Result {
    switch code {
    case Z_OK: return .goesOn
    case Z_STREAM_END: return .isComplete
    // No progress without more input. With input at hand it cannot be, but must not loop.
    case Z_BUF_ERROR where !hasInput: return .goesOn
    case Z_MEM_ERROR: return .failed(.system(ENOMEM))
    default:
      let detail = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      return CodecStep.corrupt(.gzip, detail ?? "")
    }
  }
}
