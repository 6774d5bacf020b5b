import TestSupport
import Testing

/// Threads change how long a report takes, and nothing else.
@Suite struct `Threads` {
  /// All samples of one MTA in one log of several blocks, some lines of it wrapped in entries.
  static let log: String = {
    let samples = (try? Sample.all) ?? []
    let paths = samples.filter { !$0.name.contains("rotated") }.flatMap { (try? $0.logs) ?? [] }
    let text = (try? Program.run("/bin/cat", paths + paths).output) ?? ""
    var lines = text.split(separator: "\n").map(String.init)
    for index in stride(from: 7, to: lines.count, by: 501) {
      lines[index] = """
        __CURSOR=x
        __REALTIME_TIMESTAMP=1795486296000000
        _HOSTNAME=mx1
        SYSLOG_IDENTIFIER=postfix/smtpd
        _PID=9
        MESSAGE=NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 551 no; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<x>

        """
    }
    return lines.joined(separator: "\n") + "\n"
  }()

  static func report(_ words: [String], input: String = "") throws -> String {
    let outcome = try bouncelog(["report", "--edge", "e", "--year", "2026"] + words, input: input)
    try #require(outcome.status == 0, "\(outcome.errors)")
    // The moment at which the report was made.
    return outcome.output.split(separator: ",").filter { !$0.contains("generated_at") }
      .joined(separator: ",")
  }

  @Test(arguments: [
    ["--format", "json"], ["--format", "jsonl", "--event", "all"], ["--code", "all"],
  ])
  func `give the same report, to the byte`(words: [String]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.log.utf8, to: "log")
    let packed = try folder.gzip(Self.log.utf8, to: "log.gz")
    let wanted = try Self.report(words + ["--threads", "1", path])
    #expect(wanted.utf8.count > 2000)
    for threads in ["2", "3", "8"] {
      let given = try Self.report(words + ["--threads", threads, path])
      let isSame = given == wanted
      #expect(isSame, "\(threads) threads")
    }
    let files = try Self.report(words + ["--threads", "1", path, packed])
    let isSame = try Self.report(words + ["--threads", "3", path, packed]) == files
    #expect(isSame)
  }

  @Test func `or none: nothing is said of the progress where nobody watches`() throws {
    let outcome = try bouncelog(["report", "--edge", "e", "-"], input: Self.log)
    #expect(outcome.errors == "")
  }

  @Test func `give the same report of a pipe that brings one byte at a time`() throws {
    let log = String(Self.log.utf8.prefix(40_000)) ?? ""
    let wanted = try Self.report(["--format", "json", "--threads", "1"], input: log)
    for threads in ["1", "2", "3"] {
      let program = try started([
        "report", "--edge", "e", "--year", "2026", "--format", "json", "--threads", threads,
      ])
      for byte in log.utf8 { try program.write(String(UnicodeScalar(byte))) }
      program.closeInput()
      let output = try program.finish().output
      let given = output.split(separator: ",").filter { !$0.contains("generated_at") }
        .joined(separator: ",")
      #expect(given == wanted, "\(threads) threads")
    }
  }
}
