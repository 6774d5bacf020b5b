import Glibc
import TestSupport
import Testing

@Suite struct `Exit code` {
  let folder: TemporaryFolder
  let mainlog: String

  init() throws {
    folder = try TemporaryFolder()
    mainlog = try folder.write((monday + tuesday).utf8, to: "mainlog")
  }

  @Test(arguments: [
    ["--help"], ["report", "--help"], ["patterns", "test", "--help"], ["--version"],
  ])
  func `is 0 for help and version`(arguments: [String]) throws {
    let outcome = try bouncelog(arguments)
    #expect(outcome.status == 0)
    #expect(!outcome.output.isEmpty)
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: [
    ["report", "--nope"], ["report", "--code", "abc"], ["report", "--code", "600"],
    ["report", "--top", "0"], ["report", "--top", "x"], ["report", "--format", "yaml"],
    ["report", "--by", "colour"], ["report", "--origin", "moon"], ["report", "--mta", "sendmail"],
    ["report", "--since", "soon"], ["report", "--day", "2026-02-30"],
    ["report", "--day", "today", "--since", "1h"], ["report", "--event", "lost"],
    ["report", "--timezone", "Mars/Olympus"], ["report", "--year", "26"],
    ["report", "-o", "x.pdf"], ["report", "--threads", "0"], ["report", "--threads", "65"],
    ["report", "--threads", "9223372036854775807"], ["trace", "--threads", "65", "x@y.example"],
    ["report", "--color", "pink"], ["follow", "--format", "json"], ["follow", "-o", "x.jsonl"],
    ["follow", "-f", "csv"], ["follow", "-f", "html"], ["follow", "-f", "prometheus"],
    ["report", "-o", "-"], ["report", "--timezone", "+25:00"], ["report", "--timezone", "+0x:00"],
    ["patterns", "nope"], ["patterns", "show"],
  ])
  func `is 64 for wrong usage, with a sentence on standard error`(arguments: [String]) throws {
    let outcome = try bouncelog(arguments, input: monday)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(!outcome.errors.isEmpty)
  }

  @Test(arguments: [
    ["report", "--code", "\u{1B}[31m"], ["report", "--\u{1B}[31m"],
    ["trace", "a\n\u{1B}]0;x\u{7}"],
    ["\u{1B}[31m", "x"], ["check", "-w", "\u{1B}[31m"],
  ])
  func `never comes with a quoted word that could command the terminal`(arguments: [String]) throws
  {
    let outcome = try bouncelog(arguments)
    #expect(outcome.status != 0)
    #expect(!(outcome.output + outcome.errors).contains { $0 == "\u{1B}" || $0 == "\u{7}" })
  }

  @Test(arguments: [
    (["check", "-w", "9", "LOG"], ">/dev/full", 3), (["check", "-w", "9", "LOG"], ">&-", 3),
    (["report", "LOG"], ">/dev/full", 74), (["report", "LOG"], ">&-", 74),
    (["state", "show"], ">&-", 74), (["report"], "<&-", 66),
  ])
  func `is that of a failed write where nobody can see the answer`(
    words: [String], redirection: String, status: Int32
  ) throws {
    let state = [
      "check", "--state", folder.file("state"), "-w", "9", "--stale", "never", mainlog,
    ]
    #expect(try bouncelog(state).status == 0)
    let lock = try folder.contents(of: "state/bouncelog.lock")
    let words = words.map { $0 == "LOG" ? mainlog : $0 }
    let hasState = words[0] == "check" || words[0] == "state"
    let outcome = try Program.run(
      "/bin/sh",
      ["-c", "exec \"$0\" \"$@\" \(redirection)", Program.built("bouncelog")] + words
        + (hasState ? ["--state", folder.file("state")] : []))
    #expect(outcome.status == status)
    #expect(!outcome.errors.isEmpty)
    // Nothing of it went into a file that was opened in the place of the output.
    let now = try folder.contents(of: "state/bouncelog.lock")
    #expect(now.split(separator: " ").count == lock.split(separator: " ").count)
  }

  @Test(arguments: [
    (["report", "LOG"], 74), (["report", "-o", "OUT.html", "LOG"], 74),
    (["check", "-w", "9", "--state", "OUT", "LOG"], 3),
  ])
  func `is that of a failed write where files may not grow`(words: [String], status: Int) throws {
    let out = folder.file("out")
    let words = words.map { $0 == "LOG" ? mainlog : $0.replacing("OUT", with: out) }
    let outcome = try Program.run(
      "/bin/sh",
      [
        "-c", "ulimit -f 0; exec \"$0\" \"$@\" >\(folder.file("answer"))",
        Program.built("bouncelog"),
      ]
        + words)
    #expect(Int(outcome.status) == status)
    // No half of a file is left.
    let left = try Program.run("/bin/ls", ["-A", folder.path]).output
    #expect(!left.contains("html"))
  }

  @Test func `is 0 for the logs of the configuration where none is named or piped in`() throws {
    let config = try folder.write(
      "[[source]]\nfiles = [\"\(mainlog)\"]\n".utf8, to: "bouncelog.toml")
    func report(_ redirection: String) throws -> Program.Outcome {
      try Program.run(
        "/bin/sh",
        [
          "-c", "exec \"$0\" \"$@\" \(redirection)", Program.built("bouncelog"), "report",
          "--config", config,
        ])
    }
    let outcome = try report("</dev/null")
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("3 failures with SMTP 551"))
    // Where nothing was found to be piped in nothing is reported.
    #expect(try report("").output.hasPrefix("Nothing to read"))
  }

  @Test func `is 0 for a completion script, which completes names of files`() throws {
    let script = try bouncelog(["--generate-completion-script", "fish"]).output
    let lines = script.split(separator: "\n").filter { $0.hasSuffix(" -F") }
    for command in ["follow", "report", "check"] {
      #expect(lines.contains { $0.contains("\"bouncelog \(command)\"") }, "\(command)")
    }
  }

  @Test(arguments: [("reprot", "report"), ("folow", "follow"), ("pattern", "patterns")])
  func `is 64 for a command that was mistyped, and names the right one`(word: String, meant: String)
    throws
  {
    let outcome = try bouncelog([word])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("did you mean \(meant)?"))
    #expect(outcome.output.isEmpty)
  }

  @Test(arguments: [
    Array("garbage\nmore garbage\n".utf8), Array("{\"a\":1}\n".utf8),
    [0x7F, 0x45, 0x4C, 0x46, 0, 1, 10, 2],
    [0], [UInt8](repeating: 0xFF, count: 100_000),
  ])
  func `is 65 for a log without a line that is recognised`(bytes: [UInt8]) throws {
    let path = try folder.write(bytes, to: "strange")
    let outcome = try bouncelog(["report", path])
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains(path))
    let piped = try Program.run(Program.built("bouncelog"), ["report"], input: bytes)
    #expect(piped.status == 65)
  }

  @Test func `is 65 for a bad pattern file, with the place`() throws {
    let text =
      "mta = \"exim\"\n[[rule]]\nname = \"x\"\nkey = \"**\"\nevent = \"failed\"\nregex = '''a(b'''\n[[rule.sample]]\nline = 'x'\n"
    let path = try folder.write(text.utf8, to: "mine.toml")
    for arguments in [
      ["report", "--patterns", folder.path, mainlog], ["patterns", "test", folder.path],
      ["patterns", "list", "--patterns", path],
    ] {
      let outcome = try bouncelog(arguments)
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("\(path):6:15: x: bad regex: missing closing parenthesis"))
      #expect(outcome.output.isEmpty)
    }
    let missing = try bouncelog(["report", "--patterns", folder.file("missing"), mainlog])
    #expect(missing.status == 65)
    #expect(missing.errors.contains("missing: no such folder of pattern files"))
  }

  @Test func `is 66 for what cannot be read, after the report over the others`() throws {
    let missing = folder.file("missing")
    for path in [missing, folder.path] {
      let outcome = try bouncelog(["report", "-f", "json", path, mainlog])
      #expect(outcome.status == 66)
      #expect(outcome.errors.contains(path))
      let json = try JSONValue(parsing: outcome.output.utf8)
      #expect(json["failures"]?["total"] == 3)
      #expect(json["input"]?["files"] == [.string(mainlog)])
    }
    #expect(try bouncelog(["report", missing]).status == 66)
    #expect(try bouncelog(["patterns", "try", missing]).status == 66)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `is 66 for a file without permission`() throws {
    let secret = try folder.write(monday.utf8, to: "secret")
    unsafe chmod(secret, 0)
    let outcome = try bouncelog(["report", "-f", "json", secret, mainlog])
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("\(secret): Permission denied"))
  }

  @Test func `is 66 for an archive that is cut, with what was read counted`() throws {
    _ = try folder.gzip((monday + tuesday).utf8, to: "whole.gz")
    let outcome = try bouncelog(["report", "-f", "json", copy("whole.gz", dropping: 9)])
    #expect(outcome.status == 66)
    #expect(try JSONValue(parsing: outcome.output.utf8)["failures"]?["total"] == 3)
    #expect(outcome.errors.contains("truncated gzip data"))
  }

  private func copy(_ name: String, dropping count: Int) throws -> String {
    let path = folder.file("cut.gz")
    let done = try Program.run("/bin/cp", [folder.file(name), path])
    var status = stat()
    guard done.status == 0, unsafe stat(path, &status) == 0,
      unsafe truncate(path, status.st_size - off_t(count)) == 0
    else { throw TestFailure("cp: \(done.errors)") }
    return path
  }

  @Test func `is 73 for an output that cannot be made`() throws {
    let outcome = try bouncelog(["report", "-o", folder.file("no/such/r.json"), mainlog])
    #expect(outcome.status == 73)
    #expect(outcome.errors.contains("no/such/r.json"))
  }

  @Test func `is 74 for an output that cannot be written`() throws {
    let outcome = try bouncelog(["report", "-f", "json", "-o", "/dev/full", mainlog])
    #expect(outcome.status == 74)
  }

  @Test func `is 0 for a reader that has gone`() throws {
    let program = try started(["report", "-f", "jsonl", "--code", "all"])
    program.closeOutput()
    let outcome = try program.finish(
      input: Array(String(repeating: monday + tuesday, count: 500).utf8))
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }
}
