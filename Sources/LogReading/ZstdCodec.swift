import CZstd
import Glibc

/// zstd by libzstd.
///
/// It refuses a file that needs a window of more than 128 MiB, as zstd(1) does without `--long`.
@safe final class ZstdCodec: Codec {
  private let stream: OpaquePointer

  init?() {
    guard let stream = unsafe ZSTD_createDStream() else { return nil }
    unsafe self.stream = unsafe stream
    guard restart() else { return nil }
  }

  deinit { unsafe ZSTD_freeDStream(stream) }

  func restart() -> Bool { unsafe ZSTD_isError(ZSTD_initDStream(stream)) == 0 }

  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> CodecStep {
    var given = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var room = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = unsafe ZSTD_decompressStream(stream, &room, &given)
    let result: CodecStep.Result
    if ZSTD_isError(code) != 0 {
      let detail = unsafe ZSTD_getErrorName(code).map { unsafe String(cString: $0) }
      result = CodecStep.corrupt(.zstd, detail ?? "")
    } else {
      // 0 where a frame is decoded and given in full.
      result = code == 0 ? .isComplete : .goesOn
    }
    return unsafe CodecStep(consumed: given.pos, produced: room.pos, result: result)
  }
}
