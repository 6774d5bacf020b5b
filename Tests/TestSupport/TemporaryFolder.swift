import Glibc

/// A folder of its own for one test, removed with all its content when the value dies.
public final class TemporaryFolder: Sendable {
  /// The folder's absolute path, without a final slash.
  public let path: String

  /// Makes a new, empty folder under `$TMPDIR` or `/tmp`.
  public init() throws {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/bouncelog-test.XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
    }
    guard let made else { throw TestFailure("mkdtemp: errno \(errno)") }
    path = made
  }

  deinit { Self.remove(path) }

  /// The path of a file inside the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file anew and gives its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try save(Array(bytes), to: file(name), mode: "w")
    return file(name)
  }

  /// Appends to a file, making it when it is missing.
  public func append(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try save(Array(bytes), to: file(name), mode: "a")
  }

  private static func remove(_ path: String) {
    if let folder = unsafe opendir(path) {
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if name == "." || name == ".." { continue }
        let isFolder = unsafe entry.pointee.d_type == DT_DIR
        if isFolder { remove("\(path)/\(name)") } else { unsafe unlink("\(path)/\(name)") }
      }
      unsafe closedir(folder)
    }
    unsafe rmdir(path)
  }

  private func save(_ bytes: [UInt8], to path: String, mode: String) throws {
    guard let stream = unsafe fopen(path, mode) else {
      throw TestFailure("\(path): errno \(errno)")
    }
    defer { unsafe fclose(stream) }
    let written = unsafe bytes.withUnsafeBytes {
      unsafe fwrite($0.baseAddress, 1, $0.count, stream)
    }
    guard written == bytes.count else { throw TestFailure("\(path): short write") }
  }
}

/// What went wrong while a test was being set up.
public struct TestFailure: Error, CustomStringConvertible {
  /// The sentence to show.
  public let description: String

  /// Makes a failure with its sentence.
  public init(_ description: String) { self.description = description }
}
