import Glibc
import TestSupport
import Testing

/// What `check` says where nobody can know, and which names it takes for one log.
@Suite struct `Check in doubt` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a check with a state in the test's folder.
  private func check(_ words: [String], state: String = "state") throws -> Program.Outcome {
    try bouncelog(["check", "--state", folder.file(state), "--edge", "e"] + words)
  }

  private func write(_ text: String, to name: String) throws -> String {
    try folder.write(text.utf8, to: name)
  }

  private func move(_ name: String, to other: String) {
    #expect(unsafe rename(folder.file(name), folder.file(other)) == 0)
  }

  private static let day = 86_400

  private static let questions: [([String], Int32)] = [
    (["-w", "9"], 3), (["-w", "9", "--per", "48h"], 3), (["-w", "9", "--per", "90d"], 0),
    (["-w", "9", "--stale", "61d"], 0), (["-w", "9", "--stale", "never"], 0),
    (["-w", "9", "--of", "rate"], 3), (["-w", "9", "--of", "unrecognised"], 3),
    (["-c", "9", "--of", "gap"], 0), (["-c", "61d", "--of", "age"], 0),
  ]

  @Test(arguments: questions)
  func `does not know of a log whose newest line is old`(words: [String], status: Int32) throws {
    let log = try write(failures(0..<5, at: -60 * Self.day), to: "mainlog")
    for _ in 0..<2 {
      let outcome = try check(words + ["--quiet-ok", log])
      #expect(outcome.status == status)
      #expect(
        (outcome.lines[0].contains("\(log) is stale: its newest line is of 20")) == (status == 3))
    }
    // A line later all is known.
    try folder.append(failures(5..<6, at: -60).utf8, to: "mainlog")
    #expect(try check(words + [log]).status != 3)
  }

  @Test func `does not know of a log in which no line with a time was ever seen`() throws {
    let log = try write("", to: "mainlog")
    for _ in 0..<2 {
      let outcome = try check(["-w", "9", log])
      #expect(outcome.status == 3)
      #expect(outcome.lines[0].contains("no line with a time was ever seen in \(log)"))
    }
    #expect(try check(["-w", "9", "--stale", "never", log]).status == 0)
    let age = try check(["--of", "age", "-w", "1h", log])
    #expect(age.lines[0].contains("WARNING - age: without a line with a time (warning 1h)"))
    try folder.append(failures(0..<1, at: -60).utf8, to: "mainlog")
    #expect(try check(["-w", "9", log]).status == 0)
  }

  @Test(arguments: [false, true])
  func `knows of a log that was rotated a moment ago`(isFirstLook: Bool) throws {
    let log = try write(failures(0..<5, at: -60), to: "mainlog")
    if !isFirstLook { #expect(try check(["-w", "9", log]).status == 0) }
    move("mainlog", to: "mainlog.1")
    _ = try write("", to: "mainlog")
    for _ in 0..<2 { #expect(try check(["-w", "9", log]).status == 0) }
    #expect(try check(["--of", "age", "-c", "10m", log]).status == 0)
  }

  @Test func `lets no silent log hide behind a busy one`() throws {
    let busy = try write(failures(0..<5, at: -60), to: "exim")
    let silent = try write(failures(0..<5, at: -2 * Self.day + 1800), to: "postfix")
    let outcome = try check(["-w", "9", busy, silent])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].contains("\(silent) is stale"))
    #expect(!outcome.lines[0].contains("\(busy) is stale"))
    let age = try check(["--of", "age", "-w", "1h", busy, silent])
    #expect(age.status == 1)
    #expect(age.lines[1].hasPrefix("WARNING: age: \(silent): "))
    // What the source says goes for it alone.
    let config = try write(
      """
      [site]
      stale = "1h"
      [[source]]
      files = ["\(busy)"]
      [[source]]
      files = ["\(silent)"]
      stale = "3d"
      [[alert]]
      name = "a"
      warning = 9
      """, to: "bouncelog.toml")
    #expect(try check(["--config", config]).status == 0)
    #expect(try check(["--config", config, "--stale", "1d"]).status == 3)
  }

  @Test func `does not know of times ahead of the clock, until right ones come`() throws {
    let log = try write(failures(0..<5, at: 8100), to: "mainlog")
    for of in ["count", "age"] {
      let outcome = try check(["-w", "0", "--of", of, log])
      #expect(outcome.status == 3)
      #expect(outcome.lines[0].contains("\(log): its times are "))
      #expect(outcome.lines[0].contains(" ahead of the clock; see timezone"))
    }
    try folder.append(failures(5..<8, at: -5).utf8, to: "mainlog")
    #expect(try check(["-w", "2", log]).lines[0].contains("WARNING - 551: 3 in 1h"))
  }

  @Test func `knows at no later look what a log is that looks like none`() throws {
    for text in [
      "hello\nworld\n", String(repeating: "2026-11-24 10:00:00 status installed x\n", count: 9),
    ] {
      let log = try write(text, to: "dpkg.log")
      for _ in 0..<3 {
        let outcome = try check(["-w", "1", "--stale", "never", log])
        #expect(outcome.status == 3)
        #expect(outcome.lines[0].contains("no line of \(log) looks like a mail log"))
      }
    }
  }

  @Test func `tells a warning where another log cannot be read`() throws {
    let log = try write(failures(0..<5, at: -60), to: "mainlog")
    let absent = folder.file("absent")
    let outcome = try check(["-w", "1", log, absent])
    #expect(outcome.status == 3)
    #expect(
      outcome.lines[0]
        == "BOUNCELOG UNKNOWN - \(absent): No such file or directory | '551'=5;1;;0")
    #expect(outcome.lines[1] == "WARNING: 551: 5")
    let critical = try check(["-c", "1", log, absent])
    #expect(critical.status == 2)
    #expect(critical.lines.contains("\(absent): No such file or directory"))
    // Of nothing there are no figures.
    #expect(!(try check(["-w", "1", absent]).lines[0].contains("|")))
  }

  @Test func `tells a gap's earlier time first`() throws {
    let log = try write(failures(0..<2, at: -60), to: "mainlog")
    #expect(try check(["-w", "9", log]).status == 0)
    #expect(unsafe unlink(log) == 0)
    _ = try write(failures(2..<4, at: -7260), to: "mainlog")
    let gap = try check(["-w", "9", log]).lines.first { $0.hasPrefix("gap: ") }
    let words = try #require(gap).split(separator: " ")
    let place = try #require(words.firstIndex(of: "between"))
    #expect(words[place + 1...place + 2].joined() < words[place + 4...place + 5].joined())
  }

  // MARK: Names

  @Test(arguments: [false, true])
  func `takes rotated files for parts of their log`(isMissing: Bool) throws {
    func files() -> [String] {
      folder.names.filter { $0.hasPrefix("mainlog") }.map { folder.file($0) }
    }
    _ = try write(failures(0..<5, at: -90), to: "mainlog")
    #expect(try check(["-w", "99"] + files()).lines[0].contains("551: 5 in"))
    move("mainlog", to: "mainlog.1")
    // Exim makes its log anew with the next line alone.
    if isMissing { #expect(try check(["-w", "99"] + files()).lines[0].contains("551: 5 in")) }
    _ = try write(failures(5..<10, at: -60), to: "mainlog")
    let second = try check(["-w", "99"] + files())
    #expect(second.lines[0].contains("551: 10 in"))
    #expect(
      second.lines.contains(
        "\(folder.file("mainlog.1")) is read as a part of \(folder.file("mainlog"))"))
    move("mainlog.1", to: "mainlog.2")
    move("mainlog", to: "mainlog.1")
    _ = try write(failures(10..<13, at: -30), to: "mainlog")
    let third = try check(["-w", "99"] + files())
    #expect(third.status == 0)
    #expect(third.lines[0].contains("551: 13 in"))
    #expect(!third.output.contains("gap:"))
    // What is named is read at the first look too.
    #expect(try check(["-w", "99"] + files(), state: "new").lines[0].contains("551: 13 in"))
  }

  @Test func `takes the names of one file for one log`() throws {
    let log = try write(failures(0..<5, at: -90), to: "mainlog")
    #expect(unsafe symlink("mainlog", folder.file("current")) == 0)
    #expect(unsafe link(log, folder.file("second")) == 0)
    let outcome = try check(["-w", "99", folder.file("current"), log, folder.file("second"), log])
    #expect(outcome.lines[0].contains("551: 5 in"))
    #expect(
      outcome.lines[1...3] == [
        "\(log) is named more than once",
        "\(folder.file("current")) is the same file as \(log)",
        "\(folder.file("second")) is the same file as \(log)",
      ])
    let config = try write(
      "[[source]]\nfiles = [\"\(log)\"]\n[[source]]\nfiles = [\"\(log).1\"]\n", to: "bouncelog.toml"
    )
    let told = try bouncelog(["config", "check", "--config", config])
    #expect(told.status == 0)
    #expect(told.errors == "bouncelog: \(log).1 is read as a part of \(log)\n")
  }

  @Test func `keeps apart how questions of the command line stand`() throws {
    let one = try write(failures(0..<5, at: -60), to: "one")
    let two = try write(failures(0..<1, at: -60), to: "two")
    #expect(try check(["-w", "2", one]).status == 1)
    #expect(!(try check(["-w", "2", two]).output.contains("ended")))
    #expect(!(try check(["-w", "2", "--remote-host", "x", one]).output.contains("ended")))
    let state = try bouncelog(["state", "show", "--state", folder.file("state")])
    let raised = state.lines.filter { $0.hasPrefix("raised") }
    #expect(raised.count == 1)
    #expect(raised.allSatisfy { $0.hasSuffix(": 551 in 1h of \(one)") })
    #expect(try check(["-w", "9", one]).lines[1] == "ended: 551")
  }

  @Test func `names the folder of the state that cannot be made`() throws {
    let log = try write(failures(0..<1, at: -60), to: "mainlog")
    let outcome = try check(["-w", "9", log], state: "mainlog/below")
    #expect(outcome.status == 3)
    #expect(
      outcome.lines[0].contains("cannot make \(folder.file("mainlog/below")) to keep the state in"))
    #expect(outcome.lines[0].contains("--state names another folder"))
  }
}
