internal import Glibc
internal import LogReading

/// What journalctl gives of some units behind a cursor, in its export format.
///
/// The journal's own program reads it, so that any version of its files will do. The cursor comes from
/// a file that only journalctl writes: what strangers put into messages cannot move it.
struct JournalReader {
  /// The names of logs that are units begin so.
  static let prefix = "journal:"

  /// A failure in words.
  struct Problem: Error {
    let description: String
  }

  /// Gives all blocks of lines behind a cursor, and the cursor behind them.
  ///
  /// - Parameters:
  ///   - unit: a unit's name or pattern, as `journalctl --unit` takes it.
  ///   - cursor: where the last run ended; nil for the beginning.
  ///   - take: takes the blocks; what it took counts only if nothing is thrown.
  static func read(
    unit: String, after cursor: String?, _ take: (Span<UInt8>) -> Void
  ) throws -> String? {
    var template = Array("/tmp/bouncelog-cursor.XXXXXX".utf8CString)
    let file = unsafe mkstemp(&template)
    guard file >= 0 else { throw problem("a temporary file") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(file)
      unsafe unlink(path)
    }
    if let cursor {
      let bytes = Array(cursor.utf8)
      let written = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      guard written == bytes.count else { throw problem(path) }
    } else {
      // journalctl takes an empty file for a bad cursor, and makes one that is not there.
      unsafe unlink(path)
    }
    let child = try ChildOutput([
      "journalctl", "--output=export", "--no-pager", "--quiet", "--unit=\(unit)",
      "--cursor-file=\(path)",
    ])
    let source: LogSource
    do throws(ReadError) {
      source = try LogSource(path: "/dev/fd/\(child.descriptor)")
      let reader = BlockReader(source)
      while let block = unsafe try reader.next() {
        unsafe take(Span(_unsafeElements: block.bindMemory(to: UInt8.self)))
      }
    } catch {
      throw Problem(description: "journalctl: \(error.description)")
    }
    let status = child.wait()
    guard status == 0 else {
      throw Problem(description: "journalctl --unit=\(unit) ended with \(status)")
    }
    return contents(of: path)
  }

  private static func contents(of path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 32 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }

  private static func problem(_ what: String) -> Problem {
    Problem(description: "\(what): \(unsafe String(cString: strerror(errno)))")
  }
}

/// A program whose standard output is read.
final class ChildOutput {
  /// The end to read from.
  let descriptor: Int32
  private var child: pid_t = 0
  private var isWaitedFor = false

  /// Starts a program that is found by PATH; no shell has a part in it.
  init(_ words: [String]) throws {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw JournalReader.Problem(description: "\(words[0]): no pipe")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    descriptor = ends[0]
    defer { close(ends[1]) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    let code = unsafe posix_spawnp(&child, words[0], &actions, nil, arguments, environ)
    guard code == 0 else {
      isWaitedFor = true
      throw JournalReader.Problem(
        description: "\(words[0]): \(unsafe String(cString: strerror(code)))")
    }
  }

  /// Waits for the end; the exit code, or 128 and the number of the signal.
  func wait() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    isWaitedFor = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  deinit {
    close(descriptor)
    if !isWaitedFor {
      kill(child, SIGKILL)
      _ = wait()
    }
  }
}
