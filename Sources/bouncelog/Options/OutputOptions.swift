internal import Aggregation
internal import ArgumentParser
internal import Reporting

/// A form of output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, jsonl, csv, html, mail, markdown, prometheus

  /// The form that a file's suffix asks for.
  init?(suffixOf path: String) {
    guard let suffix = path.split(separator: ".").last else { return nil }
    switch suffix {
    case "txt": self = .text
    case "md": self = .markdown
    case "htm": self = .html
    case "eml": self = .mail
    case "ndjson": self = .jsonl
    case "prom": self = .prometheus
    default: self.init(rawValue: String(suffix))
    }
  }
}

/// When colours are used.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// Whether what is written to an output has colours.
  func applies(to output: Output) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: output.isTerminal && Environment.allowsColour
    }
  }
}

/// The shape of what a command writes.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Group by these together, in this order: remote-host, sender-domain, recipient-domain, reason, code, sender, hour, edge.",
      valueName: "dimension,..."))
  var by: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most rows of a table (not of json and csv; default: 20).", valueName: "n"))
  var top: Int?

  @Option(
    name: [.customShort("f"), .long],
    help: "text, json, jsonl, csv, html, mail, markdown or prometheus; of follow text or jsonl.")
  var format: OutputFormat?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write to this file; its suffix (.txt, .json, .jsonl, .csv, .html, .eml, .md, .prom) chooses the format. Repeatable.",
      valueName: "file"), completion: .file())
  var outputs: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Templates of html and mail that stand in place of the built-in ones.", valueName: "dir"),
    completion: .directory)
  var templates: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Events for jsonl and follow: failed, deferred, rejected, callout, notified, delivered (whatever its code unless \
      --code is given), or all for every outcome whatever its code. Repeatable.
      """,
      valueName: "kind"))
  var event: [String] = []

  @Option(name: .long, help: "auto, always or never; NO_COLOR is honoured.")
  var color: ColourChoice = .auto

  @OptionGroup var reading: ReadingOptions

  @Flag(
    name: .customLong("no-state"),
    help: "Keep no state between runs; report and follow keep none anyway.")
  var noState = false

  @Flag(name: .shortAndLong, help: "Leave out warnings and the lines that were not recognised.")
  var quiet = false

  @Flag(
    name: .shortAndLong,
    help: "Say on standard error what is being read, and which copies are not.")
  var verbose = false

  /// The most rows of a table.
  var rows: Int { top ?? Self.standardTop }

  /// How many where nothing says.
  static let standardTop = 20

  mutating func validate() throws {
    guard (1...1_000_000).contains(rows) else {
      throw ValidationError("--top must be from 1 to 1000000")
    }
    _ = try dimensions
    _ = try eventKinds
    if outputs.contains("-") {
      throw ValidationError("-o -: without -o the report goes to standard output")
    }
    for path in outputs where format == nil && OutputFormat(suffixOf: path) == nil {
      throw ValidationError(
        "-o \(path): give --format, or a name that ends in .txt, .json, .jsonl, .csv, .html, .eml, .md or .prom"
      )
    }
  }

  /// The form of an output file.
  func format(of path: String) -> OutputFormat { OutputFormat(suffixOf: path) ?? format ?? .text }

  /// The templates, where a form that is asked for needs them.
  var pageTemplates: PageTemplates? {
    get throws {
      let formats = outputs.isEmpty ? [format ?? .text] : outputs.map { format(of: $0) }
      guard formats.contains(where: { $0 == .html || $0 == .mail }) else { return nil }
      return try PageTemplates(overlaidBy: PageTemplates.siteFolders + templates)
    }
  }

  /// The dimensions to group by.
  var dimensions: [Dimension] {
    get throws {
      var seen: Set<Dimension> = []
      return try by.flatMap { $0.split(separator: ",") }.map { word in
        guard let dimension = Dimension(rawValue: String(word)) else {
          throw ValidationError(
            "--by \(word): use " + Dimension.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard seen.insert(dimension).inserted else {
          throw ValidationError("--by \(word): once is enough")
        }
        return dimension
      }
    }
  }
}
