import Glibc
import TestSupport
import Testing

/// The programs that alerts run: those that fail, and those that hang.
@Suite struct `Alert programs` {
  let folder: TemporaryFolder
  let log: String

  init() throws {
    folder = try TemporaryFolder()
    log = folder.file("mainlog")
    try folder.write(failures(0..<5, at: -60).utf8, to: "mainlog")
  }

  /// Makes a program of a shell's lines.
  private func program(_ lines: String) throws -> String {
    let path = try folder.write("#!/bin/sh\n\(lines)\n".utf8, to: "program")
    #expect(unsafe chmod(path, 0o755) == 0)
    return path
  }

  /// Writes a configuration with two alerts that run a program.
  private func config(_ program: String, warning: Int = 1, critical: Int = 99) throws -> String {
    let alerts = ["first", "second"].map {
      """
      [[alert]]
      name = "\($0)"
      warning = \(warning)
      critical = \(critical)
      run = ["\(program)"]
      """
    }.joined(separator: "\n")
    return try folder.write(
      """
      [[source]]
      files = ["\(log)"]
      [state]
      dir = "\(folder.file("state"))"
      \(alerts)
      """.utf8, to: "bouncelog.toml")
  }

  private func check(_ config: String, _ words: [String] = []) throws -> Program.Outcome {
    try bouncelog(["check", "--edge", "e", "--config", config] + words)
  }

  private var told: [JSONValue] {
    get throws {
      try folder.contents(of: "told").split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    }
  }

  /// Whether anything of the program runs still.
  private func runs() throws -> Bool {
    try Program.run("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline"]).output.contains(folder.path)
  }

  @Test func `are called again until they succeed, and each failure is told`() throws {
    let path = try program(
      "text=$(cat)\n[ -e \(folder.file("ready")) ] || exit 7\necho \"$text\" >> \(folder.file("told"))"
    )
    for number in 1...3 {
      let outcome = try check(config(path))
      #expect(outcome.status == 1)
      #expect(
        outcome.lines.contains("first: \(path) ended with 7; not told yet, try \(number) of 10"))
    }
    // It is news that nobody could be told, though all is well again.
    let quiet = try check(config(path, warning: 50), ["--quiet-ok"])
    #expect(quiet.status == 0)
    #expect(quiet.output.contains("first: \(path) ended with 7; not told yet, try 4 of 10"))
    try folder.write([], to: "ready")
    #expect(try check(config(path, warning: 50), ["--quiet-ok"]).output == "")
    // Each alert's news comes in its order.
    for name in ["first", "second"] {
      let news = try told.filter { $0["alert"]?.text == name }
      #expect(news.map { $0["begun"]?.elements.count } == [1, 0])
      #expect(news.map { $0["ended"]?.elements.count } == [0, 1])
    }
  }

  @Test func `are given up after ten tries`() throws {
    let config = try config("/bin/false")
    for _ in 0..<9 { _ = try check(config) }
    #expect(
      try check(config).lines.contains("first: /bin/false ended with 1; given up after 10 tries"))
    #expect(!(try check(config).output.contains("/bin/false")))
  }

  @Test func `are those of the configuration as it is now`() throws {
    _ = try check(config("/bin/false"))
    let path = try program("cat >> \(folder.file("told"))")
    #expect(!(try check(config(path)).output.contains("not told")))
    #expect(try told.map { $0["begun"]?.elements.count } == [1, 1])
  }

  @Test func `of a check leave nothing behind when its time is over`() throws {
    let path = try program("sh -c 'sleep 100; :' \(folder.path) & wait")
    #expect(unsafe rename(path, folder.file("journalctl")) == 0)
    let outcome = try bouncelog(
      ["check", "--no-state", "-w", "9", "--journal", "x", "--timeout", "1"],
      environment: ["TZ=UTC", "PATH=\(folder.path):/usr/bin:/bin"])
    #expect(outcome.status == 3)
    #expect(outcome.output == "BOUNCELOG UNKNOWN - no answer within 1 s\n")
    #expect(try !runs())
  }

  @Test func `are told that a grade changed, not that an alert begins anew`() throws {
    let path = try program("cat >> \(folder.file("told"))")
    _ = try check(config(path))
    _ = try check(config(path, critical: 3))
    let news = try told.filter { $0["alert"]?.text == "first" }
    #expect(news.map { $0["begun"]?.elements.count } == [1, 0])
    #expect(news.map { $0["changed"]?.elements.count } == [0, 1])
    #expect(news.last?["changed"]?[0]?["status"]?.text == "CRITICAL")
  }

  @Test func `that hang take neither the answer nor the time of others`() throws {
    // What they have started hangs as well.
    let path = try program("sh -c 'sleep 100; :' \(folder.path) & wait")
    let start = time(nil)
    let outcome = try check(config(path, critical: 2), ["--timeout", "10"])
    #expect(time(nil) - start < 10)
    #expect(outcome.status == 2)
    #expect(outcome.lines[0].contains("CRITICAL - first: 5 in 1h"))
    #expect(outcome.output.contains("first: \(path) took longer than"))
    #expect(outcome.output.contains("second: \(path) took longer than"))
    #expect(try !runs())
  }

  @Test func `that hang keep the service neither from reading nor from ending`() throws {
    let path = try program("sh -c 'sleep 100; :' \(folder.path) & wait")
    let daemon = try started(["follow", "--daemon", "--edge", "e", "--config", config(path)])
    #expect(try #require(try daemon.nextLine()).hasSuffix("WARNING first: 5"))
    #expect(try #require(try daemon.nextLine()).hasSuffix("WARNING second: 5"))
    _ = try config(path, critical: 7)
    daemon.signal(SIGHUP)
    try folder.append(failures(5..<9, at: -30).utf8, to: "mainlog")
    #expect(try #require(try daemon.nextLine()).hasSuffix("CRITICAL first: 9"))
    let start = time(nil)
    daemon.signal(SIGTERM)
    #expect(try daemon.finish().status == 0)
    #expect(time(nil) - start < 5)
    #expect(try !runs())
  }

  @Test func `that fail are told of by the service`() throws {
    let daemon = try started(
      ["follow", "--daemon", "--edge", "e", "--config", config("/bin/false")])
    for _ in 0..<2 { _ = try daemon.nextLine() }
    usleep(1_000_000)
    daemon.signal(SIGTERM)
    let errors = try daemon.finish().errors
    #expect(errors.contains("first: /bin/false ended with 1; not told yet, try 1 of 10\n"))
    #expect(!errors.contains("try 2"))
  }
}
