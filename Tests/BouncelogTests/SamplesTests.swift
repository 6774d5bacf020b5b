import TestSupport
import Testing

/// The report over every sample log, held against the truth that lies beside it: what the servers
/// answered, counted without a look at the log.
@Suite struct `Sample logs` {
  /// What a row of a breakdown is named by, and what a truth calls the breakdown.
  private static let breakdowns = [
    ("by_remote_host", ["remote_host"]),
    ("by_remote_ip", ["remote_ip"]),
    ("by_sender_domain", ["sender_domain"]),
    ("by_pair", ["remote_host", "sender_domain"]),
  ]

  @Test(arguments: try Sample.all) func `give what the servers answered`(sample: Sample) throws {
    let truth = try sample.truth
    let report = try json(sample.logs)
    for section in truth.keys where section != "logs" {
      let wanted = try #require(truth[section])
      let given = try #require(report[section], "\(section) is missing")
      #expect(given["total"]?.integer == wanted["total"]?.integer, "\(section), total")
      for (breakdown, names) in Self.breakdowns {
        guard let rows = wanted[breakdown] else { continue }
        let counts = try Sample.counts(given[breakdown] ?? nil, named: names)
        #expect(try counts == Sample.counts(rows, named: names), "\(section), \(breakdown)")
      }
    }
    #expect(truth["failures"]?["total"]?.integer != nil)
  }

  @Test(arguments: try Sample.all) func `have no line that is not known`(sample: Sample) throws {
    let input = try json(sample.logs)["input"]
    #expect(input?["unrecognised"]?.integer == 0)
    #expect(input?["lines"]?.integer ?? 0 > 0)
  }

  @Test func `give the same events in any order of the files`() throws {
    let rotated = try #require(try Sample.all.first { $0.name == "exim/rotated" })
    let keys = ["report", "--format", "jsonl", "--event", "all", "--edge", "mx.example.org"]
    let forward = try bouncelog(keys + rotated.logs)
    #expect(forward.lines.count > 100)
    #expect(try forward.output == bouncelog(keys + rotated.logs.reversed()).output)
  }

  @Test func `tell the story of a failure and its bounce`() throws {
    let article = try #require(try Sample.all.first { $0.name == "exim/article" })
    let outcome = try bouncelog(["report", "--format", "jsonl"] + article.logs)
    let events = try outcome.lines.filter { !$0.isEmpty }.map { try JSONValue(parsing: $0.utf8) }
    #expect(events.map { $0["event"] } == ["failed", "notified"])
    let failed = try #require(events.first)
    #expect(failed["message_id"] == "1TRS1q-0002fq-S4")
    #expect(failed["sender"] == "alice@sender.example")
    #expect(failed["recipient"] == "bob@recipient.example")
    #expect(failed["command"] == "RCPT TO")
    #expect(failed["code"] == 551)
    #expect(failed["reply"] == "not our customer")
    let notified = try #require(events.last)
    #expect(notified["message_id"] == "1TRS1q-0002fq-S4")
    #expect(notified["bounce_id"] == "1TRS2B-00033h-Fn")
  }
}

/// A truth file and the logs that it is about.
struct Sample: Sendable, CustomTestStringConvertible {
  /// The truth file's path below `Samples`, without its suffix.
  let name: String

  var testDescription: String { name }

  private static let suffix = ".truth.json"
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Samples"

  /// All samples; a folder without one is an error, not an empty test.
  static var all: [Sample] {
    get throws {
      let found = try Program.run("/usr/bin/find", [folder, "-name", "*" + suffix])
      let names = found.lines.filter { !$0.isEmpty }.map {
        String($0.dropFirst(folder.count + 1).dropLast(suffix.count))
      }
      try #require(!names.isEmpty, "no truth in \(folder)")
      return names.sorted().map(Sample.init)
    }
  }

  /// The truth: sections by their names, and `logs`.
  var truth: JSONValue {
    get throws {
      let file = try Program.run("/bin/cat", ["\(Self.folder)/\(name)\(Self.suffix)"])
      return try JSONValue(parsing: file.output.utf8)
    }
  }

  /// The paths of the logs.
  var logs: [String] {
    get throws {
      let folder = "\(Self.folder)/\(name)".split(separator: "/").dropLast().joined(separator: "/")
      let names = try truth["logs"]?.elements.compactMap(\.text) ?? []
      try #require(!names.isEmpty, "\(name) names no logs")
      return names.map { "/\(folder)/\($0)" }
    }
  }

  /// Counts by name: from a truth's `{"name": 2}` or `[["host", "domain", 2]]`, or from the rows of
  /// a report, `[{"remote_host": "name", "count": 2, ...}]`.
  static func counts(_ value: JSONValue?, named names: [String]) throws -> [[String]: Int] {
    if case .object(let members) = value {
      return try Dictionary(
        uniqueKeysWithValues: members.map { ([$0.key], try #require($0.value.integer)) })
    }
    return Dictionary(
      uniqueKeysWithValues: try #require(value).elements.map { row in
        if case .array(let cells) = row {
          let words = try cells.dropLast().map { try #require($0.text) }
          return (words, try #require(cells.last?.integer))
        }
        return (try names.map { try #require(row[$0]?.text) }, try #require(row["count"]?.integer))
      })
  }
}
