import Glibc
import TestSupport
import Testing

@Suite struct `Follow command` {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func event(_ line: String?) throws -> JSONValue {
    try JSONValue(parsing: try #require(line).utf8)
  }

  @Test(arguments: [["follow", "-f", "jsonl"], ["-f", "jsonl"], ["follow", "-f", "jsonl", "-"]])
  func `gives each outcome while the pipe is open`(arguments: [String]) throws {
    let program = try started(arguments)
    let lines = (monday + tuesday).split(separator: "\n").map { $0 + "\n" }
    try program.write(lines[..<2].joined())
    let first = try Self.event(program.nextLine())
    #expect(first["event"] == "failed")
    #expect(first["recipient"] == "bob@d1.test")
    #expect(first["sender"] == "alice@acme.example")
    try program.write(lines[2...4].joined())
    #expect(try Self.event(program.nextLine())["recipient"] == "eva@d2.test")
    try program.write(String(lines[5]))
    #expect(try Self.event(program.nextLine())["sender"] == "root@bcorp.example")
    let outcome = try program.finish()
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.isEmpty)
  }

  @Test func `gives an outcome whose arrival it has not seen`() throws {
    let program = try started(["follow", "-f", "jsonl"])
    try program.write(failureLine)
    let event = try Self.event(program.nextLine())
    #expect(event["sender"] == .null)
    #expect(event["sender_domain"] == "(unknown)")
    #expect(event["code"] == 551)
    #expect(try program.finish().status == 0)
  }

  @Test func `waits for the rest of a line`() throws {
    let program = try started(["follow", "-f", "jsonl"])
    let half = failureLine.utf8.count / 2
    try program.write(String(failureLine.prefix(half)))
    try program.write(String(failureLine.dropFirst(half)))
    #expect(try Self.event(program.nextLine())["recipient"] == "bob@d1.test")
    try program.write(String(failureLine.dropLast()))
    let outcome = try program.finish()
    #expect(try Self.event(outcome.lines.first)["attempts"] == 2)
  }

  @Test func `tells when the sender is told`() throws {
    let program = try started(["follow", "-f", "jsonl"])
    try program.write(monday.split(separator: "\n")[..<2].joined(separator: "\n") + "\n")
    #expect(try Self.event(program.nextLine())["event"] == "failed")
    try program.write(
      "2026-11-23 10:00:01 1xVA02-000001-01 <= <> R=1xVA00-000001-01 U=mail P=local S=9\n")
    let notice = try Self.event(program.nextLine())
    #expect(notice["event"] == "notified")
    #expect(notice["message_id"] == "1xVA00-000001-01")
    #expect(notice["bounce_id"] == "1xVA02-000001-01")
    #expect(notice["sender"] == "alice@acme.example")
    #expect(try program.finish().status == 0)
  }

  @Test func `writes the report at the end of a pipe`() throws {
    let outcome = try bouncelog(["follow"], input: monday + tuesday)
    #expect(outcome.status == 0)
    let first = outcome.lines[0]
    for part in [
      "2026-11-23 10:00:01", "551", "bob@d1.test", "alice@acme.example", "mx1.d1.test",
      "not our customer",
    ] {
      #expect(first.contains(part))
    }
    #expect(outcome.output.contains("3 failures"))
    let same = try bouncelog([], input: monday + tuesday)
    #expect(same.output == outcome.output)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `writes the report when it is stopped`(signal: Int32) throws {
    let path = try folder.write(monday.utf8, to: "mainlog")
    let program = try started(["follow", path])
    // The first lines show that the file is being followed.
    let first = try #require(try program.nextLine())
    #expect(first.contains("bob@d1.test"))
    let second = try #require(try program.nextLine())
    #expect(second.contains("eva@d2.test"))
    try folder.append(tuesday.utf8, to: "mainlog")
    let third = try #require(try program.nextLine())
    #expect(third.contains("root@bcorp.example"))
    program.signal(signal)
    let outcome = try program.finish()
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("3 failures"))
    #expect(outcome.errors.isEmpty)
  }

  @Test func `goes on with the new file after a rotation`() throws {
    let path = try folder.write(monday.utf8, to: "mainlog")
    let program = try started(["follow", "-f", "jsonl", path])
    for _ in 0..<2 { #expect(try program.nextLine() != nil) }
    unsafe rename(path, folder.file("mainlog.1"))
    try folder.write(tuesday.utf8, to: "mainlog")
    let event = try Self.event(program.nextLine())
    #expect(event["sender"] == "root@bcorp.example")
    program.signal(SIGTERM)
    #expect(try program.finish().status == 0)
  }

  @Test func `writes a report to a file`() throws {
    let outcome = try bouncelog(
      ["follow", "-o", folder.file("r.json")], input: monday + tuesday)
    #expect(outcome.status == 0)
    let json = try JSONValue(parsing: folder.contents(of: "r.json").utf8)
    #expect(json["failures"]?["total"] == 3)
  }

  @Test func `shows every outcome on request`() throws {
    let outcome = try bouncelog(
      ["follow", "-f", "jsonl", "--event", "all"], input: monday + tuesday)
    let events = try outcome.lines.dropLast().map { try Self.event($0)["event"] }
    #expect(events == ["failed", "failed", "failed", "failed", "failed", "delivered"])
  }

  @Test func `waits for a file that is not there beside one that is`() throws {
    let late = folder.file("late.log")
    let program = try started([
      "follow", "-f", "jsonl", try folder.write(monday.utf8, to: "mainlog"), late,
    ])
    #expect(try Self.event(program.nextLine())["recipient"] == "bob@d1.test")
    #expect(try Self.event(program.nextLine())["recipient"] == "eva@d2.test")
    _ = try folder.write(failureLine.utf8, to: "late.log")
    #expect(try Self.event(program.nextLine())["sender"] == "root@bcorp.example")
    program.signal(SIGTERM)
    let outcome = try program.finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors == "bouncelog: \(late): No such file or directory\n")
    let never = try started(["follow", "-f", "jsonl", folder.file("mainlog"), folder.file("never")])
    _ = try never.nextLine()
    never.signal(SIGTERM)
    #expect(try never.finish().status == 66)
  }

  @Test func `is told of a file that is not there`() throws {
    let missing = folder.file("missing.log")
    let outcome = try bouncelog(["follow", missing])
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains(missing))
  }
}
