internal import Glibc

/// One log as a stream of bytes: a file, a FIFO, a device or standard input, decompressed.
///
/// Compression is recognised by the first bytes and never by the name, also on a pipe. Nothing is
/// read before the first call of `read(into:)`.
package final class LogSource {
  /// The path that stands for standard input.
  package static let standardInput = "-"

  private enum Format {
    /// The first bytes, which do not yet tell what the file is.
    case undecided([UInt8])
    /// Lines as they are, beginning with bytes that were read to tell.
    case plain([UInt8])
    case compressed(MemberDecoder)
    /// The same, in a thread of its own.
    case ahead(AheadDecoder)
    /// Nothing more after an error.
    case failed
  }

  let file: InputFile
  private var format = Format.undecided([])

  /// The path as it was given, `-` for standard input.
  package var path: String { file.path }
  /// Bytes given so far, after decompression.
  package private(set) var deliveredBytes = 0
  /// Bytes read so far as they are in the file, before decompression.
  package var readBytes: Int {
    if case .ahead(let decoder) = format { decoder.readBytes } else { file.position }
  }
  /// Seconds since 1970 of the last write before opening; nil for all but regular files.
  package var modificationTime: Int? { file.modificationTime }
  /// The format of an archive behind which something was found that is no part of it; told at the end.
  package var garbageBehind: String? {
    switch format {
    case .compressed(let decoder): decoder.hasGarbage ? decoder.format.name : nil
    case .ahead(let decoder): decoder.hasGarbage ? decoder.format.name : nil
    case .undecided, .plain, .failed: nil
    }
  }
  /// Tells the same file from another, whatever path was used to open it.
  package var identity: FileIdentity { file.identity }

  /// Opens a file, a FIFO or a device, or takes standard input for `-`; a directory is an error.
  ///
  /// A FIFO opens at once; its writer is waited for by the first read.
  package init(path: String) throws(ReadError) {
    file = try InputFile(path: path)
  }

  deinit {
    if case .ahead(let decoder) = format { decoder.stop() }
  }

  /// Opens an archive and decompresses it in a thread of its own, ahead of who will read it; nil for all that is
  /// none, and where no thread is to be had.
  ///
  /// - Parameter room: the most bytes to be ahead, after decompression.
  package init?(ahead path: String, room: Int) {
    guard let file = InputFile(regular: path) else { return nil }
    self.file = file
    guard (try? decideFormat()) != nil, case .compressed(let decoder) = format else { return nil }
    let ahead = AheadDecoder(decoder, of: file, room: room)
    guard ahead.start() else { return nil }
    format = .ahead(ahead)
  }

  /// Opens a regular file to look at it, before or beside the one who reads it as a log; nil for all else,
  /// and for one that cannot be opened.
  package init?(regular path: String) {
    guard let file = InputFile(regular: path) else { return nil }
    self.file = file
  }

  /// Reads what is there into a buffer that is not empty, waiting for the first byte; 0 is the end.
  ///
  /// The buffer is not filled at any price: bytes of a pipe are given as they come. An error comes
  /// after all bytes that could be read or decoded, once; after it there is only the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    while true {
      if let count = try unsafe readAvailable(into: buffer) { return count }
      file.waitUntilReadable()
    }
  }

  /// Reads like `read(into:)`, but gives nil instead of waiting.
  func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int? {
    unsafe precondition(!buffer.isEmpty, "a read needs room for a byte")
    do {
      let count = try unsafe decode(into: buffer)
      deliveredBytes += count ?? 0
      return count
    } catch {
      format = .failed
      throw error
    }
  }

  private func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int? {
    while true {
      switch format {
      case .undecided(let prefix):
        guard let more = try readMore(of: prefix) else { return nil }
        if prefix.isEmpty && more.isEmpty { return 0 }
        format = try Self.format(of: file, beginning: prefix + more, isComplete: more.isEmpty)
      case .plain(let prefix):
        if prefix.isEmpty { return try unsafe file.read(into: buffer) }
        let count = min(prefix.count, buffer.count)
        unsafe buffer.copyBytes(from: prefix.prefix(count))
        format = .plain(Array(prefix.dropFirst(count)))
        guard count < buffer.count else { return count }
        // What was read to tell the format is only the beginning of what is there. An error comes again.
        let more = try? unsafe file.read(into: .init(rebasing: buffer[count...]))
        return count + ((more ?? nil) ?? 0)
      case .compressed(let decoder):
        return try unsafe decoder.read(into: buffer)
      case .ahead(let decoder):
        return try unsafe decoder.read(into: buffer)
      case .failed:
        return 0
      }
    }
  }

  /// Reads more of the bytes that tell the format: none at the end, nil when nothing is there yet.
  private func readMore(of prefix: [UInt8]) throws(ReadError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Compression.longestMagic - prefix.count)
    let count = try unsafe bytes.withUnsafeMutableBufferPointer { (room) throws(ReadError) in
      try unsafe file.read(into: UnsafeMutableRawBufferPointer(room))
    }
    return count.map { Array(bytes.prefix($0)) }
  }

  private static func format(
    of file: InputFile, beginning prefix: [UInt8], isComplete: Bool
  ) throws(ReadError) -> Format {
    switch Compression.verdict(on: prefix) {
    case .compressed(let compression):
      .compressed(
        try MemberDecoder(.init(file: file, beginning: prefix), format: compression))
    case .undecided where !isComplete: .undecided(prefix)
    case .undecided, .plain: .plain(prefix)
    }
  }
}

extension LogSource {
  /// Whether there is anything under a path.
  package static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The bytes that a regular file has on disk; nil for all else, and for a file that cannot be opened.
  package static func size(of path: String) -> Int? {
    try? InputFile(regular: path)?.currentSize()
  }

  /// The bytes that a regular file has, decompressed, as far as it can be read; 0 for all else.
  ///
  /// An archive is read to its end for that.
  package static func length(of path: String) -> Int {
    guard let source = LogSource(regular: path) else { return 0 }
    var room = [UInt8](repeating: 0, count: 1 << 16)
    do {
      while try unsafe room.withUnsafeMutableBytes({ try unsafe source.read(into: $0) }) > 0 {
        if !source.isCompressed { return try source.file.currentSize() }
      }
    } catch {
      // What comes before the damage can be read.
    }
    return source.deliveredBytes
  }

  /// Reads the first bytes of a file, decompressed, to see what a rotated log begins with.
  ///
  /// Fewer come from a shorter file, or from an archive that is damaged further on; none from a pipe
  /// or a device, where they would be missing for the reader, and none from a file that cannot be read.
  package static func head(of path: String, bytes: Int) -> [UInt8] {
    guard let source = LogSource(regular: path) else { return [] }
    var head = [UInt8](repeating: 0, count: bytes)
    let count = (try? source.fillUpTo(&head)) ?? 0
    return Array(head.prefix(count))
  }
}

/// What reading a log again needs.
extension LogSource {
  /// Whether the file is an archive; told once something was read.
  var isCompressed: Bool {
    switch format {
    case .compressed, .ahead: true
    case .undecided, .plain, .failed: false
    }
  }

  /// The first bytes of a regular file, decompressed, as many as tell it from others; reading begins anew.
  func readHead() throws(ReadError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: KnownFile.longestHead)
    let count = try fillUpTo(&head)
    try rewind()
    // The format is found out again, so that it is known also of a file of which nothing is read.
    try decideFormat()
    return Array(head.prefix(count))
  }

  /// Passes over bytes, decompressed, from the beginning of a regular file; false if there are fewer.
  package func skip(to offset: Int) throws(ReadError) -> Bool {
    if offset == 0 { return true }
    try decideFormat()
    if case .plain = format {
      guard try file.currentSize() >= offset else { return false }
      try file.seek(to: offset)
      format = .plain([])
      return true
    }
    var room = [UInt8](repeating: 0, count: 1 << 16)
    var left = offset
    while left > 0 {
      if left < room.count { room.removeLast(room.count - left) }
      guard try fill(&room) else { return false }
      left -= room.count
    }
    return true
  }

  /// Fills an array from where reading is; false if there are too few bytes.
  ///
  /// - Throws: `ReadError` where damage is the reason.
  func fill(_ bytes: inout [UInt8]) throws(ReadError) -> Bool {
    var count = 0
    try fill(&bytes, count: &count)
    return count == bytes.count
  }

  /// Reads until an array is full or the end comes; an error comes only where nothing else did.
  private func fillUpTo(_ bytes: inout [UInt8]) throws(ReadError) -> Int {
    var count = 0
    do throws(ReadError) {
      try fill(&bytes, count: &count)
    } catch {
      if count == 0 { throw error }
    }
    return count
  }

  /// Reads until an array is full or the end comes, and counts the bytes, also of those before an error.
  private func fill(_ bytes: inout [UInt8], count: inout Int) throws(ReadError) {
    while count < bytes.count {
      let length = try unsafe bytes.withUnsafeMutableBufferPointer { (all) throws(ReadError) in
        try unsafe read(into: .init(rebasing: UnsafeMutableRawBufferPointer(all)[count...]))
      }
      if length == 0 { break }
      count += length
    }
  }

  private func decideFormat() throws(ReadError) {
    while case .undecided(let prefix) = format {
      guard let more = try readMore(of: prefix), !(more.isEmpty && prefix.isEmpty) else { return }
      format = try Self.format(of: file, beginning: prefix + more, isComplete: more.isEmpty)
    }
  }
}

/// What following a file needs beyond reading it once.
extension LogSource {
  /// Whether reading ends for good at the end: always true but for an uncompressed regular file.
  var endsForGood: Bool {
    switch format {
    case .undecided, .plain: !file.isRegular
    case .compressed, .ahead, .failed: true
    }
  }

  /// Whether a file has become shorter than what was read of it.
  func isTruncated() throws(ReadError) -> Bool {
    guard !endsForGood else { return false }
    return try file.currentSize() < file.position
  }

  /// Reads a regular file from its start again.
  func rewind() throws(ReadError) {
    try file.seek(to: 0)
    format = .undecided([])
  }

  /// Passes over all but the last bytes of a regular file; a compressed one is left as it is.
  func skip(toLast count: Int) throws(ReadError) {
    try decideFormat()
    guard case .plain = format else { return }
    try file.seek(to: max(0, file.currentSize() - count))
    format = .plain([])
  }
}
