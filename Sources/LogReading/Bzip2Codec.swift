import CBzip2
import Glibc

/// bzip2 by libbz2.
@safe final class Bzip2Codec: Codec {
  /// In memory of its own, since libbz2 keeps the address.
  private let stream: UnsafeMutablePointer<bz_stream>

  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: bz_stream())
    guard start() else { return nil }
  }

  deinit {
    unsafe BZ2_bzDecompressEnd(stream)
    unsafe stream.deallocate()
  }

  private func start() -> Bool { unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK }

  func restart() -> Bool {
    unsafe BZ2_bzDecompressEnd(stream)
    unsafe stream.pointee = bz_stream()
    return start()
  }

  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> CodecStep {
    let given = min(input.count, Int(UInt32.max))
    let room = min(output.count, Int(UInt32.max))
    // libbz2 only reads what it is given, although it does not say so.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
    unsafe stream.pointee.avail_in = UInt32(given)
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
    unsafe stream.pointee.avail_out = UInt32(room)
    let code = unsafe BZ2_bzDecompress(stream)
    let result: CodecStep.Result =
      switch code {
      case BZ_OK: .goesOn
      case BZ_STREAM_END: .isComplete
      case BZ_MEM_ERROR: .failed(.system(ENOMEM))
      default: CodecStep.corrupt(.bzip2, "")
      }
    return unsafe CodecStep(
      consumed: given - Int(stream.pointee.avail_in),
      produced: room - Int(stream.pointee.avail_out),
      result: result)
  }
}
