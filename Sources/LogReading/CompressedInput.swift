import Glibc

/// The compressed bytes a decoder has read from a file and not yet used.
@safe final class CompressedInput {
  private let file: InputFile
  private let memory: UnsafeMutableRawBufferPointer
  private var used: Range<Int>

  /// Starts with the bytes that were read to recognise the format.
  init(file: InputFile, beginning prefix: [UInt8]) {
    self.file = file
    unsafe memory = .allocate(byteCount: 64 * 1024, alignment: 16)
    unsafe memory.copyBytes(from: prefix)
    used = 0..<prefix.count
  }

  deinit { unsafe memory.deallocate() }

  var path: String { file.path }

  /// The bytes to decode next; valid until `fill()`.
  var unread: UnsafeMutableRawBufferPointer { unsafe .init(rebasing: memory[used]) }

  /// Tells that the first bytes of `unread` are decoded.
  func consume(_ count: Int) { used = used.lowerBound + count..<used.upperBound }

  /// Reads once behind what is unread: the number of bytes, 0 at the end, nil for nothing yet.
  func fill() throws(ReadError) -> Int? {
    let rest = unsafe unread
    unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rest))
    used = 0..<rest.count
    let count = try unsafe file.read(into: .init(rebasing: memory[used.upperBound...]))
    used = 0..<used.upperBound + (count ?? 0)
    return count
  }
}
