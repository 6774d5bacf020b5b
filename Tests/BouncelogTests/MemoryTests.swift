import Glibc
import TestSupport
import Testing

/// What bouncelog keeps grows with what is open and with the distinct names, never with the log.
@Suite struct `Memory` {
  /// Messages with ids of their own that all end, a few at a time open.
  private static func log(_ messages: Range<Int>) -> String {
    var log = ""
    for number in messages {
      let digits = String(number)
      let id = "1xVg0C-" + String(repeating: "0", count: 6 - digits.count) + digits + "-05"
      let stamp = "2026-11-24 02:11:24"
      log += """
        \(stamp) \(id) <= user\(number)@acme.example H=(x) [192.0.2.1] P=esmtp S=551
        \(stamp) \(id) ** bob\(number)@d1.test R=all T=rs H=mx1.d1.test [192.0.2.2]: SMTP error from \
        remote mail server after RCPT TO:<bob\(number)@d1.test>: 551 not our customer
        \(stamp) \(id) Completed

        """
    }
    return log
  }

  private static func residentKilobytes(_ id: pid_t) throws -> Int {
    let path = "/proc/\(id)/status"
    guard let file = unsafe fopen(path, "r") else {
      throw Problem("\(path): \(unsafe String(cString: strerror(errno)))")
    }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    while unsafe fgets(&line, Int32(line.count), file) != nil {
      let words = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
      )
      .split { " \t\n".contains($0) }
      if words.first == "VmHWM:", words.count > 1, let kilobytes = Int(words[1]) {
        return kilobytes
      }
    }
    throw Problem("\(path) does not tell VmHWM")
  }

  struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  @Test func `does not grow with the log`() throws {
    let program = try started(["follow", "--edge", "e"])
    func feed(_ messages: Range<Int>) throws -> Int {
      for start in stride(from: messages.lowerBound, to: messages.upperBound, by: 100) {
        try program.write(Self.log(start..<(start + 100)))
        // The outcomes are out, so that everything before them was read.
        for _ in 0..<100 { _ = try program.nextLine() }
      }
      return try Self.residentKilobytes(program.id)
    }
    let before = try feed(0..<2000)
    let after = try feed(2000..<12_000)
    program.closeInput()
    let outcome = try program.finish()
    #expect(outcome.output.hasPrefix("12000 failures with SMTP 551"))
    // Ten thousand messages would be megabytes.
    #expect(after - before < 1024, "\(before) KiB, then \(after) KiB")
  }
}
