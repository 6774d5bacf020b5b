import Glibc
import TestSupport
import Testing

@Suite struct `Explain command, bounce messages` {
  private static let folder: String = {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return here.joined(separator: "/") + "/Samples/bounces"
  }()

  static let names: [String] = {
    guard let listing = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(listing) }
    var names: [String] = []
    while let entry = unsafe readdir(listing) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name.hasSuffix(".eml") { names.append(String(name.dropLast(4))) }
    }
    return names.sorted()
  }()

  private static func contents(_ name: String) throws -> [UInt8] {
    guard let stream = unsafe fopen("\(folder)/\(name)", "r") else {
      throw TestFailure("no \(name)")
    }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    while case let byte = unsafe getc(stream), byte >= 0 { bytes.append(UInt8(byte)) }
    return bytes
  }

  /// Whether an object has every member of another, and the same values; more members may be there.
  private func holds(_ object: JSONValue?, _ expected: JSONValue) -> Bool {
    switch expected {
    case .object(let members): members.allSatisfy { holds(object?[$0.key], $0.value) }
    case .array(let elements):
      object?.elements.count == elements.count
        && zip(object?.elements ?? [], elements).allSatisfy { holds($0, $1) }
    default: object == expected
    }
  }

  @Test func `there are samples`() { #expect(Self.names.count >= 24) }

  @Test(arguments: names)
  func `gives the object that stands beside each sample`(_ name: String) throws {
    let expected = try JSONValue(parsing: Self.contents("\(name).json"))
    let outcome = try bouncelog(["explain", "--format", "json", "\(Self.folder)/\(name).eml"])
    #expect(outcome.status == (expected["failures"]?.elements.isEmpty == false ? 0 : 1))
    #expect(outcome.errors.isEmpty)
    let object = try JSONValue(parsing: outcome.output.utf8)
    #expect(holds(object, expected), "\(outcome.output)")
    let piped = try Program.run(
      Program.built("bouncelog"), ["explain", "--format", "json", "-"],
      input: Self.contents("\(name).eml"))
    #expect(piped.output == outcome.output)
  }

  @Test func `gives who still waits, apart from who failed`() throws {
    let outcome = try bouncelog(
      ["explain", "--format", "json", "\(Self.folder)/postfix-delayed.eml"])
    let object = try JSONValue(parsing: outcome.output.utf8)
    #expect(object["failures"]?.elements.isEmpty == true)
    #expect(object["delays"]?.elements.isEmpty == false)
    for delay in object["delays"]?.elements ?? [] {
      #expect(delay["recipient"]?.text?.contains("@") == true)
      #expect(delay["reason"]?.text != nil)
    }
  }

  @Test func `tells the article's bounce for people`() throws {
    let outcome = try bouncelog(["explain", "\(Self.folder)/exim-article.eml"])
    #expect(outcome.status == 0)
    for words in [
      "Exim", "someone@provider.example", "mx.provider.example to RCPT TO", "551 not our customer",
      "not-local", "hard", "1TRS1q-0002fq-S4 (the mail that was sent)",
      "1TRS2B-00033h-Fn (this bounce)", "bouncelog trace 1TRS1q-0002fq-S4", "dig MX",
      "Exim at server1.host.example",
    ] {
      #expect(outcome.output.contains(words), "\(words)")
    }
  }

  @Test func `tells a claimed address, a local failure and a warning for what they are`() throws {
    let gmail = try bouncelog(["explain", "\(Self.folder)/gmail.eml"])
    #expect(gmail.output.contains("\"bob@new.example\""))
    #expect(gmail.output.contains("claimed by mx.one.example, not checked"))
    #expect(gmail.output.contains("no id that a log has"))
    let several = try bouncelog(["explain", "\(Self.folder)/exim-several.eml"])
    #expect(several.output.contains("Exim itself; no other server has answered"))
    #expect(!several.output.contains("invented"))
    let delayed = try bouncelog(["explain", "\(Self.folder)/exim-delayed.eml"])
    #expect(delayed.status == 1)
    #expect(delayed.output.contains("still tries"))
    #expect(delayed.output.contains("1vNe00-0000xY-3a (this warning)"))
  }

  @Test func `explains each mail of a mailbox`() throws {
    let folder = try TemporaryFolder()
    var mbox: [UInt8] = []
    for name in ["exim-article", "ordinary", "qmail"] {
      mbox += Array("From MAILER-DAEMON Thu Oct 25 11:19:59 2012\n".utf8)
      mbox += try Self.contents("\(name).eml") + [10]
    }
    let path = try folder.write(mbox, to: "mbox")
    let outcome = try bouncelog(["explain", "--format", "json", path])
    let list = try JSONValue(parsing: outcome.output.utf8)
    #expect(outcome.status == 0)
    #expect(list.elements.map { $0["failures"]?.elements.count } == [1, 0, 2])
    let lines = try bouncelog(["explain", "--format", "jsonl", path])
    #expect(lines.output.split(separator: "\n").count == 3)
    #expect(try bouncelog(["explain", path]).output.contains("mail 3 of 3"))
  }

  @Test func `strips what a stranger wrote for the terminal`() throws {
    let mail = """
      From: \u{1B}[31mx
      Subject: y
      Auto-Submitted: auto-replied
      X-Failed-Recipients: a@b.test

        a\u{1B}]0;z\u{7}@b.test
          host mx\u{1B}[2J.test [192.0.2.1]
          SMTP error from remote mail server after RCPT TO:<a@b.test>:
          551 try <c\u{1B}[1m@d.test>

      """
    let outcome = try bouncelog(["explain", "-"], input: mail)
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\u{7}"))
  }

  @Test func `fails on what cannot be read`() throws {
    #expect(try bouncelog(["explain", "--format", "json", "/nowhere/x.eml"]).status == 66)
  }

  // MARK: What went wrong once

  /// A mail whose words for people stand on one line, as pages do.
  private static func mail(line length: Int, extra: String = "X-Note: none") -> String {
    """
    From: MAILER-DAEMON@relay.example
    Subject: Undelivered Mail Returned to Sender
    Content-Type: multipart/report; report-type=delivery-status; boundary="B"

    --B
    Content-Type: text/html

    \(String(repeating: "x", count: length))
    --B
    Content-Type: message/delivery-status

    Reporting-MTA: dns; relay.example
    \(extra)

    Final-Recipient: rfc822; bob@b.example
    Action: failed
    Status: 5.7.1
    Remote-MTA: dns; mx.b.example
    Diagnostic-Code: smtp; 551-5.7.1 You may send 500 messages a day

    --B--

    """
  }

  @Test(arguments: [1000, 300_000])
  func `read lines of any length, and no number of the text as the code`(length: Int) throws {
    let outcome = try bouncelog(["explain", "-f", "json", "-"], input: Self.mail(line: length))
    #expect(outcome.status == 0)
    let failure = try JSONValue(parsing: outcome.output.utf8)["failures"]?[0]
    #expect(failure?["recipient"] == "bob@b.example")
    #expect(failure?["code"] == 551)
    #expect(failure?["enhanced"] == "5.7.1")
    #expect(failure?["reply"] == "You may send 500 messages a day")
  }

  @Test(arguments: ["$(touch /tmp/x)", ";rm -rf ~", "--help", "AB CD", "../../x"])
  func `take no command for an id`(id: String) throws {
    let mail = Self.mail(line: 10, extra: "X-Postfix-Queue-ID: \(id)")
    #expect(!(try bouncelog(["explain", "-"], input: mail).output.contains("trace \(id)")))
    let json = try bouncelog(["explain", "-f", "json", "-"], input: mail).output
    #expect(try JSONValue(parsing: json.utf8)["message_id"] == .null)
  }

  @Test func `may be several files, all of which are there`() throws {
    let files = ["exim-article", "gmail"].map { "\(Self.folder)/\($0).eml" }
    let both = try bouncelog(["explain"] + files)
    #expect(both.status == 0)
    #expect(both.output.components(of: "\nnature ").count == 2)
    let ordinary = "\(Self.folder)/ordinary.eml"
    let json = try bouncelog(["explain", "--format", "json", ordinary] + files)
    #expect(json.status == 1)
    #expect(
      try JSONValue(parsing: json.output.utf8).elements.map { $0["kind"]?.text }
        == ["other", "bounce", "bounce"])
    let missing = try bouncelog(["explain", "--format", "json", ordinary, "/nowhere/x.eml"])
    #expect(missing.status == 66)
    #expect(try JSONValue(parsing: missing.output.utf8).elements.count == 1)
    #expect(try bouncelog(["explain", files[0], "/nowhere/x.eml"]).status == 66)
    #expect(try bouncelog(["explain", "--patterns", "/nosuch", "551 x"]).status == 65)
    #expect(try bouncelog(["explain", files[0], "551", "no"]).status == 64)
  }
}

extension String {
  fileprivate func components(of word: String) -> [Substring] {
    var rest = self[...]
    var found: [Substring] = []
    while let range = rest.firstRange(of: word) {
      found.append(rest[range])
      rest = rest[range.upperBound...]
    }
    return found
  }
}
