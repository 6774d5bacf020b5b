public import Glibc
import Synchronization

/// A program that was started with pipes for its standard input, output and error.
///
/// It is for tests that run the built binary: no shell, an environment of its own, and no waiting
/// without an end, since a program that hangs is killed after a minute.
@safe public final class Program {
  /// How a program ended, and all that it wrote.
  public struct Outcome: Sendable {
    /// The exit code; 128 and the signal's number where a signal ended it.
    public var status: Int32
    /// What it wrote to standard output.
    public var output: String
    /// What it wrote to standard error.
    public var errors: String

    /// The lines of standard output.
    public var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static let patience: Int32 = 60_000
  /// Held from a pipe's making to the program's start, so that no other program inherits its ends.
  private static let starting = Mutex<Void>(())

  /// The process.
  public let id: pid_t
  private var input: Int32
  private var output: Int32
  private let errors: Int32
  private var unread: [UInt8] = []
  private var isReaped = false

  /// The path of a binary that was built together with the running tests.
  public static func built(_ name: String) throws -> String {
    let own = unsafe realpath("/proc/self/exe", nil)
    guard let own = unsafe own else { throw TestFailure("/proc/self/exe: errno \(errno)") }
    defer { unsafe free(own) }
    // The test runner lies in the products folder or in a bundle inside it.
    var folder = unsafe String(cString: own)
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      if unsafe access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
      for argument in CommandLine.arguments {
        guard let end = argument.lastIndex(of: "/"), argument.hasSuffix(".xctest") else { continue }
        let path = "\(argument[..<end])/\(name)"
        if unsafe access(path, X_OK) == 0 { return path }
      }
    }
    throw TestFailure("no \(name) beside the tests")
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: the binary.
  ///   - arguments: what stands behind its name.
  ///   - environment: `NAME=value` words, added to a plain `PATH` and `LANG` or in place of them.
  public init(_ path: String, _ arguments: [String], environment: [String] = []) throws {
    let started = try Self.starting.withLock { _ in
      try Self.start(
        path, [path] + arguments,
        ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"].filter { word in
          !environment.contains { $0.prefix(5) == word.prefix(5) }
        } + environment)
    }
    id = started.id
    input = started.pipes[0].writing
    output = started.pipes[1].reading
    errors = started.pipes[2].reading
  }

  private static func start(
    _ path: String, _ arguments: [String], _ environment: [String]
  ) throws -> (id: pid_t, pipes: [Pipe]) {
    let pipes = [try Pipe(), try Pipe(), try Pipe()]
    let inner = [pipes[0].reading, pipes[1].writing, pipes[2].writing]
    defer { for descriptor in inner { close(descriptor) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in inner.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe words.forEach { unsafe free($0) }
      unsafe variables.forEach { unsafe free($0) }
    }
    // The threads that run tests block signals, and ignore SIGPIPE; the program must not inherit that.
    var signals = sigset_t()
    var attributes = posix_spawnattr_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var id: pid_t = 0
    let error = unsafe posix_spawn(&id, path, &actions, &attributes, &words, &variables)
    guard error == 0 else { throw TestFailure("\(path): errno \(error)") }
    return (id, pipes)
  }

  deinit {
    if !isReaped {
      kill(id, SIGKILL)
      waitpid(id, nil, 0)
    }
    closeInput()
    if output >= 0 { close(output) }
    close(errors)
  }

  /// Runs a program to its end with this standard input.
  public static func run(
    _ path: String, _ arguments: [String], input: some Sequence<UInt8> = [],
    environment: [String] = []
  ) throws -> Outcome {
    let program = try Program(path, arguments, environment: environment)
    return try program.finish(input: Array(input))
  }

  /// Writes to standard input.
  public func write(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(input, bytes, bytes.count) == bytes.count else {
      throw TestFailure("write: errno \(errno)")
    }
  }

  /// Ends standard input.
  public func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// Sends a signal.
  public func signal(_ number: Int32) { kill(id, number) }

  /// Waits for the next line of standard output; nil when it ends.
  public func nextLine() throws -> String? {
    while true {
      if let end = unread.firstIndex(of: 10) {
        defer { unread.removeFirst(end + 1) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      try wait(for: [output])
      if try !read(output, into: &unread) { return nil }
    }
  }

  /// Stops reading standard output, as `head` does.
  public func closeOutput() {
    close(output)
    output = -1
  }

  /// Writes the rest of the input, ends it, and waits for the program's end.
  public func finish(input bytes: [UInt8] = []) throws -> Outcome {
    Glibc.signal(SIGPIPE, SIG_IGN)
    if input >= 0 { _ = fcntl(input, F_SETFL, O_NONBLOCK) }
    var sent = 0
    var text: [UInt8] = []
    var open = [output, errors].filter { $0 >= 0 }
    while !open.isEmpty {
      if sent == bytes.count { closeInput() }
      let ready = try wait(for: open, writing: input >= 0 ? input : nil)
      if ready.canWrite {
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe Glibc.write(input, buffer.baseAddress.map { unsafe $0 + sent }, bytes.count - sent)
        }
        // A program that does not read its input closes it.
        if count < 0, errno != EAGAIN { sent = bytes.count } else { sent += max(0, count) }
      }
      for descriptor in ready.readable {
        let goesOn =
          descriptor == output ? try read(output, into: &unread) : try read(errors, into: &text)
        if !goesOn { open.removeAll { $0 == descriptor } }
      }
    }
    closeInput()
    var status: Int32 = 0
    unsafe waitpid(id, &status, 0)
    isReaped = true
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Outcome(
      status: code, output: String(decoding: unread, as: UTF8.self),
      errors: String(decoding: text, as: UTF8.self))
  }

  /// Waits until a descriptor can be read or written; kills a program that is silent for too long.
  @discardableResult
  private func wait(
    for reading: [Int32], writing: Int32? = nil
  ) throws -> (readable: [Int32], canWrite: Bool) {
    var polled = reading.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if let writing { polled.append(pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)) }
    var count: Int32 = -1
    repeat {
      count = unsafe poll(&polled, nfds_t(polled.count), Self.patience)
    } while count < 0
      && errno == EINTR
    guard count > 0 else {
      kill(id, SIGKILL)
      throw TestFailure("the program hangs")
    }
    let ready = polled.filter { $0.revents != 0 }.map(\.fd)
    return (reading.filter(ready.contains), writing.map(ready.contains) ?? false)
  }

  /// Reads what is there; false at the end.
  private func read(_ descriptor: Int32, into bytes: inout [UInt8]) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0 { throw TestFailure("read: errno \(errno)") }
    bytes += buffer.prefix(count)
    return count > 0
  }

  private struct Pipe {
    var reading: Int32
    var writing: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      guard unsafe pipe(&ends) == 0 else { throw TestFailure("pipe: errno \(errno)") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      reading = ends[0]
      writing = ends[1]
    }
  }
}

extension TemporaryFolder {
  /// Compresses some bytes with the system's gzip into a file of the folder, and gives its path.
  public func gzip(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let plain = try write(bytes, to: name + ".plain")
    let outcome = try Program.run("/bin/gzip", ["-n", "-f", plain])
    guard outcome.status == 0, unsafe rename("\(plain).gz", file(name)) == 0 else {
      throw TestFailure("gzip: \(outcome.errors)")
    }
    return file(name)
  }

  /// The content of a file of the folder.
  public func contents(of name: String) throws -> String {
    guard let stream = unsafe fopen(file(name), "r") else {
      throw TestFailure("\(name): errno \(errno)")
    }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    while case let byte = unsafe getc(stream), byte >= 0 { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The names in the folder, sorted.
  public var names: [String] {
    var names: [String] = []
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
