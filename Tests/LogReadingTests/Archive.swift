import CBzip2
import CLzma
import CZstd
import TestSupport

/// The ways to pack a log, by the libraries' own compressors, so that no program is needed.
enum Archive: String, CaseIterable, Sendable {
  case gzip, xz, zstd, bzip2

  /// Some bytes as one member of an archive.
  func pack(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: bytes.count + bytes.count / 50 + 4096)
    switch self {
    case .gzip: return try folder.gzip(bytes)
    case .xz:
      var length = 0
      let code = unsafe lzma_easy_buffer_encode(
        6, LZMA_CHECK_CRC64, nil, bytes, bytes.count, &packed, &length, packed.count)
      guard code == LZMA_OK else { throw TestFailure("xz: \(code)") }
      packed.removeLast(packed.count - length)
    case .zstd:
      // With a checksum, as zstd(1) writes it.
      let context = unsafe ZSTD_createCCtx()
      defer { unsafe ZSTD_freeCCtx(context) }
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
      let length = unsafe ZSTD_compress2(context, &packed, packed.count, bytes, bytes.count)
      guard ZSTD_isError(length) == 0 else { throw TestFailure("zstd: \(length)") }
      packed.removeLast(packed.count - length)
    case .bzip2:
      var length = UInt32(packed.count)
      var source = bytes.map { CChar(bitPattern: $0) } + [0]
      let code = unsafe packed.withUnsafeMutableBytes { room in
        unsafe source.withUnsafeMutableBufferPointer { source in
          unsafe BZ2_bzBuffToBuffCompress(
            room.baseAddress?.assumingMemoryBound(to: CChar.self), &length, source.baseAddress,
            UInt32(bytes.count), 9, 0, 0)
        }
      }
      guard code == BZ_OK else { throw TestFailure("bzip2: \(code)") }
      packed.removeLast(packed.count - Int(length))
    }
    return packed
  }
}
