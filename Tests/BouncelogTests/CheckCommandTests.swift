import Glibc
import TestSupport
import Testing

/// `check` as cron and a monitoring system see it.
@Suite struct `Check` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a check with a state in the test's folder.
  private func check(_ words: [String]) throws -> Program.Outcome {
    try bouncelog(["check", "--state", folder.file("state"), "--edge", "e"] + words)
  }

  private func write(_ text: String, to name: String = "mainlog") throws -> String {
    try folder.write(text.utf8, to: name)
  }

  private static let window = ["--until", "2026-11-24 18:00", "--per", "48h"]

  @Test(arguments: [
    (["-w", "5", "-c", "10"], 0, "OK - 551: 3 in 2d", "'551'=3;5;10;0"),
    (["-w", "2", "-c", "10"], 1, "WARNING - 551: 3 in 2d (warning 2)", "'551'=3;2;10;0"),
    (["-w", "1", "-c", "2"], 2, "CRITICAL - 551: 3 in 2d (critical 2)", "'551'=3;1;2;0"),
    (["-c", "4:"], 2, "CRITICAL - 551: 3 in 2d (critical 4:)", "'551'=3;;4:;0"),
    (["-c", "@1:5"], 2, "CRITICAL - 551: 3 in 2d (critical @1:5)", "'551'=3;;@1:5;0"),
    (
      ["--by", "remote-host", "-w", "1"], 1,
      "WARNING - 551 by remote-host: mx1.d1.test 2 in 2d (warning 1), 1 group of 2",
      "'551 by remote-host'=2;1;;0"
    ),
    (
      ["--by", "remote-host,sender-domain", "-c", "0"], 2,
      "CRITICAL - 551 by remote-host,sender-domain: mx.d2.test x acme.example 1 in 2d (critical 0), 3 groups of 3",
      "'551 by remote-host,sender-domain'=1;;0;0"
    ),
    (
      ["--code", "5xx", "--by", "sender-domain", "-w", "2"], 1,
      "WARNING - 5xx by sender-domain: acme.example 3 in 2d (warning 2), 1 group of 2",
      "'5xx by sender-domain'=3;2;;0"
    ),
    (["--code", "5.1.1", "-w", "1"], 1, "WARNING - 5.1.1: 2 in 2d (warning 1)", "'5.1.1'=2;1;;0"),
    (["--origin", "local", "-w", "0"], 1, "WARNING - 551: 1 in 2d (warning 0)", "'551'=1;0;;0"),
    (
      ["--of", "rate", "--by", "remote-host", "-c", "60"], 2,
      "CRITICAL - rate 551 by remote-host: mx.d2.test 100% in 2d (critical 60), 1 group of 2",
      "'rate 551 by remote-host'=100%;;60;0"
    ),
    (
      ["--of", "rate", "--by", "remote-host", "--min-tried", "2", "-c", "60"], 0,
      "OK - rate 551 by remote-host: most mx.d2.test 100% in 2d",
      "'rate 551 by remote-host'=100%;;60;0"
    ),
    (
      ["--of", "rate", "-w", "0.00001", "-c", "99999999999999999999999999"], 1,
      "WARNING - rate 551: 50% in 2d (warning 0.00001)",
      "'rate 551'=50%;0.00001;100000000000000000000000000;0"
    ),
    (["--remote-host", "*.d2.test", "-w", "5"], 0, "OK - 551: 1 in 2d", "'551'=1;5;;0"),
    (["--of", "gap", "-c", "0"], 0, "OK - gap: 0 in 2d", "'gap'=0;;0;0"),
    (
      ["--of", "unrecognised", "-c", "10"], 0, "OK - unrecognised: 0% in 2d",
      "'unrecognised'=0%;;10;0"
    ),
    (
      ["--of", "new", "--by", "remote-host", "--per", "30d", "-w", "0"], 1,
      "WARNING - new 551 by remote-host: mx1.d1.test 2 in 30d (warning 0), 2 groups of 2",
      "'new 551 by remote-host'=2;0;;0"
    ),
    (
      ["--of", "new", "--by", "remote-host", "--per", "12h", "-w", "0"], 0,
      "OK - new 551 by remote-host: none in 12h", "'new 551 by remote-host'=0;0;;0"
    ),
    (
      ["--of", "age", "-w", "1h"], 1, "WARNING - age: 5h59m old (warning 1h)",
      "'age'=21598s;3600;;0"
    ),
  ])
  func `answers with a plugin's first line and exit code`(
    words: [String], status: Int32, first: String, performance: String
  ) throws {
    let log = try write(monday + tuesday)
    let outcome = try check(Self.window + words + [log])
    #expect(outcome.status == status)
    #expect(outcome.lines.first == "BOUNCELOG \(first) | \(performance)")
    #expect(outcome.errors == "")
    // The same again: nothing was counted twice.
    let again = try check(Self.window + words + [log])
    #expect(again.lines.first == outcome.lines.first)
  }

  @Test func `counts over a rotation, and knows the sender of a message from before`() throws {
    let log = try write(monday)
    let words = Self.window + ["--by", "sender-domain", "-c", "100", log]
    _ = try check(words)
    #expect(unsafe rename(log, log + ".1") == 0)
    _ = try write(tuesday)
    let outcome = try check(Self.window + ["--by", "sender-domain", "-w", "0", log])
    #expect(
      outcome.lines.filter { $0.hasPrefix("WARNING:") } == [
        "WARNING: 551 by sender-domain: acme.example: 2",
        "WARNING: 551 by sender-domain: bcorp.example: 1",
      ])
  }

  /// A failure of its own for each number.
  private static func failures(_ numbers: Range<Int>) -> String {
    numbers.map { number in
      let id = "1xVD00-000001-\(number)"
      return """
        2026-11-24 10:00:00 \(id) <= a@acme.example H=(c) [192.0.2.9] P=esmtp S=300
        2026-11-24 10:00:01 \(id) ** bob@d1.test R=all T=rs H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 no
        2026-11-24 10:00:02 \(id) Completed

        """
    }.joined()
  }

  @Test func `reads on after a log was copied, read and truncated`() throws {
    let log = try write(Self.failures(10..<20))
    let words = Self.window + ["-w", "999", log]
    #expect(try check(words).lines[0].contains("OK - 551: 10 in"))
    // A line comes between the copy and the truncation, and is read.
    _ = try write(Self.failures(10..<20), to: "mainlog.1")
    try folder.append(Self.failures(20..<21).utf8, to: "mainlog")
    #expect(try check(words).lines[0].contains("OK - 551: 11 in"))
    _ = try write(Self.failures(21..<24))
    let outcome = try check(words)
    #expect(outcome.status == 0)
    #expect(outcome.lines[0].contains("OK - 551: 14 in"))
    #expect(!outcome.output.contains("gap"))
    // What is made of the copy later has nothing new either.
    #expect(try Program.run("/bin/gzip", [log + ".1"]).status == 0)
    #expect(try check(words).lines[0].contains("OK - 551: 14 in"))
    // Half of it unpacked beside it changes nothing.
    _ = try write(Self.failures(10..<18), to: "mainlog.1")
    #expect(try check(words).lines[0].contains("OK - 551: 14 in"))
  }

  /// A line of a syslog file.
  private static func syslog(_ time: String, _ text: String) -> String {
    "Nov 24 \(time) relay \(text)\n"
  }

  /// The first of two parts of a failure, with its reply's code and without.
  private static let part = syslog(
    "10:00:00",
    "exim[9]: [1/2] 2026-11-24 10:00:00 1xVD00-000001-10 ** bob@d1.test F=<a@b.test> R=a T=b H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 no"
  )
  private static let beginning = String(part.dropLast(8)) + "\n"
  private static let other = "postfix/smtpd[1]: connect from x[192.0.2.9]"
  /// More lines of other processes than are read again.
  private static let others = String(repeating: syslog("10:00:01", other), count: 400)

  /// What a check counts of a log, which shows how many lines are read again and how many anew.
  private func count(_ log: String, quiet: Bool = false) throws -> Substring? {
    if quiet {
      let times = [timeval](repeating: timeval(tv_sec: 1_795_564_800, tv_usec: 0), count: 2)
      try #require(unsafe utimes(log, times) == 0)
    }
    let line = try check(Self.window + ["--code", "all", "-w", "999", log]).lines.first
    return line?.split(separator: " ").drop { $0 != "all:" }.dropFirst().first
  }

  @Test func `counts a line whose last part never comes as it is, once`() throws {
    let log = try write(Self.part + Self.others)
    #expect(try count(log) == "1")
    #expect(try count(log) == "1")
    try folder.append(Self.syslog("10:00:02", "exim[9]: [2/2]  more").utf8, to: "mainlog")
    #expect(try count(log) == "1")
    #expect(try count(log, quiet: true) == "1")
  }

  @Test func `waits for the last part of a line while the log goes on`() throws {
    let log = try write(Self.part + Self.syslog("10:00:59", Self.other))
    #expect(try count(log) == "0")
    try folder.append(Self.syslog("10:01:00", Self.other).utf8, to: "mainlog")
    #expect(try count(log) == "0")
    try folder.append(Self.syslog("10:01:01", Self.other).utf8, to: "mainlog")
    #expect(try count(log) == "1")
    for line in [Self.other, "exim[9]: [2/2]  more", Self.other] {
      try folder.append(Self.syslog("10:03:00", line).utf8, to: "mainlog")
      #expect(try count(log) == "1")
    }
    #expect(try count(log, quiet: true) == "1")
  }

  @Test func `counts a line in parts when nothing more comes`() throws {
    let log = try write(Self.part)
    #expect(try count(log) == "0")
    #expect(try count(log, quiet: true) == "1")
    #expect(try count(log, quiet: true) == "1")
    try folder.append(Self.syslog("10:00:00", "exim[9]: [2/2]  more").utf8, to: "mainlog")
    #expect(try count(log) == "1")
  }

  @Test func `joins parts that come between two checks, over a rotation too`() throws {
    let log = try write(Self.beginning)
    #expect(try count(log) == "0")
    let rest = Self.syslog("10:00:00", "exim[9]: [2/2]  551 no")
    try folder.append(rest.utf8, to: "mainlog")
    #expect(try count(log) == "1")
    let other = Self.beginning.replacing("bob", with: "eva").replacing("[9]", with: "[7]")
    try folder.append(other.utf8, to: "mainlog")
    #expect(try count(log) == "1")
    #expect(unsafe rename(log, log + ".1") == 0)
    _ = try write(rest.replacing("[9]", with: "[7]"))
    #expect(try count(log) == "2")
    #expect(try count(log, quiet: true) == "2")
  }

  @Test func `remembers between checks which instances write a refusal twice`() throws {
    func refusal(_ pid: Int, _ name: String, _ tag: String = "exim") -> String {
      Self.syslog(
        "10:00:00",
        "\(tag)[\(pid)]: 2026-11-24 10:00:00 H=c [192.0.2.7] F=<a@b.test> rejected RCPT <\(name)@d.test>: 551 no"
      )
    }
    /// The attempts of a log that is written in two pieces, with a check behind each.
    func attempts(_ first: String, _ second: String, in name: String) throws -> String {
      let log = try write(first, to: name)
      let words = ["--state", folder.file("\(name)-state"), "--edge", "e"]
      for text in ["", second, ""] {
        try folder.append(text.utf8, to: name)
        _ = try bouncelog(["check", "-w", "999", log] + words)
      }
      let report = try bouncelog(
        ["report", "--from", "state", "--code", "all", "--format", "json"] + words)
      return report.output.replacing(" ", with: "")
    }
    let single = try attempts(
      refusal(1, "bob") + refusal(1, "eva") + Self.others, refusal(2, "bob") + refusal(2, "bob"),
      in: "single")
    #expect(single.contains("\"attempts\":4"))
    let double = try attempts(
      refusal(1, "bob") + Self.others, refusal(1, "bob"), in: "double")
    #expect(double.contains("\"attempts\":1"))
    // What is known is not learned anew of the lines that are read again, which begin with a copy.
    let lost = Self.syslog(
      "10:00:00", "exim[1]: 2026-11-24 10:00:00 SMTP connection from [192.0.2.7] lost")
    let cut = try attempts(
      refusal(1, "bob") + Self.others + refusal(1, "bob") + lost,
      refusal(2, "eva") + refusal(2, "eva"), in: "cut")
    #expect(cut.contains("\"attempts\":2"))
  }

  @Test func `knows nothing of a log that has vanished, but waits for one that was rotated`() throws
  {
    let log = try write(monday)
    let words = Self.window + ["-c", "100", log]
    #expect(try check(words).status == 0)
    // A quiet server opens the next one with its next line.
    #expect(unsafe rename(log, log + ".1") == 0)
    #expect(try check(words).status == 0)
    #expect(try Program.run("/bin/rm", [log + ".1"]).status == 0)
    let outcome = try check(words)
    #expect(outcome.status == 3)
    #expect(outcome.lines[0] == "BOUNCELOG UNKNOWN - \(log): No such file or directory")
    // Back again, and deleted: it has a moment to come back.
    _ = try write(tuesday)
    #expect(try check(words).status == 0)
    #expect(unsafe unlink(log) == 0)
    #expect(try check(words).lines.contains { $0.hasPrefix("gap: ") })
    #expect(try check(words).status == 0)
    try change(state: folder.file("state"), "UPDATE gap SET noticed = noticed - 600")
    #expect(try check(words).lines[0] == "BOUNCELOG UNKNOWN - \(log): No such file or directory")
    #expect(unsafe mkdir(log, 0o755) == 0)
    #expect(try check(words).lines[0] == "BOUNCELOG UNKNOWN - \(log): is a directory")
  }

  @Test func `tells of a damaged archive, and not of a log in motion`() throws {
    let log = try write(Self.failures(10..<90))
    #expect(try check(Self.window + ["-w", "99", log]).status == 0)
    let archive = try folder.gzip(Self.failures(10..<99).utf8, to: "mainlog.1.gz")
    #expect(try Program.run("/usr/bin/truncate", ["-s", "700", archive]).status == 0)
    _ = try write(tuesday)
    let outcome = try check(Self.window + ["-w", "99", log])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0] == "BOUNCELOG UNKNOWN - \(archive): truncated gzip data")
    // So it is where a new one is damaged in its first lines.
    try folder.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C, 1], to: "mainlog.2.gz")
    let other = try check(Self.window + ["-w", "99", log]).lines[0]
    #expect(other.contains("mainlog.2.gz: truncated gzip data"))
  }

  @Test func `knows nothing of what is no mail log, and of one that other programs write to alike`()
    throws
  {
    let others = """
      Nov 24 10:00:00 mx dovecot: imap-login: Login: user=<a@b.example>, method=PLAIN, mpid=1
      Nov 24 10:00:01 mx CRON[1]: (root) CMD (x)

      """
    let junk = String(repeating: "what nobody knows\n", count: 9) + "\n"
    for (name, text) in [("sys.log", others), ("junk.log", junk), ("mixed.log", junk + others)] {
      let log = try write(text, to: name)
      let outcome = try check(Self.window + ["-w", "9", log])
      #expect(outcome.status == 3)
      #expect(outcome.lines[0] == "BOUNCELOG UNKNOWN - no line of \(log) looks like a mail log")
      #expect(try bouncelog(["report", log]).status == 65)
    }
    let log = try write(monday)
    #expect(try check(Self.window + ["-w", "9", log]).status == 0)
    try folder.append(others.utf8, to: "mainlog")
    #expect(try check(Self.window + ["-w", "9", log]).status == 0)
    #expect(try check(Self.window + ["-w", "9", log]).status == 0)
    try folder.append(junk.utf8, to: "mainlog")
    #expect(try check(Self.window + ["-w", "9", log]).status == 3)
  }

  @Test(arguments: ["/dev/null", "/dev/zero", "pipe"])
  func `tells what cannot be read again`(name: String) throws {
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    let path = name.hasPrefix("/") ? name : folder.file(name)
    let outcome = try check(["-w", "1", path])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0] == "BOUNCELOG UNKNOWN - \(path): is no file that can be read again")
  }

  @Test(arguments: [
    ("full", "alice@acme.example: 2"), ("hash", "#"),
  ])
  func `counts by sender only as far as addresses may be kept`(kept: String, row: String) throws {
    let log = try write(monday + tuesday)
    let config = try write("[state]\naddresses = \"\(kept)\"\n", to: "\(kept).toml")
    let words = Self.window + ["--by", "sender", "-w", "1", "--config", config, log]
    let outcome = try check(words)
    #expect(outcome.status == 1)
    let rows = outcome.lines.filter { $0.hasPrefix("WARNING:") }
    #expect(rows.count == 1)
    #expect(rows.first?.contains(row) == true)
    #expect(rows.first?.hasSuffix("@acme.example: 2") == true)
    // The state holds the address itself only where it may.
    let state = ["state.sqlite", "state.sqlite-wal"].reduce("") { text, name in
      text + ((try? Program.run("/bin/cat", [folder.file("state/\(name)")]).output) ?? "")
    }
    #expect(state.contains("alice") == (kept == "full"))
    // The same address has the same hash at the next look.
    #expect(try check(words).lines.filter { $0.hasPrefix("WARNING:") } == rows)
  }

  @Test
  func `refuses to count by sender where no address is kept, and rates of what was not tried`()
    throws
  {
    let log = try write(monday + tuesday)
    #expect(
      try check(["--by", "sender", "-w", "1", log]).lines[0].contains("addresses = \"hash\""))
    for group in ["sender", "reason", "code", "recipient-domain"] {
      let outcome = try check(["--of", "rate", "--by", group, "-w", "1", log])
      #expect(outcome.status == 3)
      #expect(outcome.lines[0].contains("a rate is by remote-host and sender-domain alone"))
    }
    let config = try write(
      "[state]\naddresses = \"none\"\n[[alert]]\nname = \"x\"\nwarning = 1\n", to: "bad.toml")
    let outcome = try check(["--config", config, log])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].contains("bad.toml:2:"))
    #expect(outcome.lines[0].contains("no such addresses: none; expected domain, hash, full"))
  }

  @Test func `finds behind a link what rotation made of the log`() throws {
    #expect(unsafe mkdir(folder.file("far"), 0o755) == 0)
    let log = try write(monday, to: "far/mainlog")
    #expect(unsafe symlink(log, folder.file("mainlog")) == 0)
    let words = Self.window + ["-c", "100", folder.file("mainlog")]
    #expect(try check(words).lines[0].contains("551: 2 in 2d"))
    #expect(unsafe rename(log, log + ".1") == 0)
    _ = try write(tuesday, to: "far/mainlog")
    #expect(try check(words).lines[0].contains("551: 3 in 2d"))
  }

  @Test
  func `reads a unit's journal behind where it ended, by a cursor that only journalctl gives`()
    throws
  {
    // In place of the real one: what is in the file behind the line number that the cursor is.
    let script = """
      #!/bin/sh
      for word; do case $word in --cursor-file=*) cursor=${word#*=};; --unit=*) unit=${word#*=};; esac; done
      [ "$unit" = postfix@-.service ] || exit 3
      read from < "$cursor" 2> /dev/null || from=0
      tail -n +$((from + 1)) \(folder.file("journal"))
      wc -l < \(folder.file("journal")) > "$cursor"
      exit $(cat \(folder.file("code")) 2> /dev/null || echo 0)
      """
    let program = try folder.write(script.utf8, to: "journalctl")
    #expect(unsafe chmod(program, 0o755) == 0)
    func entry(_ id: String, _ text: String) -> String {
      """
      __CURSOR=999999
      __REALTIME_TIMESTAMP=1795486296000000
      _HOSTNAME=mx1
      SYSLOG_IDENTIFIER=postfix/\(text.hasPrefix("from") ? "qmgr" : "smtp")
      _PID=9
      MESSAGE=\(id): \(text)


      """
    }
    let bounced =
      "relay=mx.d.test[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.d.test[192.0.2.1] said: 551 no (in reply to RCPT TO command))"
    func run() throws -> Program.Outcome {
      try bouncelog(
        [
          "check", "--state", folder.file("state"), "--journal", "postfix@-.service", "--by",
          "sender-domain", "-w", "1", "--until", "2026-11-24 12:00", "--per", "48h",
        ], environment: ["TZ=UTC", "PATH=\(folder.path):/usr/bin:/bin"])
    }
    try folder.write(
      (entry("3AB7112345", "from=<a@acme.example>, size=1, nrcpt=2 (queue active)")
        + entry("3AB7112345", "to=<b@d.test>, \(bounced)")).utf8, to: "journal")
    #expect(try run().lines[0].contains("acme.example 1 in 2d"))
    #expect(try run().lines[0].contains("acme.example 1 in 2d"))
    // What came before journalctl failed is read again.
    try folder.append(entry("3AB7112345", "to=<c@d.test>, \(bounced)").utf8, to: "journal")
    try folder.write("1".utf8, to: "code")
    #expect(
      try run().lines[0].contains("UNKNOWN - journalctl ended with 1"))
    try folder.write("0".utf8, to: "code")
    #expect(try run().lines[0].contains("acme.example 2 in 2d (warning 1)"))
    #expect(try run().lines[0].contains("acme.example 2 in 2d (warning 1)"))
  }

  @Test func `lets no name forge performance data or commands for a terminal`() throws {
    let hostile = tuesday.split(separator: "\n").map {
      $0.replacingFirst("H=mx1.d1.test", with: "H=mx|'x'=1\u{1B}[31m")
    }.joined(separator: "\n")
    let log = try write(monday + hostile + "\n")
    let outcome = try check(Self.window + ["--by", "remote-host", "-w", "0", log])
    #expect(outcome.status == 1)
    #expect(outcome.output.count(where: { $0 == "|" }) == 1)
    #expect(!outcome.output.contains("\u{1B}"))
  }

  @Test func `says at the first look what it read, and does not alarm on last month`() throws {
    let log = try write(monday + tuesday)
    let words = ["-c", "0", "--until", "2026-12-24", "--stale", "never", log]
    let outcome = try check(words)
    #expect(outcome.status == 0)
    #expect(
      outcome.lines[1]
        == "first look at \(log): 12 lines from 2026-11-23 10:00:00 to 2026-11-24 12:00:02")
    #expect(try check(words).lines.count == 2)
  }

  @Test func `is quiet when all is well and news is wanted`() throws {
    let log = try write(monday)
    #expect(try check(Self.window + ["--quiet-ok", "-c", "9", log]).output == "")
    let alarm = try check(Self.window + ["--quiet-ok", "-c", "0", log])
    #expect(alarm.lines[0].hasPrefix("BOUNCELOG CRITICAL"))
  }

  @Test func `keeps nothing of a dry run, and nothing at all without a state`() throws {
    let log = try write(monday)
    for words in [["--dry-run"], ["--no-state"]] {
      for _ in 0..<2 {
        let outcome = try bouncelog(
          ["check", "-c", "9", "--edge", "e", log] + words
            + (words == ["--dry-run"] ? ["--state", folder.file("state")] : []))
        #expect(outcome.lines[1].hasPrefix("first look"))
      }
    }
    #expect(!folder.names.contains("state") || !folder.names.isEmpty)
  }

  /// No later run can learn its sender.
  @Test func `counts a failure without its sender at once where nothing is kept`() throws {
    let log = try write(
      "2026-11-24 12:00:02 1tFK5c-000001-01 ** r@d1.test R=dnslookup T=remote_smtp H=mx1.d1.test [192.0.2.2]: "
        + "SMTP error from remote mail server after RCPT TO:<r@d1.test>: 551 no such user\n")
    let words = ["check", "-w", "0", "--by", "sender-domain", "--edge", "e", log] + Self.window
    let outcome = try bouncelog(words + ["--no-state"])
    #expect(outcome.lines[0].contains("(unknown) 1 in 2d"))
    for keeping in [["--dry-run"], []] {
      let outcome = try bouncelog(words + keeping + ["--state", folder.file("state")])
      #expect(outcome.lines[0].contains("none in 2d"))
    }
  }

  @Test(arguments: [
    (["-w", "5"], "name a log file"), (["-w", "x", "LOG"], "--warning x"),
    (["LOG"], "give --warning or --critical"), (["-w", "5", "/no/such/log"], "No such file"),
    (["-w", "5", "--code", "99", "LOG"], "--code 99"), (["-w", "5", "--by", "x", "LOG"], "--by x"),
    (["-w", "5", "--nonsense", "LOG"], "--nonsense"), (["-w", "5", "-"], "needs files"),
    (["-w", "5", "--config", "/no/such.toml", "LOG"], "/no/such.toml"),
    (["-w", "5", "NOLOG"], "looks like a mail log"), (["--of", "x", "-w", "1", "LOG"], "--of x"),
    (["-w", "5", "--per", "91d", "LOG"], "counts are kept for 90d alone"),
    (["-w", "5", "--days", "9000000000000000000", "LOG"], "--days must be"),
    (["-w", "5", "--stale", "26", "LOG"], "--stale 26"),
  ])
  func `does not know where something is wrong`(words: [String], reason: String) throws {
    let log = try write(monday)
    let noLog = try write("hello\nworld\n", to: "nolog")
    let outcome = try check(words.map { $0 == "LOG" ? log : $0 == "NOLOG" ? noLog : $0 })
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].hasPrefix("BOUNCELOG UNKNOWN - "))
    #expect(outcome.lines[0].contains(reason), "\(outcome.lines[0])")
    #expect(outcome.errors == "")
  }

  @Test(arguments: [
    ["--code", "5xx"], ["--remote-host", "x"], ["--of", "age"], ["--by", "code"], ["--per", "2h"],
    ["--reason", "moved"], ["--min-tried", "0"], ["--origin", "local"], ["--days", "7"],
  ])
  func `refuses to shape the question of the configuration`(words: [String]) throws {
    let outcome = try check(words)
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].contains("\(words[0]) needs --warning or --critical"))
  }

  @Test func `shows all that a configuration comes to, and nothing that commands the terminal`()
    throws
  {
    let config = try folder.write(
      #"""
      [report]
      by = ["remote-host", "reason"]
      to = "postmaster@mx.example"
      [[alert]]
      name = "a\u001b[31m"
      of = "compare"
      code = "5xx"
      by = "reason"
      origin = "rejected"
      remote_host = "*.Example.org"
      sender_domain = "acme.*"
      reason = ["user-unknown"]
      days = 3
      per = "24h"
      min_tried = 7
      warning = "300%"
      [[alert]]
      name = "silence"
      of = "age"
      critical = "1h"

      """#.utf8, to: "shown.toml")
    let lines = try bouncelog(["config", "show", "--config", config]).lines
    #expect(lines.contains("report: by remote-host,reason, top 20, to postmaster@mx.example"))
    #expect(
      lines.contains(
        "alert a?[31m: compare of 5xx origin rejected at *.example.org from acme.* by reason for user-unknown in 1d days 3 min_tried 7 warning 300%"
      ))
    #expect(lines.contains("alert silence: age in 1h critical 1h"))
  }

  @Test(arguments: [
    "ALTER TABLE file RENAME COLUMN device TO d", "DROP TABLE alert",
    "DROP TABLE log; CREATE TABLE log (id, path, first_scan, last_scan, newest, lines, cursor)",
  ])
  func `tells of a state with other tables`(statement: String) throws {
    let log = try write(monday)
    _ = try check(["-c", "9", log])
    try change(state: folder.file("state"), statement)
    let outcome = try check(["-c", "9", log])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].contains("is not as it was made"))
    for words in [["state", "show"], ["report", "--from", "state"]] {
      let other = try bouncelog(words + ["--state", folder.file("state")])
      #expect(other.status == 65)
      #expect(other.errors.contains("is not as it was made"))
    }
  }

  @Test(arguments: [["state", "show"], ["state", "prune"], ["report", "--from", "state"]])
  func `makes no state where one is only asked for`(words: [String]) throws {
    for made in [false, true] {
      if made { #expect(unsafe mkdir(folder.file("none"), 0o755) == 0) }
      let outcome = try bouncelog(words + ["--state", folder.file("none")])
      #expect(outcome.status == 66)
      #expect(outcome.errors == "bouncelog: \(folder.file("none")): nothing is kept there\n")
      #expect(folder.names == (made ? ["none"] : []))
    }
    #expect(unsafe rmdir(folder.file("none")) == 0)
  }

  @Test func `says why no state can be looked for`() throws {
    let file = try write(monday)
    let outcome = try bouncelog(["report", "--from", "state", "--state", file])
    #expect(outcome.status == 66)
    #expect(outcome.errors == "bouncelog: \(file)/state.sqlite: Not a directory\n")
  }

  @Test func `keeps the state from other users`() throws {
    #expect(unsafe mkdir(folder.file("state"), 0o755) == 0)
    let log = try write(monday)
    func rights() -> Set<String> {
      Set(
        ["bouncelog.lock", "state.sqlite"].compactMap { name in
          try? Program.run("/usr/bin/stat", ["-c", "%a", folder.file("state/\(name)")]).output
        })
    }
    _ = try check(["-c", "9", log])
    #expect(rights() == ["640\n"])
    // So is one that an earlier version has made.
    #expect(unsafe chmod(folder.file("state/state.sqlite"), 0o644) == 0)
    _ = try check(["-c", "9", log])
    #expect(rights() == ["640\n"])
  }

  @Test func `tells that another process works with the state`() throws {
    let log = try write(monday)
    _ = try check(["-c", "9", log])
    let lock = unsafe open(folder.file("state/bouncelog.lock"), O_RDWR | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let outcome = try check(["-c", "9", log])
    #expect(outcome.status == 3)
    #expect(outcome.lines[0].contains("the state is held by process "))
    #expect(try bouncelog(["state", "prune", "--state", folder.file("state")]).status == 75)
    // Who only reads has no need to wait.
    #expect(try bouncelog(["state", "show", "--state", folder.file("state")]).status == 0)
    let report = try json(["--from", "state", "--state", folder.file("state")])
    #expect(report["failures"]?["total"] == 2)
    close(lock)
    #expect(try check(Self.window + ["-c", "9", log]).status == 0)
  }

  @Test(arguments: ["junk", ""]) func `tells of a damaged state, and begins anew after a reset`(
    content: String
  ) throws {
    let log = try write(monday)
    _ = try check(["-c", "9", log])
    try folder.write(content.utf8, to: "state/state.sqlite")
    if !content.isEmpty {
      let outcome = try check(["-c", "9", log])
      #expect(outcome.status == 3)
      #expect(outcome.lines[0].contains("state.sqlite"))
      let reset = ["state", "reset", "--state", folder.file("state")]
      #expect(try bouncelog(reset).status == 64)
      #expect(try bouncelog(reset + ["--yes"]).status == 0)
    }
    #expect(try check(["-c", "9", log]).lines[1].hasPrefix("first look"))
  }

  /// What SQLite takes for sound can hold values that nobody wrote.
  @Test(arguments: [
    "tally SET first = 'x'", "tally SET second = -9e300", "tally SET reason = x'ff'",
    "totals SET tried = 'x'",
    "file SET offset = -1", "file SET size = 'x'", "log SET last_scan = -9223372036854775808",
    "log SET lines = 'x'", "lines SET minute = 4611686018427387904", "snapshot SET bytes = 1.5",
    "tally SET second = 4611686018427387904",
    "lines SET lines = 4611686018427387904", "tally SET first = 4611686018427387904",
    "totals SET tried = 4611686018427387904", "totals SET failed = -9223372036854775808",
    "messages SET begun = 1e300",
  ]) func `tells of rows that are not as they were written`(damage: String) throws {
    let log = try write(monday)
    _ = try check(Self.window + ["-c", "9", log])
    try change(state: folder.file("state"), "UPDATE OR REPLACE \(damage)")
    _ = try folder.append(tuesday.utf8, to: "mainlog")
    for words in [
      ["check"] + Self.window + ["-c", "9", "--by", "reason", log], ["report", "--from", "state"],
      ["state", "show"], ["state", "prune"],
    ] {
      let outcome = try bouncelog(words + ["--state", folder.file("state")])
      #expect([0, 3, 65].contains(outcome.status), "\(words): \(outcome.status) \(outcome.errors)")
    }
  }

  @Test func `asks the alerts of the configuration and tells a program of news, once`() throws {
    let log = try write(monday + tuesday)
    let script = try folder.write(
      "#!/bin/sh\ncat >> \(folder.file("told"))\necho \"$1\" >> \(folder.file("words"))\n".utf8,
      to: "tell")
    #expect(unsafe chmod(script, 0o755) == 0)
    let config = try folder.write(
      """
      [[source]]
      files = ["\(log)"]
      stale = "never"
      [state]
      dir = "\(folder.file("state"))"
      [[alert]]
      name = "burst"
      by = ["remote-host"]
      per = "48h"
      warning = 1
      run = ["\(script)", "two words; $HOME"]
      [[alert]]
      name = "calm"
      warning = 100
      """.utf8, to: "bouncelog.toml")
    func run(_ until: String) throws -> Program.Outcome {
      try bouncelog(["check", "--edge", "e", "--config", config, "--until", until])
    }
    for _ in 0..<2 {
      let outcome = try run("2026-11-24 18:00")
      #expect(outcome.status == 1)
      #expect(
        outcome.lines[0]
          == "BOUNCELOG WARNING - burst: mx1.d1.test 2 in 2d (warning 1), 1 group of 2 | 'burst'=2;1;;0 'calm'=0;100;;0"
      )
    }
    #expect(try run("2026-12-24").status == 0)
    let told = try folder.contents(of: "told").split(separator: "\n")
    try #require(told.count == 2)
    let begun = try JSONValue(parsing: told[0].utf8)
    #expect(begun["alert"]?.text == "burst")
    #expect(begun["begun"]?[0]?["remote_host"]?.text == "mx1.d1.test")
    #expect(begun["begun"]?[0]?["value"]?.integer == 2)
    let ended = try JSONValue(parsing: told[1].utf8)
    #expect(ended["ended"]?[0]?.text == "mx1.d1.test")
    #expect(try folder.contents(of: "words") == "two words; $HOME\ntwo words; $HOME\n")
  }

  @Test(arguments: [
    ("[sight]", 1, "no such key: sight"), ("[[source]]\nfiles = []", 2, "a source needs files"),
    ("[[source]]\nfiles = [\"x\"]", 2, "absolute"),
    ("[state]\nkeep = \"9\"\nkeeps = 1", 3, "keeps"),
    ("[state]\nkeep = 9", 2, "keep must be a string"),
    ("[state]\nkeep = \"90\"", 2, "keep must be a span"),
    ("[site]\nhost = \"\"", 2, "a machine needs a name"),
    ("[site]\ntimezone = \"Mars/Olympus\"", 2, "no such zone on this machine: Mars/Olympus"),
    ("[[alert]]\nname = \"\"\nwarning = 1", 2, "name must not be empty"),
    ("[[alert]]\nname = \"a\"\nwarning = 1\nper = \"91d\"", 4, "counts are kept for 90d alone"),
    (
      "[state]\nkeep = \"7d\"\n[[alert]]\nname = \"a\"\nwarning = 1\nof = \"new\"", 3,
      "counts are kept for 7d alone"
    ),
    ("[state]\nkeep = \"soon\"", 2, "keep must be a span"),
    ("[site]\nstale = \"24\"", 2, "stale must be a span such as 26h or 7d, or never"),
    ("[[source]]\nfiles = [\"/x\"]\nstale = \"no\"", 3, "stale must be a span"),
    ("[[alert]]\nwarning = \"1\"", 1, "name is missing"),
    ("[[alert]]\nname = \"a\"\ncode = \"1\"\nwarning = 1", 3, "code must be"),
    ("[[alert]]\nname = \"a\"\nwarning = \"high\"", 3, "warning must be a range"),
    ("[[alert]]\nname = \"a\"", 2, "needs warning or critical"),
    ("[[alert]]\nname = \"a\"\nwarning = 1\nrun = [\"mail\"]", 4, "absolute path"),
    ("[[alert]]\nname = \"a\"\nwarning = 1\nof = \"luck\"", 4, "no such of: luck"),
    ("[[alert]]\nname = \"a\"\nwarning = 1\nmin_tried = -1", 4, "min_tried must be positive"),
    ("name = ", 1, "bad TOML"), ("[site]\n[push.clickhouse]\nurl = 1", 2, "no such key: push"),
    ("\n[[state]]\nkeep = \"9d\"", 2, "state must be a table"), ("\nstate = 1", 2, "state must be"),
    ("\npush.url = 1", 2, "no such key: push"),
    ("[state]\nkeep.for = 1", 2, "keep must be a string"),
    ("source = 1", 1, "write [[source]]"), ("\n[source]\nfiles = 1", 2, "write [[source]]"),
  ])
  func `tells mistakes of the configuration with their place`(
    text: String, line: Int, reason: String
  ) throws {
    let config = try folder.write(text.utf8, to: "bouncelog.toml")
    let outcome = try bouncelog(["config", "check", "--config", config])
    #expect(outcome.status == 78)
    #expect(outcome.errors.hasPrefix("bouncelog: \(config):\(line):"), "\(outcome.errors)")
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
  }
}

extension Substring {
  /// The text with the first occurrence of some words replaced.
  fileprivate func replacingFirst(_ words: String, with others: String) -> String {
    guard let range = self.firstRange(of: words) else { return String(self) }
    return self[..<range.lowerBound] + others + String(self[range.upperBound...])
  }
}
