import Foundation
import Testing

/// The report over every sample log, held against the truth that lies beside it.
@Suite struct SamplesTests {
  /// What a row of a breakdown is named by, and what a truth calls the breakdown.
  private static let breakdowns = [
    ("by_remote_host", ["remote_host"]),
    ("by_remote_ip", ["remote_ip"]),
    ("by_sender_domain", ["sender_domain"]),
    ("by_pair", ["remote_host", "sender_domain"]),
  ]

  @Test(arguments: try Sample.all)
  func reportAgreesWithTruth(_ sample: Sample) throws {
    let truth = try sample.truth
    let report = try JSON.object(Tool.run(["report", "--format", "json"] + sample.logs))
    for (section, wanted) in truth {
      guard let wanted = wanted as? [String: Any] else { continue }
      let given = try #require(report[section] as? [String: Any], "\(section) is missing")
      #expect(given["total"] as? Int == wanted["total"] as? Int, "\(section), total")
      for (breakdown, names) in Self.breakdowns {
        guard let rows = wanted[breakdown] else { continue }
        let counts = try JSON.counts(given[breakdown], names: names)
        #expect(try counts == JSON.counts(rows, names: names), "\(section), \(breakdown)")
      }
    }
  }

  @Test(arguments: try Sample.all)
  func everyLineIsRecognised(_ sample: Sample) throws {
    let report = try JSON.object(Tool.run(["report", "--format", "json"] + sample.logs))
    let input = try #require(report["input"] as? [String: Any])
    #expect(input["unrecognised"] as? Int == 0)
  }

  @Test func orderOfFilesDoesNotMatter() throws {
    let rotated = try #require(try Sample.all.first { $0.name == "exim/rotated" })
    let keys = ["report", "--format", "jsonl", "--event", "all", "--edge", "mx.example.org"]
    let forward = try Tool.run(keys + rotated.logs)
    #expect(try forward == Tool.run(keys + rotated.logs.reversed()))
  }

  @Test func articleTellsItsStory() throws {
    let article = try #require(try Sample.all.first { $0.name == "exim/article" })
    let output = try Tool.run(["report", "--format", "jsonl"] + article.logs)
    let events = try output.split(separator: 10).map { try JSON.object(Data($0)) }
    #expect(events.map { $0["event"] as? String } == ["failed", "notified"])
    let failed = try #require(events.first)
    #expect(failed["message_id"] as? String == "1TRS1q-0002fq-S4")
    #expect(failed["sender"] as? String == "alice@sender.example")
    #expect(failed["recipient"] as? String == "bob@recipient.example")
    #expect(failed["command"] as? String == "RCPT TO")
    #expect(failed["code"] as? Int == 551)
    #expect(failed["reply"] as? String == "not our customer")
    let notified = try #require(events.last)
    #expect(notified["message_id"] as? String == "1TRS1q-0002fq-S4")
    #expect(notified["bounce_id"] as? String == "1TRS2B-00033h-Fn")
  }
}

/// A truth file and the logs that it is about.
struct Sample: Sendable, CustomTestStringConvertible {
  /// The truth file's path below `Samples`, without its suffix.
  let name: String

  var testDescription: String { name }

  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Samples")

  /// All samples; a folder without one is an error, not an empty test.
  static var all: [Sample] {
    get throws {
      let suffix = ".truth.json"
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(suffix) }
        .map { String($0.dropLast(suffix.count)) }
      try #require(!names.isEmpty, "no truth in \(folder.path)")
      return names.sorted().map(Sample.init)
    }
  }

  private var file: URL { Self.folder.appending(path: name + ".truth.json") }

  /// The truth: sections by their names, and `logs`.
  var truth: [String: Any] {
    get throws { try JSON.object(Data(contentsOf: file)) }
  }

  /// The paths of the logs.
  var logs: [String] {
    get throws {
      let names = try #require(try truth["logs"] as? [String], "\(name) names no logs")
      return names.map { file.deletingLastPathComponent().appending(path: $0).path }
    }
  }
}

/// Reading JSON as dictionaries and counts.
enum JSON {
  static func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// Counts by name: from a truth's `{"name": 2}` or `[["host", "domain", 2]]`, or from the rows of
  /// a report, `[{"remote_host": "name", "count": 2, ...}]`.
  static func counts(_ value: Any?, names: [String]) throws -> [[String]: Int] {
    if let counts = value as? [String: Int] {
      return Dictionary(uniqueKeysWithValues: counts.map { ([$0.key], $0.value) })
    }
    let rows = try #require(value as? [Any])
    return try Dictionary(
      uniqueKeysWithValues: rows.map { row in
        if let row = row as? [Any] {
          return (try row.dropLast().map { try text($0) }, try #require(row.last as? Int))
        }
        let row = try #require(row as? [String: Any])
        return (try names.map { try text(row[$0]) }, try #require(row["count"] as? Int))
      })
  }

  private static func text(_ value: Any?) throws -> String { try #require(value as? String) }
}

/// The built `bouncelog`, which lies beside the test bundle.
enum Tool {
  /// Runs it and gives what it wrote to standard output; it must end with 0.
  static func run(_ arguments: [String]) throws -> Data {
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let process = Process()
    process.executableURL = tests.deletingLastPathComponent().appending(path: "bouncelog")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let status = process.terminationStatus
    try #require(status == 0, "bouncelog ended with \(status)")
    return data
  }
}
