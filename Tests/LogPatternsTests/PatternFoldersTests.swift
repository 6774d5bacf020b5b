import LogPatterns
import MailTerms
import PatternFiles
import TestSupport
import Testing

@Suite struct `Pattern folders` {
  /// A rule file without frames: Exim's message lines with the word `hello`.
  static func rule(_ name: String, key: String = "hello", regex: String = "") -> String {
    """
    mta = "exim"
    [[rule]]
    name = "\(name)"
    key = "\(key)"
    event = "ignore"
    regex = '''\(regex)'''
    [[rule.sample]]
    line = '''2026-11-24 02:11:24 1xVg0C-0006Kj-05 \(key) world'''
    """
  }

  static let builtIn = ["built-in/exim.toml", "built-in/postfix.toml", "built-in/syslog.toml"]

  let folder: TemporaryFolder
  let other: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    other = try TemporaryFolder()
  }

  @Test func `hold nothing but the built-in files by default`() throws {
    let files = try PatternFolders.files(overlaidBy: [])
    #expect(files.contains { $0.name == "exim.toml" && $0.path == "built-in/exim.toml" })
    #expect(files.allSatisfy { $0.path == "built-in/\($0.name)" })
  }

  @Test func `give the same patterns without their proofs`() throws {
    let proven = try PatternCatalog(files: PatternFolders.files(overlaidBy: [], withProofs: true))
    let bare = try PatternCatalog(files: PatternFolders.files(overlaidBy: [], withProofs: false))
    #expect(bare.entries.map(\.step.name) == proven.entries.map(\.step.name))
    #expect(bare.entries.map(\.step.regex) == proven.entries.map(\.step.regex))
    #expect(bare.entries.map(\.step.detail) == proven.entries.map(\.step.detail))
    #expect(bare.entries.map(\.step.keys) == proven.entries.map(\.step.keys))
    #expect(bare.entries.map(\.step.event) == proven.entries.map(\.step.event))
    #expect(bare.entries.map(\.step.then) == proven.entries.map(\.step.then))
    #expect(bare.entries.map(\.step.contains) == proven.entries.map(\.step.contains))
  }

  @Test func `replace a built-in file by one with frames of its own`() throws {
    let path = try folder.write(head.utf8, to: "exim.toml")
    let files = try PatternFolders.files(overlaidBy: [folder.path], mta: .exim)
    #expect(files.map(\.path) == [path, "built-in/syslog.toml"])
    let catalog = try PatternCatalog(files: files)
    #expect(catalog.entries.filter { $0.mta == .exim }.map(\.step.name) == ["line", "done"])
  }

  @Test func `put a file without frames in front of the built-in one`() throws {
    let path = try folder.write(Self.rule("greeting").utf8, to: "exim.toml")
    let files = try PatternFolders.files(overlaidBy: [folder.path])
    #expect(files.map(\.path) == [path] + Self.builtIn)
    let catalog = try PatternCatalog(files: files)
    let rules = catalog.entries.filter { !$0.isFrame }.map(\.step.name)
    #expect(rules.first == "greeting")
    #expect(rules.contains("failed-by-reply"))
    #expect(problems(of: catalog).isEmpty)
  }

  @Test func `add a file of another name`() throws {
    let path = try folder.write(
      head.replacing("\"line\"", with: "\"other line\"").replacing("\"done\"", with: "\"gone\"")
        .utf8,
      to: "mine.toml")
    let files = try PatternFolders.files(overlaidBy: [folder.path], mta: .exim)
    #expect(files.map(\.path) == [path, "built-in/exim.toml", "built-in/syslog.toml"])
  }

  @Test func `replace a rule by one of the same name`() throws {
    try folder.write(
      Self.rule("completed", key: "Completed", regex: "world$").utf8, to: "exim.toml")
    let catalog = try PatternCatalog(files: PatternFolders.files(overlaidBy: [folder.path]))
    let named = catalog.entries.filter { $0.step.name == "completed" && $0.mta == .exim }
    #expect(named.map(\.step.regex) == ["world$"])
    #expect(problems(of: catalog).allSatisfy { $0.message.contains("no pattern recognises") })
    var parser = RecordParser(catalog: catalog, clock: clock)
    let line = Array("2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed world".utf8)
    #expect(parser.values(line, ["event"]) == ["event": "ignore"])
    let replaced = Array("2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed".utf8)
    #expect(parser.values(replaced, ["event"]) == nil)
  }

  @Test func `let the last folder win`() throws {
    let weak = try folder.write(Self.rule("greeting", regex: "w").utf8, to: "exim.toml")
    let strong = try other.write(Self.rule("greeting", regex: "wo").utf8, to: "exim.toml")
    let files = try PatternFolders.files(overlaidBy: [folder.path, other.path], mta: .exim)
    #expect(files.map(\.path) == [strong, weak, "built-in/exim.toml", "built-in/syslog.toml"])
    let catalog = try PatternCatalog(files: files)
    #expect(catalog.entries.filter { $0.step.name == "greeting" }.map(\.step.regex) == ["wo"])
  }

  @Test func `are read in the order of names, toml files alone`() throws {
    for name in ["b.toml", "a.toml", ".hidden.toml", "README.md", "a.toml~"] {
      try folder.write(Self.rule(name).utf8, to: name)
    }
    #expect(try PatternFolders.read(folder: folder.path).map(\.name) == ["a.toml", "b.toml"])
  }

  @Test func `may be one file`() throws {
    let path = try folder.write(Self.rule("greeting").utf8, to: "mine.toml")
    #expect(try PatternFolders.read(folder: path).map(\.path) == [path])
  }

  @Test(arguments: ["missing", "missing.toml"])
  func `are told when they are missing`(name: String) throws {
    let error = try #require(throws: PatternFileError.self) {
      _ = try PatternFolders.files(overlaidBy: [folder.file(name)])
    }
    let reason =
      name == "missing" ? "no such folder of pattern files" : "No such file or directory"
    #expect(error.description == "\(folder.file(name)): \(reason)")
  }
}
