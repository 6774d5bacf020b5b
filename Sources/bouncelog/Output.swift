internal import Glibc
internal import LogReading
internal import Reporting

/// Standard error, for sentences about what went wrong.
enum StandardError {
  /// Writes a text at once; names of files and words of users are made safe for a terminal.
  static func write(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let safe = Array(lines.map { TerminalText.clean(String($0)) }.joined(separator: "\n").utf8)
    _ = unsafe safe.withUnsafeBytes { bytes in unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
    }
  }
}

/// An output that collects bytes and writes them out in one go.
struct Output {
  private let descriptor: Int32
  private let name: String
  private var buffer: [UInt8] = []

  /// Standard output.
  static var standard: Output { Output(descriptor: 1, name: "standard output") }

  init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Whether people watch it.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The terminal's width in columns; nil if it is none or does not tell.
  var terminalColumns: Int? {
    var size = winsize()
    guard isTerminal, unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Adds bytes; they go out when many have come together.
  mutating func append(_ bytes: some Sequence<UInt8>) throws(Failure) {
    buffer.append(contentsOf: bytes)
    if buffer.count > 1 << 16 { try flush() }
  }

  /// Writes out what has come together.
  ///
  /// A reader that has gone (EPIPE) ends the process quietly: it has seen what it wanted.
  mutating func flush() throws(Failure) {
    var start = 0
    while start < buffer.count {
      let written = unsafe buffer.withUnsafeBytes { bytes in
        unsafe write(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
      }
      if written > 0 {
        start += written
      } else if errno == EAGAIN {
        var descriptorToPoll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&descriptorToPoll, 1, -1)
      } else if errno == EPIPE {
        exit(ExitStatus.done.rawValue)
      } else if errno != EINTR {
        throw Failure(
          status: .cannotWrite, message: "\(name): \(unsafe String(cString: strerror(errno)))")
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes sure that no output is one of the logs that are read, under whatever name: it would take its place.
  static func refuse(_ outputs: [String], among logs: [String]) throws(Failure) {
    guard !outputs.isEmpty else { return }
    let inputs = logs.map { $0 == LogSource.standardInput ? "/dev/stdin" : $0 }
      .compactMap { log in FileIdentity(of: log).map { (log, $0) } }
    for output in outputs {
      var status = stat()
      // A device is written to, not replaced.
      guard unsafe stat(output, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        let identity = FileIdentity(of: output),
        let (log, _) = inputs.first(where: { $0.1 == identity })
      else { continue }
      throw Failure(
        status: .usage, message: "\(output): the output would take the place of the log \(log)")
    }
  }

  /// Where a path leads, links followed; the path itself for a file that is not there.
  private static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// Writes a file by way of a temporary one beside it, so that no reader ever sees half of it.
  static func replace(
    _ path: String, _ write: (inout Output) throws(Failure) -> Void
  ) throws(Failure) {
    // What a link names is replaced, not the link.
    let target = resolved(path)
    let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
    let name = target.split(separator: "/").last.map(String.init) ?? target
    let temporary = "\(folder).\(name).\(getpid()).\(UInt32.random(in: .min ... .max))"
    func failure(_ status: ExitStatus) -> Failure {
      Failure(status: status, message: "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    // A device or a pipe is written to, not replaced.
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    let isDevice = path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
    if isThere, status.st_mode & S_IFMT != S_IFREG || isDevice {
      let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure(.cannotCreate) }
      defer { close(descriptor) }
      var output = Output(descriptor: descriptor, name: path)
      try write(&output)
      try output.flush()
      return
    }
    // Exclusively: in a folder of others a stranger could have put a link there.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = unsafe open(temporary, flags, 0o644)
    guard descriptor >= 0 else { throw failure(.cannotCreate) }
    // Who may read the old one may read the new one, and nobody else.
    if isThere { fchmod(descriptor, status.st_mode & 0o777) }
    do throws(Failure) {
      var output = Output(descriptor: descriptor, name: path)
      try write(&output)
      try output.flush()
    } catch {
      close(descriptor)
      unsafe unlink(temporary)
      throw error
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0, unsafe rename(temporary, target) == 0
    else {
      let problem = failure(.cannotWrite)
      unsafe unlink(temporary)
      throw problem
    }
  }
}
