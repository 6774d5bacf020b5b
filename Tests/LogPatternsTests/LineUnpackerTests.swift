import LogPatterns
import MailTerms
import Testing

/// Lines that journald and Docker wrapped, read by the built-in patterns.
@Suite struct `Wrapped lines` {
  /// The values of some fields of each record, and the counts.
  static func read(
    _ log: String, _ names: [String] = ["event", "edge", "instance", "message_id", "time"]
  ) throws -> (records: [[String: String]], lines: Int, unknown: Int) {
    var parser = RecordParser(catalog: try builtInCatalog(), clock: clock)
    var batch = RecordBatch()
    var records: [[String: String]] = []
    let bytes = Array(log.utf8)
    var next = 0
    while next < bytes.count {
      batch.removeAll()
      parser.parse(bytes.span, from: &next, into: &batch)
      records += Self.values(of: batch, bytes, names)
    }
    batch.removeAll()
    parser.parseRest(into: &batch)
    records += Self.values(of: batch, bytes, names)
    return (records, parser.counts.lines, parser.counts.unrecognised)
  }

  private static func values(
    of batch: borrowing RecordBatch, _ block: [UInt8], _ names: [String]
  ) -> [[String: String]] {
    var records: [[String: String]] = []
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      let view = RecordView(record, line: batch.line(at: index, in: block.span))
      records.append(
        Dictionary(
          uniqueKeysWithValues: names.compactMap { name in
            view.value(named: name).map { (name, $0) }
          }))
    }
    return records
  }

  static let removed = [
    "event": "completed", "edge": "mx1", "instance": "postfix", "message_id": "C16E6F78189",
    "time": "2026-11-24 02:11:36",
  ]

  @Test(arguments: ["\0\0", "\u{FEFF}", "\0\u{FEFF}"])
  func `are found behind a hole or a mark too`(front: String) throws {
    let log = front + Self.entry(#""C16E6F78189: removed ""#) + "\n" + front + "\n"
    let (records, lines, unknown) = try Self.read(log)
    #expect(records == [Self.removed])
    #expect(lines == 2)
    #expect(unknown == 0)
  }

  static func entry(_ message: String, tag: String = "postfix/qmgr") -> String {
    #"{"MESSAGE":\#(message),"_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"\#(tag)","__REALTIME_TIMESTAMP":"1795486296000000","_PID":"9"}"#
  }

  @Test(arguments: [
    entry(#""C16E6F78189: removed""#), entry(#""C16E6F78189: rem\u006fved""#),
    entry("[67,49,54,69,54,70,55,56,49,56,57,58,32,114,101,109,111,118,101,100]"),
    " " + entry(#""C16E6F78189: removed""#).dropFirst(0), entry(#""C16E6F78189: removed""#) + "\r",
  ])
  func `of the journal's are read`(line: String) throws {
    let line = line.hasPrefix(" ") ? String(line.dropFirst()) : line
    let (records, lines, unknown) = try Self.read(line + "\n")
    #expect(records == [Self.removed])
    #expect(lines == 1)
    #expect(unknown == 0)
  }

  /// Neither a stranger's text inside a field nor damage makes a line of a text that is none.
  @Test(arguments: [
    "{", "{}", "{\"MESSAGE\":", "{\"MESSAGE\":null}", "[1]", "{\"a\":1,}", "{\"a\" 1}",
    "{\"a\":1} x",
    "{\"a\":\"\\u12\"}", "{\"a\":\"\\x\"}", "{\"a\":nul}", entry("null"), entry("[300,1]"),
    entry("{}"),
    entry(#""C16E6F78189: removed""#).replacing("SYSLOG_IDENTIFIER", with: "X"),
    entry(#""C16E6F78189: removed""#, tag: "sshd"), entry(#""C16E6F78189: removed""#, tag: "a b"),
    entry(#""x\",\"MESSAGE\":\"C16E6F78189: removed""#),
    String(repeating: "{\"a\":", count: 100) + "1" + String(repeating: "}", count: 100),
    String(repeating: "[", count: 100_000),
  ])
  func `that are damaged or another program's complete no message`(line: String) throws {
    let (records, lines, _) = try Self.read(line + "\n")
    #expect(!records.contains { $0["event"] == "completed" })
    #expect(lines == 1)
  }

  @Test func `of every length of a beginning do no harm`() throws {
    let line = Self.entry(#""C16E6F78189: \ud83d\ude00 \ud83d removed""#)
    for length in 0..<line.utf8.count {
      let (_, lines, unknown) = try Self.read(String(line.utf8.prefix(length)) ?? "")
      #expect(lines == (length == 0 ? 0 : 1))
      #expect(unknown == lines)
    }
  }

  static let export = """
    __CURSOR=s=1;i=2
    __REALTIME_TIMESTAMP=1795486296000000
    _HOSTNAME=mx1
    SYSLOG_IDENTIFIER=postfix/qmgr
    _PID=9
    MESSAGE=C16E6F78189: removed
    SYSLOG_TIMESTAMP=Nov 24 02:11:36

    """

  @Test func `of the journal's export are one line an entry, the last one without its end too`()
    throws
  {
    let two = Self.export + "\n" + Self.export.replacing("C16E6F78189", with: "CD374F780C6")
    let (records, lines, unknown) = try Self.read(two)
    var second = Self.removed
    second["message_id"] = "CD374F780C6"
    #expect(records == [Self.removed, second])
    #expect(lines == 2)
    #expect(unknown == 0)
  }

  /// A length of ten bytes has the byte of a line end in it.
  @Test(arguments: [0, 5, 10, 13, 100])
  func `hold bytes of any number`(more: Int) throws {
    let text = "C16E6F7\u{0}8189" + String(repeating: "\n", count: more)
    let length = text.utf8.count
    let entry = Self.export.replacing(
      "MESSAGE=C16E6F78189: removed",
      with: "MESSAGE\n" + String(decoding: [UInt8(length), 0, 0, 0, 0, 0, 0, 0], as: UTF8.self)
        + text)
    let (records, lines, unknown) = try Self.read(entry + "\n" + Self.export + "\n")
    #expect(records.last == Self.removed)
    #expect(lines == 2)
    #expect(unknown == 1)
  }

  @Test func `of Docker's have the time outside if there is none inside`() throws {
    let inside =
      #"{"log":"Nov 24 02:11:36 mx1 postfix/qmgr[9]: C16E6F78189: removed\n","stream":"stdout","time":"2026-11-24T02:11:37.5Z"}"#
    let bare =
      #"{"log":"postfix/qmgr[9]: C16E6F78189: removed\n","stream":"stdout","time":"2026-11-24T02:11:36.5Z"}"#
    let (records, _, _) = try Self.read("\(inside)\n\(bare)\n")
    var second = Self.removed
    second["edge"] = nil
    #expect(records == [Self.removed, second])
  }
}
