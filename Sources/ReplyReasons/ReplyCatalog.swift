internal import Glibc
package import MailTerms
package import PatternFiles
internal import PCRE2

/// The reasons why servers say no, and the rules that find them: the built-in file, overlaid by the
/// `replies.toml` of some folders.
///
/// A catalog never changes. The built-in part is taken out of the binary when it is first asked for,
/// and no expression is compiled before a text needs it; a user's are compiled at once, so that their
/// mistakes are told.
package final class ReplyCatalog: Sendable {
  /// The built-in reasons and rules alone.
  package static let withoutOverlays = ReplyCatalog(overlays: [])

  private init(overlays: [ReplyFile]) { self.overlays = overlays }

  /// The users' files, those that go first before the others.
  package let overlays: [ReplyFile]

  /// Reads the overlays.
  ///
  /// A user's rule goes before all built-in ones and takes the place of one of its name; a reason
  /// says what the file says of it and keeps the rest.
  /// - Parameter folders: folders that may hold a `replies.toml`, or such files; the strongest last.
  /// - Throws: `PatternFileError` for a file that cannot be read or is wrong.
  package init(overlaidBy folders: [String] = []) throws(PatternFileError) {
    var overlays: [ReplyFile] = []
    for folder in folders.reversed() {
      let isFile = folder == ReplyFile.name || folder.hasSuffix("/" + ReplyFile.name)
      let path = isFile ? folder : "\(folder)/\(ReplyFile.name)"
      guard unsafe isFile || access(path, F_OK) == 0 else { continue }
      let file = try ReplyFileReader.read(
        path: path, text: TOMLFile.text(ofFile: path), mayOmit: true)
      for rule in file.rules { try Self.check(rule) }
      overlays.append(file)
    }
    self.overlays = overlays
  }

  /// The built-in file with its samples.
  package static func builtIn() throws(PatternFileError) -> ReplyFile {
    try ReplyFileReader.read(
      path: PatternFile.builtInPrefix + ReplyFile.name, text: builtInReplyText, mayOmit: false)
  }

  /// All rules in the order in which they are tried: strong ones by layer, tags first, then weak ones.
  package func rules() -> [ReplyRule] { Self.ordered(overlays.map(\.rules) + [builtInRules()]) }

  /// The same with samples; it reads the built-in file's text.
  package func rulesWithSamples() throws(PatternFileError) -> [ReplyRule] {
    Self.ordered(overlays.map(\.rules) + [try Self.builtIn().rules])
  }

  private static func ordered(_ layers: [[ReplyRule]]) -> [ReplyRule] {
    var taken: Set<String> = []
    var strong: [ReplyRule] = []
    var weak: [ReplyRule] = []
    for layer in layers {
      let kept = layer.filter { !taken.contains($0.name) }
      taken.formUnion(kept.map(\.name))
      strong += kept.filter { $0.strength == .tag } + kept.filter { $0.strength == .strong }
      weak += kept.filter { $0.strength == .weak }
    }
    return strong + weak
  }

  /// What is said of each reason, in the order of `Reason`.
  package func reasons() -> [ReasonAdvice] {
    var reasons = builtInReasons()
    for layer in overlays.reversed() {
      for said in layer.reasons {
        guard let index = reasons.firstIndex(where: { $0.reason == said.reason }) else { continue }
        reasons[index].nature = said.nature ?? reasons[index].nature
        reasons[index].meaning = said.meaning ?? reasons[index].meaning
        reasons[index].cause = said.cause ?? reasons[index].cause
        reasons[index].steps = said.steps ?? reasons[index].steps
        reasons[index].enhanced += said.enhanced
        reasons[index].weakEnhanced += said.weakEnhanced
        reasons[index].codes += said.codes
      }
    }
    return reasons.sorted { $0.reason.rawValue < $1.reason.rawValue }
  }

  /// What is said of one reason.
  package func advice(for reason: Reason) -> ReasonAdvice {
    reasons().first { $0.reason == reason } ?? ReasonAdvice(reason: reason)
  }

  /// Compiles a rule's expressions to see whether they are right.
  private static func check(_ rule: ReplyRule) throws(PatternFileError) {
    for (regex, isUnless) in [(rule.regex, false), (rule.unless, true)] {
      guard let regex else { continue }
      do throws(PatternError) {
        _ = try Pattern(searching: TextFolding.folded(pattern: regex), isJITWanted: false)
      } catch {
        throw PatternFileError(
          file: rule.file, position: rule.position(ofByte: error.offset, inUnless: isUnless),
          message: "\(rule.name): \(error)")
      }
    }
  }
}
