import TestSupport
import Testing

/// One log in every form in which syslog daemons, the journal and containers keep it.
@Suite struct `A log line's prefix` {
  /// A line of a sample log, taken apart.
  struct Line {
    /// `2026-11-25` and `05:17:59`.
    var date: String
    var clock: String
    var host: String
    var program: String
    var pid: String
    var message: String

    var bsd: String { "Nov \(date.suffix(2)) \(clock)" }
    var tag: String { "\(program)[\(pid)]: \(message)" }
    /// Seconds since 1970.
    var seconds: Int {
      let parts = clock.split(separator: ":").compactMap { Int($0) }
      // 2026-11-01 is day 20758.
      let day = 20_757 + (Int(date.suffix(2)) ?? 0)
      return day * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
    }

    /// Reads `Nov 25 05:17:59 relay postfix/smtp[9]: message`.
    init(_ line: Substring) throws {
      let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
      let tag = words[4]
      let open = try #require(tag.firstIndex(of: "["))
      let close = try #require(tag.firstIndex(of: "]"))
      date = "2026-11-\(words[1])"
      clock = String(words[2])
      host = String(words[3])
      program = String(tag[..<open])
      pid = String(tag[tag.index(after: open)..<close])
      message = String(tag[close...].dropFirst(3))
    }
  }

  /// What stands for each line, by the form's name.
  static let forms: [(name: String, write: @Sendable (Line) -> String)] = [
    ("space-padded day", { "Nov \($0.date.suffix(2)) \($0.clock) \($0.host) \($0.tag)" }),
    ("fraction", { "\($0.bsd).551000 \($0.host) \($0.tag)" }),
    ("priority", { "<22>\($0.bsd) \($0.host) \($0.tag)" }),
    ("ISO, Z", { "\($0.date)T\($0.clock)Z \($0.host) \($0.tag)" }),
    ("ISO, rsyslog", { "\($0.date)T\($0.clock).123456+00:00 \($0.host) \($0.tag)" }),
    ("ISO, journalctl", { "\($0.date)T\($0.clock)+0000 \($0.host) \($0.tag)" }),
    (
      "RFC 5424",
      {
        "<22>1 \($0.date)T\($0.clock).1Z \($0.host) \($0.program) \($0.pid) - - \($0.message)"
      }
    ),
    (
      "RFC 5424 with data and a mark",
      {
        "<22>1 \($0.date)T\($0.clock)+00:00 \($0.host) \($0.program) \($0.pid) ID47 [a@1 b=\"c\\\"]\"] \u{FEFF}\($0.message)"
      }
    ),
    ("short-full", { "Wed \($0.date) \($0.clock) UTC \($0.host) \($0.tag)" }),
    ("short-unix", { "\($0.seconds).551000 \($0.host) \($0.tag)" }),
    ("compose", { "mail-1  | \($0.bsd) \($0.host) \($0.tag)" }),
    ("docker -t", { "\($0.date)T\($0.clock).123456789Z \($0.bsd) \($0.host) \($0.tag)" }),
    ("CRI", { "\($0.date)T\($0.clock).123456789Z stdout F \($0.bsd) \($0.host) \($0.tag)" }),
    ("CRI, nothing inside", { "\($0.date)T\($0.clock).123456789Z stderr F \($0.tag)" }),
    (
      "Solaris",
      { "\($0.bsd) \($0.host) \($0.program)[\($0.pid)]: [ID 197553 mail.info] \($0.message)" }
    ),
    ("FreeBSD", { "\($0.bsd) <mail.info> \($0.host) \($0.tag)" }),
    ("busybox", { "\($0.bsd) \($0.host) mail.info \($0.tag)" }),
    ("level, no host", { "\($0.date)T\($0.clock)+00:00 INFO    \($0.tag)" }),
    ("no host", { "\($0.bsd) \($0.tag)" }),
    ("grep -n", { "2513:\($0.bsd) \($0.host) \($0.tag)" }),
    ("grep, several files", { "/var/log/mail.log.1:2513:\($0.bsd) \($0.host) \($0.tag)" }),
    ("journalctl, in French", { "nov. \($0.date.suffix(2)) \($0.clock) \($0.host) \($0.tag)" }),
    ("a hole", { "\0\0\0\($0.bsd) \($0.host) \($0.tag)" }),
    ("a mark", { "\u{FEFF}\($0.bsd) \($0.host) \($0.tag)" }),
    // A part of a line may really end in a blank.
    (
      "a blank at the end",
      { "\($0.bsd) \($0.host) \($0.tag)" + ($0.message.hasPrefix("[") ? "" : " ") }
    ),
    ("journalctl -o json", { journal($0, message: quoted($0.message)) }),
    (
      "journalctl -o json, bytes",
      { line in
        let bytes = line.message.utf8.map { String($0) }.joined(separator: ",")
        return journal(line, message: "[\(bytes)]")
      }
    ),
    (
      "docker json-file",
      { line in
        let log = quoted("\(line.bsd) \(line.host) \(line.tag)\n")
        return #"{"log":\#(log),"stream":"stdout","time":"\#(line.date)T\#(line.clock).1Z"}"#
      }
    ),
    (
      "journalctl -o export",
      { line in
        """
        __CURSOR=s=1;i=2
        __REALTIME_TIMESTAMP=\(line.seconds)551000
        _HOSTNAME=\(line.host)
        SYSLOG_IDENTIFIER=\(line.program)
        SYSLOG_PID=\(line.pid)
        MESSAGE=\(line.message)

        """
      }
    ),
    (
      "journalctl -o export, bytes",
      { line in
        let length = line.message.utf8.count
        let head = [length & 0xFF, length >> 8].map { UInt8($0) } + [0, 0, 0, 0, 0, 0]
        guard head[0] < 0x80 else {
          // A length that is no UTF-8 cannot stand in this text.
          return "__CURSOR=s\n__REALTIME_TIMESTAMP=\(line.seconds)000000\n_HOSTNAME=\(line.host)\n"
            + "SYSLOG_IDENTIFIER=\(line.program)\n_PID=\(line.pid)\nMESSAGE=\(line.message)\n"
        }
        return "__CURSOR=s\n__REALTIME_TIMESTAMP=\(line.seconds)000000\n_HOSTNAME=\(line.host)\n"
          + "SYSLOG_IDENTIFIER=\(line.program)\n_PID=\(line.pid)\nMESSAGE\n"
          + String(decoding: head, as: UTF8.self) + "\(line.message)\n"
      }
    ),
  ]

  static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\n": "\\n"
      default: scalar.isASCII ? String(scalar) : "\\u" + padded(String(scalar.value, radix: 16))
      }
    }
    return "\"\(escaped.joined())\""
  }

  static func padded(_ digits: String) -> String {
    String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  static func journal(_ line: Line, message: String) -> String {
    #"{ "__REALTIME_TIMESTAMP" : "\#(line.seconds)551000", "_HOSTNAME" : "\#(line.host)", "SYSLOG_IDENTIFIER" : "\#(line.program)", "PRIORITY" : "6", "MESSAGE" : \#(message), "_X" : [{"a":null}, true], "SYSLOG_PID" : "\#(line.pid)" }"#
  }

  static let samples = ["postfix/maillog", "postfix/instances", "exim/syslog"]

  /// The JSON of a report without what a prefix may change: names of files, and fractions of seconds.
  static func figures(_ log: String) throws -> JSONValue {
    let outcome = try bouncelog(
      ["report", "--format", "json", "--year", "2026", "--edge", "relay"], input: log)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return without(try JSONValue(parsing: outcome.output.utf8))
  }

  /// What may differ from form to form; the first of several messages in a second depends on fractions.
  private static let unlike = [
    "bytes", "files", "generated_at", "first_message_id", "last_message_id",
  ]

  private static func without(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.filter { !unlike.contains($0.key) }.map { member in
          if ["first", "last", "hour", "from", "to"].contains(member.key),
            let time = member.value.text
          {
            return .init(key: member.key, value: .string(String(time.prefix(19))))
          }
          return .init(key: member.key, value: without(member.value))
        })
    case .array(let elements): .array(elements.map(without))
    default: value
    }
  }

  @Test(arguments: samples, forms.indices)
  func `changes nothing of the report`(sample: String, form: Int) throws {
    let found = try #require(try Sample.all.first { $0.name == sample })
    let log = try Program.run("/bin/cat", found.logs).output
    let lines = try log.split(separator: "\n").map { try Line($0) }
    let rewritten = lines.map { Self.forms[form].write($0) + "\n" }.joined()
    let wanted = try Self.figures(log)
    #expect(wanted["failures"]?["total"]?.integer ?? 0 > 20)
    #expect(try Self.figures(rewritten) == wanted, "\(Self.forms[form].name)")
  }

  @Test func `may be missing with its time`() throws {
    let found = try #require(try Sample.all.first { $0.name == "postfix/maillog" })
    let log = try Program.run("/bin/cat", found.logs).output
    let bare = try log.split(separator: "\n").map { "mail-1  | \(try Line($0).tag)\n" }.joined()
    let wanted = try Self.figures(log)
    let given = try Self.figures(bare)
    for section in ["failures", "deferrals", "refusals", "callouts", "local"] {
      for table in ["by_remote_host", "by_sender_domain", "by_recipient_domain", "by_reply"] {
        #expect(given[section]?[table] == wanted[section]?[table], "\(section), \(table)")
      }
    }
    #expect(given["totals"] == wanted["totals"])
  }

  @Test func `may change inside a log`() throws {
    let found = try #require(try Sample.all.first { $0.name == "postfix/maillog" })
    let log = try Program.run("/bin/cat", found.logs).output
    // Each form keeps the machine's name here, which is a part of a message's key.
    let forms = Self.forms.filter {
      !["CRI, nothing inside", "level, no host", "no host"].contains($0.name)
    }
    let lines = try log.split(separator: "\n").map { try Line($0) }
    let mixed = lines.enumerated().map { forms[$0.offset % forms.count].write($0.element) + "\n" }
    #expect(try Self.figures(mixed.joined()) == Self.figures(log))
  }

  @Test func `and an archive or a pipe change no event's id`() throws {
    let found = try #require(try Sample.all.first { $0.name == "postfix/maillog" })
    let folder = try TemporaryFolder()
    let log = try Program.run("/bin/cat", found.logs).output
    let plain = try folder.write(log.utf8, to: "maillog")
    let packed = try folder.gzip(log.utf8, to: "maillog.1.gz")
    let words = ["report", "--format", "jsonl", "--event", "all", "--edge", "mx", "--year", "2026"]
    let fromFile = try bouncelog(words + [plain]).output
    #expect(fromFile.split(separator: "\n").count > 50)
    #expect(try bouncelog(words + [packed]).output == fromFile)
    #expect(try bouncelog(words + ["-"], input: log).output == fromFile)
    let odd = log.split(separator: "\n").map { "\0\u{FEFF}\($0) \n" }.joined()
    #expect(try bouncelog(words + ["-"], input: odd).output == fromFile)
  }

  @Test func `of Exim's and of Postfix's stand in one log, or in one batch`() throws {
    let all = try Sample.all
    let exim = try #require(all.first { $0.name == "exim/syslog" })
    let postfix = try #require(all.first { $0.name == "postfix/maillog" })
    let words = ["--year", "2026", "--edge", "relay"]
    let both = try json(words + exim.logs + postfix.logs)
    let mixed = try Program.run("/bin/cat", exim.logs + postfix.logs).output
    let one = try json(words + ["-"], input: mixed)
    for section in ["failures", "deferrals", "refusals", "callouts"] {
      let parts = try [exim, postfix].map {
        try #require(try $0.truth[section]?["total"]?.integer)
      }
      #expect(both[section]?["total"]?.integer == parts[0] + parts[1], "\(section)")
      #expect(one[section] == both[section], "\(section)")
    }
    #expect(one["input"]?["unrecognised"]?.integer == 0)
  }
}
