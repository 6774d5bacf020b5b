import CLzma
import Glibc

/// xz by liblzma.
@safe final class XzCodec: Codec {
  /// The most memory a file may ask for: `xz -9` needs 65 MiB to decompress.
  private static let memoryLimit: UInt64 = 256 << 20

  /// In memory of its own, since liblzma keeps the address.
  private let stream: UnsafeMutablePointer<lzma_stream>

  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    guard restart() else { return nil }
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func restart() -> Bool { unsafe lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK }

  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> CodecStep {
    unsafe stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_in = input.count
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = output.count
    let code = unsafe lzma_code(stream, LZMA_RUN)
    let left = unsafe stream.pointee.avail_in
    return unsafe CodecStep(
      consumed: input.count - left, produced: output.count - stream.pointee.avail_out,
      result: result(code, hasInput: left > 0))
  }

  private func result(_ code: lzma_ret, hasInput: Bool) -> CodecStep.Result {
    switch code {
    case LZMA_OK: .goesOn
    case LZMA_STREAM_END: .isComplete
    case LZMA_BUF_ERROR where !hasInput: .goesOn
    case LZMA_MEM_ERROR: .failed(.system(ENOMEM))
    case LZMA_MEMLIMIT_ERROR: CodecStep.corrupt(.xz, "needs more than 256 MiB of memory")
    case LZMA_OPTIONS_ERROR: CodecStep.corrupt(.xz, "unknown options")
    default: CodecStep.corrupt(.xz, "")
    }
  }
}
