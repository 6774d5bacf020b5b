import MailTerms
import PatternFiles
import ReplyReasons

/// One reply, and what it means.
struct KnownReply {
  let reason: String
  let nature: String
  let source: String
  let reply: String

  /// All replies of `replies.tsv`.
  static func all() throws -> [KnownReply] {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let text = try TOMLFile.text(ofFile: folder.joined(separator: "/") + "/replies.tsv")
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return KnownReply(reason: parts[0], nature: parts[1], source: parts[3], reply: parts[4])
    }
  }
}

/// What is found in a reply, as text that tests compare.
struct Found: Equatable {
  var reason: String
  var nature: String
  var matched: String
}

/// Classifies a line by the built-in rules, or those of some folders on top.
func classify(
  _ line: String, overlaidBy folders: [String] = [], usesWords: Bool = true
) throws -> Found {
  var classifier = ReplyClassifier(
    catalog: try ReplyCatalog(overlaidBy: folders), usesWords: usesWords)
  return found(in: Reply(line: Array(line.utf8)[...]), &classifier)
}

/// Classifies a reply.
func found(in reply: Reply, _ classifier: inout ReplyClassifier) -> Found {
  let verdict = classifier.classify(reply)
  return Found(
    reason: verdict.reason.word, nature: verdict.nature.word,
    matched: classifier.words(for: verdict.matched))
}
