internal import ArgumentParser
internal import Correlation
internal import MailTerms

extension ParsableArguments {
  /// The names of those options that are there.
  static func given(_ options: [(name: String, isThere: Bool)]) -> [String] {
    options.filter(\.isThere).map(\.name)
  }
}

/// By which reply, host, domain and decision outcomes are chosen.
struct OutcomeOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Reply codes: 551 (the default, but for trace), 5xx, 550-554, an enhanced code such as 5.1.6, or all. Repeatable.",
      discussion: "The reply code is the one the server sent first, never one quoted in its text.",
      valueName: "code"))
  var code: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Only remote hosts that match, such as '*.example.org'.", valueName: "glob"))
  var remoteHost: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only sender domains that match; '<>' is the null sender.", valueName: "glob"))
  var senderDomain: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Who decided: remote, local, expired, rejected, callout. Repeatable.", valueName: "origin"))
  var origin: [String] = []

  mutating func validate() throws {
    _ = try selection(code: "551")
    for word in origin where !Origin.allCases.contains(where: { $0.word.string == word }) {
      throw ValidationError("--origin \(word): use remote, local, expired, rejected or callout")
    }
  }

  /// The options that are there.
  var given: [String] {
    Self.given([
      ("--code", !code.isEmpty), ("--remote-host", remoteHost != nil),
      ("--sender-domain", senderDomain != nil), ("--origin", !origin.isEmpty),
    ])
  }

  /// Whether anything is chosen.
  var isEmpty: Bool { given.isEmpty }

  /// The codes as they were given, or the one that stands for nothing given.
  func codes(_ standard: String) -> [String] { code.isEmpty ? [standard] : code }

  /// The selection without a period.
  ///
  /// - Parameter standard: the code where none was given.
  func selection(code standard: String) throws -> Selection {
    let words = codes(standard)
    guard let codes = CodeFilter(words) else {
      throw ValidationError(
        "--code \(words.joined(separator: " ")): use 551, 5xx, 550-554, 5.1.6 or all")
    }
    return Selection(
      codes: codes, remoteHost: remoteHost.map(Glob.init),
      senderDomain: senderDomain.map(Glob.init),
      origins: origin.isEmpty
        ? nil : Set(Origin.allCases.filter { origin.contains($0.word.string) }))
  }
}
