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

  /// With threads, archives are decompressed before their turn.
  @Test func `give the same report of archives, damaged or not`() throws {
    let folder = try TemporaryFolder()
    let lines = Self.log.split(separator: "\n", omittingEmptySubsequences: false)
    var paths: [String] = []
    for day in 0..<7 {
      let part = lines[(lines.count * day / 7)..<(lines.count * (day + 1) / 7)]
      let text = part.joined(separator: "\n") + "\n"
      let path = try folder.gzip(text.utf8, to: "mainlog.\(day).gz")
      if day == 2 {
        #expect(try Program.run("/usr/bin/truncate", ["-s", "-5000", path]).status == 0)
      }
      if day == 4 { try folder.append("rest".utf8, to: "mainlog.4.gz") }
      paths.append(path)
    }
    func report(_ threads: String) throws -> (output: [Substring], errors: String, status: Int32) {
      let outcome = try bouncelog(
        ["report", "--edge", "e", "--year", "2026", "--format", "json", "--threads", threads]
          + paths + [folder.file("none.gz")])
      let fields = outcome.output.split(separator: ",").filter { !$0.contains("generated_at") }
      return (fields, outcome.errors, outcome.status)
    }
    let wanted = try report("1")
    #expect(wanted.status == 66)
    #expect(wanted.errors.split(separator: "\n").count == 3, "\(wanted.errors)")
    for threads in ["2", "3", "8"] {
      let given = try report(threads)
      let isSame = given.output == wanted.output
      #expect(isSame, "\(threads) threads")
      #expect(given.errors == wanted.errors)
      #expect(given.status == 66)
    }
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
