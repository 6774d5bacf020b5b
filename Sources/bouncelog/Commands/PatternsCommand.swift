internal import ArgumentParser
internal import Correlation
internal import LogPatterns
internal import LogReading
internal import MailTerms
internal import PatternFiles
internal import ReplyReasons
internal import Reporting

/// `bouncelog patterns`: looking at the patterns, proving them, trying them on a log.
struct PatternsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns",
    _superCommandName: Bouncelog.name,
    abstract: "Lists, shows, tests and tries the patterns that read log lines and replies.",
    discussion: """
      The patterns are built in. Files of the same form in /etc/bouncelog/Patterns, and in the folders \
      given with --patterns, overlay them: a file with frames of its own stands in place of the \
      built-in file of its name, and rules without frames are tried before the built-in ones. A rule \
      of the same name as a built-in one replaces it. The reasons of replies stand in replies.toml; a \
      file of that name adds rules and changes advice in the same way.
      """,
    version: Bouncelog.version,
    subcommands: [ListPatterns.self, ShowPattern.self, TestPatterns.self, TryPatterns.self])
}

/// The folders whose pattern files overlay the built-in ones.
struct PatternOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A folder or file of patterns that overlays the built-in ones.", valueName: "dir"),
    completion: .file())
  var patterns: [String] = []
}

/// `bouncelog patterns list`.
struct ListPatterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the frames and rules in the order in which they are tried, replies last.")

  @OptionGroup var options: PatternOptions

  func run() throws {
    let catalog = try PatternCatalog.of(options.patterns, withProofs: true)
    var output = Output.standard
    for entry in catalog.entries {
      let keys = entry.isFrame ? "(frame)" : entry.step.keys.joined(separator: " ")
      let does = entry.step.event?.word ?? entry.step.then.map { "then \($0)" } ?? "by key"
      let row =
        TerminalText.padded(entry.step.name, to: 24) + "  " + TerminalText.padded(keys, to: 18)
        + "  "
        + TerminalText.padded(does, to: 16) + "  \(entry.step.file)\n"
      try output.append(TerminalText.clean(String(row.dropLast())).utf8)
      try output.append([10])
    }
    for rule in try ReplyCatalog.of(options.patterns).rules() {
      let row =
        TerminalText.padded(rule.name, to: 24) + "  "
        + TerminalText.padded("(reply) \(rule.strength.word)", to: 18) + "  "
        + TerminalText.padded(rule.reason.word, to: 16) + "  \(rule.file)"
      try output.append(TerminalText.clean(row).utf8)
      try output.append([10])
    }
    try output.flush()
  }
}

/// `bouncelog patterns show NAME`.
struct ShowPattern: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows one frame, rule or reason with its samples, or a whole pattern file.")

  @OptionGroup var options: PatternOptions
  @Argument(help: "The name of a frame, a rule, a reason or a file such as exim.toml.")
  var name: String

  func run() throws {
    let catalog = try PatternCatalog.of(options.patterns, withProofs: true)
    var output = Output.standard
    if let file = catalog.files.first(where: { $0.name == name || $0.path == name }) {
      try output.append(file.text.utf8)
      try output.flush()
      return
    }
    guard let entry = catalog.entries.first(where: { $0.step.name == name }) else {
      if let text = try ReplyCatalog.of(options.patterns).text(named: name) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
          try output.append((TerminalText.clean(String(line)) + "\n").utf8)
        }
        try output.flush()
        return
      }
      throw Failure(status: .no, message: "no pattern and no pattern file is called \(name)")
    }
    let step = entry.step
    var text = "\(step.name)  (\(step.file):\(step.position.line))\n"
    if !entry.isFrame { text += "key:      \(step.keys.joined(separator: " "))\n" }
    if let event = step.event { text += "event:    \(event.word)\n" }
    if let then = step.then { text += "then:     \(then)\n" }
    text += "regex:    \(step.regex)\n"
    if let detail = step.detail { text += "detail:   \(detail)\n" }
    for sample in step.samples {
      text += "sample:   \(sample.line)\n"
      for (field, value) in sample.expected.sorted(by: { $0.key < $1.key }) {
        text += "          \(field) = \(value)\n"
      }
    }
    for miss in step.nearMisses { text += "not:      \(miss.line)\n          \(miss.why)\n" }
    for line in text.split(separator: "\n") {
      try output.append(TerminalText.clean(String(line)).utf8)
      try output.append([10])
    }
    try output.flush()
  }
}

/// `bouncelog patterns test`.
struct TestPatterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Proves every pattern by its samples and cases.",
    discussion: """
      Exit code 1 if one fails; 65 if a pattern file is wrong, or a pattern is reached by none of its \
      samples.
      """)

  @OptionGroup var options: PatternOptions
  @Argument(help: "Folders or files that overlay the built-in patterns, as with --patterns.")
  var folders: [String] = []

  func run() throws {
    // Samples are stamped without a zone; what they expect must not depend on the machine's.
    _ = SystemClock.setZone("UTC")
    let catalog = try PatternCatalog.of(options.patterns + folders, withProofs: true)
    let clock = TimeReader(reference: SystemClock.now)
    var samples = SampleCheck(catalog: catalog, clock: clock)
    samples.run()
    var cases = CaseCheck(catalog: catalog, clock: clock)
    cases.run()
    var replies = ReplySampleCheck(catalog: try ReplyCatalog.of(options.patterns + folders))
    do {
      try replies.run()
    } catch {
      throw Failure(status: .badData, message: "\(error)")
    }
    var output = Output.standard
    for problem in samples.problems + cases.problems {
      try output.append(text(of: problem).utf8)
    }
    for problem in replies.problems {
      try output.append("\(TerminalText.clean("\(problem)"))\n".utf8)
    }
    let failed = samples.problems.count + cases.problems.count + replies.problems.count
    try output.append(
      "\(samples.count) samples, \(replies.count) replies, \(cases.count) cases: \(failed == 0 ? "all right" : "\(failed) wrong")\n"
        .utf8)
    try output.flush()
    for error in samples.unreached { StandardError.write("bouncelog: \(error)\n") }
    if !samples.unreached.isEmpty { throw ExitCode(ExitStatus.badData.rawValue) }
    if failed > 0 { throw ExitCode(ExitStatus.no.rawValue) }
  }

  private func text(of problem: PatternProblem) -> String {
    let place = "\(problem.file):\(problem.position.line):\(problem.position.column)"
    var text = TerminalText.clean("\(place): \(problem.pattern): \(problem.message)") + "\n"
    guard let line = problem.line else { return text }
    text += "  \(TerminalText.clean(line))\n"
    if let agreement = problem.agreement {
      let before = String(decoding: line.utf8.prefix(agreement), as: UTF8.self)
      let columns = TerminalText.width(TerminalText.clean(before))
      text += "  " + String(repeating: " ", count: columns) + "^ matched up to here\n"
    }
    return text
  }
}

/// `bouncelog patterns try FILE`.
struct TryPatterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "try",
    abstract: "Tries the patterns on a log: hits of each, and what is not recognised.",
    discussion: """
      Lines that no pattern recognises are grouped by their shape: ids, addresses, hosts and numbers \
      are replaced by words such as <ID>.
      """,
    aliases: ["coverage"])

  @OptionGroup var options: PatternOptions
  @Option(name: .long, help: ArgumentHelp("The most shapes to show.", valueName: "n"))
  var top = 10
  @Argument(help: "Log files; - is standard input.", completion: .file())
  var files: [String]

  func run() throws {
    let catalog = try PatternCatalog.of(options.patterns, withProofs: true)
    var parser = RecordParser(
      catalog: catalog, clock: TimeReader(reference: SystemClock.now), keepsChain: true)
    var shapes: [String: (count: Int, example: String)] = [:]
    var status = ExitStatus.done
    for path in files {
      do throws(ReadError) {
        let reader = BlockReader(try LogSource(path: path))
        while let block = unsafe try reader.next() {
          let bytes = unsafe Span<UInt8>(_unsafeElements: block.bindMemory(to: UInt8.self))
          parser.eachUnrecognised(in: bytes) { line in
            let shape = LineShape.of(line)
            shapes[shape, default: (0, line)].count += 1
          }
        }
      } catch {
        StandardError.write("bouncelog: \(error)\n")
        status = .noInput
      }
    }
    try write(catalog, parser.counts, shapes)
    if status != .done { throw ExitCode(status.rawValue) }
    if parser.counts.lines > 0, parser.counts.unrecognised == parser.counts.lines {
      throw ExitCode(ExitStatus.badData.rawValue)
    }
  }

  private func write(
    _ catalog: PatternCatalog, _ counts: RecordParser.Counts,
    _ shapes: [String: (count: Int, example: String)]
  ) throws {
    var text = "hits  pattern\n"
    let width = max(4, counts.hits.map { String($0).utf8.count }.max() ?? 4)
    for (number, entry) in catalog.entries.enumerated()
    where counts.hits[number] > 0 || counts.limits[number] > 0 {
      text += TerminalText.padded(String(counts.hits[number]), to: width, onLeft: true)
      text += "  \(entry.step.name)"
      if counts.limits[number] > 0 {
        text += "  (given up \(counts.limits[number]) times: too costly)"
      }
      text += "\n"
    }
    let never = catalog.entries.enumerated().filter { counts.hits[$0.offset] == 0 }
    if !never.isEmpty {
      text += "never: " + never.map(\.element.step.name).joined(separator: ", ") + "\n"
    }
    text += "\(counts.lines) lines, \(counts.unrecognised) not recognised"
    if counts.lines > 0 {
      let thousandths = counts.unrecognised * 100_000 / counts.lines
      text += " (\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())%)"
    }
    text += "\n"
    let sorted = shapes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    for (shape, found) in sorted.prefix(top) {
      text += "\(TerminalText.padded(String(found.count), to: width, onLeft: true))  \(shape)\n"
      text += String(repeating: " ", count: width) + "  e.g. \(found.example)\n"
    }
    if sorted.count > top { text += "(\(sorted.count - top) more shapes)\n" }
    var output = Output.standard
    for line in text.split(separator: "\n") {
      try output.append(TerminalText.clean(String(line)).utf8)
      try output.append([10])
    }
    try output.flush()
  }
}
