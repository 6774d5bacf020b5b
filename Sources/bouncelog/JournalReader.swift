internal import Glibc
internal import LogReading

/// What journalctl gives of some units behind a cursor, in its export format.
///
/// The journal's own program reads it, so that any version of its files will do. The cursor comes from
/// a file that only journalctl writes: what strangers put into messages cannot move it.
struct JournalReader {
  /// The names of logs that are units begin so.
  static let prefix = "journal:"

  /// Gives all blocks of lines behind a cursor, and the cursor behind them.
  ///
  /// - Parameters:
  ///   - unit: a unit's name or pattern, as `journalctl --unit` takes it.
  ///   - cursor: where the last run ended; nil for the beginning.
  ///   - take: takes the blocks; what it took counts only if nothing is thrown.
  static func read(
    unit: String, after cursor: String?, _ take: (Span<UInt8>) -> Void
  ) throws -> String? {
    // A folder of its own: in /tmp itself a stranger could put a link where journalctl will write.
    var template = Array("/tmp/bouncelog.XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw problem("a temporary folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = folder + "/cursor"
    defer {
      unsafe unlink(path)
      unsafe rmdir(folder)
    }
    if let cursor { try write(cursor, to: path) }
    let child = try ChildProcess(
      [
        "journalctl", "--output=export", "--no-pager", "--quiet", "--unit=\(unit)",
        "--cursor-file=\(path)",
      ], piping: .output)
    let source: LogSource
    do throws(ReadError) {
      source = try LogSource(path: "/dev/fd/\(child.descriptor)")
      let reader = BlockReader(source)
      while let block = unsafe try reader.next() {
        unsafe take(Span(_unsafeElements: block.bindMemory(to: UInt8.self)))
      }
    } catch {
      throw ChildProcess.Problem(description: "journalctl: \(error.description)")
    }
    try child.wait()
    return contents(of: path)
  }

  private static func write(_ text: String, to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw problem(path) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    let written = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(file, $0.baseAddress, $0.count)
    }
    guard written == bytes.count else { throw problem(path) }
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

  private static func problem(_ what: String) -> ChildProcess.Problem {
    ChildProcess.Problem(description: "\(what): \(unsafe String(cString: strerror(errno)))")
  }
}
