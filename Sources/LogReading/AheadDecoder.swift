internal import Threads

/// Decompresses an archive in a thread of its own, ahead of the one who reads it, as far as there is room.
@safe final class AheadDecoder: @unchecked Sendable {
  // @unchecked: everything that changes is behind the monitor, but for the free part of the ring, which only
  // the thread writes, and for the decoder, which is the thread's until it is done.

  /// The most bytes that are decompressed in one go: those before them are there to be read meanwhile.
  private static let stepBytes = 256 * 1024

  private let monitor = Monitor()
  private let decoder: MemberDecoder
  private let file: InputFile
  private let ring: UnsafeMutableRawBufferPointer
  private let room: Int
  // Counted without end; the place in the ring is the remainder.
  private var written = 0
  private var taken = 0
  private var position = 0
  /// Whether nothing more will be written.
  private var isDone = false
  /// Why not, until it is told.
  private var failure: ReadError?
  private var isStopped = false

  /// Goes on where a decoder is, with room for so many bytes; it begins to work with `start`.
  init(_ decoder: MemberDecoder, of file: InputFile, room: Int) {
    self.decoder = decoder
    self.file = file
    self.room = room
    // Memory that is never written to takes no place.
    unsafe ring = .allocate(byteCount: room, alignment: 16)
  }

  deinit { unsafe ring.deallocate() }

  /// Begins to decompress; false where the system gives no thread.
  func start() -> Bool {
    guard let thread = WorkerThread({ self.work() }) else { return false }
    thread.detach()
    return true
  }

  /// Gives up what is not decompressed yet.
  func stop() {
    monitor.locked {
      isStopped = true
      monitor.wakeAll()
    }
  }

  /// Bytes of the file that were read so far, before decompression.
  var readBytes: Int { monitor.locked { position } }

  /// The format of the archive.
  var format: Compression { decoder.format }

  /// Whether something follows the last member that is neither a member nor padding; told at the end.
  var hasGarbage: Bool { monitor.locked { isDone } && decoder.hasGarbage }

  /// Gives decompressed bytes, waiting for the first; 0 at the end.
  ///
  /// - Throws: what the decoder threw, once, after everything that could be decoded has been given.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    let space = buffer.count
    let ready = monitor.locked { () -> Range<Int> in
      while written == taken, !isDone { monitor.wait() }
      let start = taken % room
      return start..<start + min(written - taken, room - start, space)
    }
    if ready.isEmpty {
      if let failure = monitor.locked({ takeFailure() }) { throw failure }
      return 0
    }
    unsafe buffer.copyMemory(from: .init(rebasing: ring[ready]))
    monitor.locked {
      taken += ready.count
      monitor.wakeAll()
    }
    return ready.count
  }

  private func takeFailure() -> ReadError? {
    defer { failure = nil }
    return failure
  }

  private func work() {
    while let free = awaitRoom() {
      var step = Result<Int, ReadError>.success(0)
      do throws(ReadError) {
        // A file on disk always has something, if it is only its end.
        step = .success(try unsafe decoder.read(into: .init(rebasing: ring[free])) ?? 0)
      } catch {
        step = .failure(error)
      }
      monitor.locked {
        position = file.position
        switch step {
        case .success(let count):
          written += count
          isDone = count == 0
        case .failure(let error):
          failure = error
          isDone = true
        }
        monitor.wakeAll()
      }
    }
  }

  /// A part of the ring that is free, waited for; nil when the work is over.
  private func awaitRoom() -> Range<Int>? {
    monitor.locked {
      while written - taken == room, !isStopped { monitor.wait() }
      if isDone || isStopped { return nil }
      let start = written % room
      return start..<start
        + min(room - (written - taken), room - start, Self.stepBytes)
    }
  }
}
