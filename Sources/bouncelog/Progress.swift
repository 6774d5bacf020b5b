internal import Glibc
internal import LogReading
internal import Reporting

/// A line on a terminal's standard error that tells how far a long report is; nothing anywhere else.
///
/// It appears after a second, so that short work leaves no trace, and is gone when the work is done.
struct Progress {
  private static let delay = 1.0
  private static let interval = 0.2

  private let isShown: Bool
  /// The bytes on disk of all files; nil where one of them has no size, as a pipe.
  private let total: Int?
  private let start = Self.now
  private var next = Self.now + Self.delay
  private var isOnScreen = false

  /// Makes the line for some files.
  init(_ paths: [String]) {
    isShown = isatty(2) == 1
    var sum: Int? = 0
    if isShown {
      for path in paths {
        guard let size = LogSource.size(of: path) else {
          sum = nil
          break
        }
        sum? += size
      }
    }
    total = sum
  }

  /// Whether it is time to say something; asked for each block.
  var isDue: Bool { isShown && Self.now >= next }

  /// Says how far the work is: the bytes on disk and the lines that are done.
  mutating func show(bytes: Int, lines: Int) {
    let elapsed = Self.now - start
    next = Self.now + Self.interval
    isOnScreen = true
    Self.write(
      "\r" + Self.text(done: bytes, total: total, lines: lines, elapsed: elapsed)
        + "\u{1B}[K")
  }

  /// Takes the line off the screen.
  mutating func clear() {
    if isOnScreen { Self.write("\r\u{1B}[K") }
    isOnScreen = false
  }

  /// The line: bytes, percent, lines a second and the time left, as far as they are known.
  static func text(done: Int, total: Int?, lines: Int, elapsed: Double) -> String {
    var parts = ["\(done / 1_000_000) MB"]
    if let total, total > 0 {
      parts[0] += " of \(total / 1_000_000) MB, \(min(100, done * 100 / total))%"
    }
    if elapsed > 0 { parts.append("\(Int(Double(lines) / elapsed / 1000)) thousand lines/s") }
    if let total, done > 0, done < total {
      let left = Int((elapsed * Double(total - done) / Double(done)).rounded(.up))
      parts.append(left < 120 ? "\(left) s left" : "\(left / 60) min left")
    }
    return parts.joined(separator: ", ")
  }

  private static var now: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
