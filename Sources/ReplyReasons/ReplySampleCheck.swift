internal import MailTerms
package import PatternFiles

/// Holds every rule and reason of a catalog against its samples and near misses.
package struct ReplySampleCheck: ~Copyable {
  private let catalog: ReplyCatalog
  private var classifier: ReplyClassifier
  private var forwardPaths = ForwardPathReader()
  /// How many samples and near misses were tried.
  package private(set) var count = 0
  /// What is wrong, with the place of the sample.
  package private(set) var problems: [PatternFileError] = []

  /// Makes a check.
  package init(catalog: ReplyCatalog) {
    self.catalog = catalog
    classifier = ReplyClassifier(catalog: catalog)
  }

  /// Tries all of them.
  ///
  /// - Throws: `PatternFileError` where the built-in file is wrong.
  package mutating func run() throws(PatternFileError) {
    let builtIn = try ReplyCatalog.builtIn()
    for rule in try catalog.rulesWithSamples() {
      for sample in rule.samples { check(sample, rule.reason, rule: rule, file: rule.file) }
      for miss in rule.nearMisses { check(miss, rule) }
    }
    for file in catalog.overlays + [builtIn] {
      for advice in file.reasons {
        for sample in advice.samples { check(sample, advice.reason, rule: nil, file: file.path) }
      }
    }
  }

  private mutating func check(
    _ sample: ReplySample, _ reason: Reason, rule: ReplyRule?, file: String
  ) {
    count += 1
    let name = rule?.name ?? reason.word
    func add(_ problems: inout [PatternFileError], _ message: String) {
      problems.append(
        PatternFileError(
          file: file, position: sample.position,
          message: "\(name): \(message): \(sample.reply)"))
    }
    let reply = Reply(line: Array(sample.reply.utf8)[...])
    let verdict = classifier.classify(reply)
    let words = classifier.words(for: verdict.matched)
    // Where a user's rule decides what one of ours did, that is what the user wants.
    if file.hasPrefix(PatternFile.builtInPrefix), isUsers(words) { return }
    if verdict.reason != reason {
      add(&problems, "the reason is \(verdict.reason.word) by \(words), not \(reason.word)")
    } else if let rule, words != "text \(rule.name)" {
      add(&problems, "the sample is decided by \(words)")
    }
    if let nature = sample.nature, verdict.nature != nature {
      add(&problems, "the nature is \(verdict.nature.word), not \(nature.word)")
    }
    let path = forwardPaths.forwardPath(
      code: reply.code, reason: verdict.reason, text: reply.text)
    if let wanted = sample.forwardPath, path != wanted {
      add(&problems, "the forward path is \(path ?? "missing"), not \(wanted)")
    }
  }

  private func isUsers(_ words: String) -> Bool {
    catalog.overlays.contains { $0.rules.contains { words == "text \($0.name)" } }
  }

  private mutating func check(_ miss: NearMiss, _ rule: ReplyRule) {
    count += 1
    let verdict = classifier.classify(Reply(line: Array(miss.line.utf8)[...]))
    guard classifier.words(for: verdict.matched) == "text \(rule.name)" else { return }
    problems.append(
      PatternFileError(
        file: rule.file, position: miss.position,
        message: "\(rule.name): takes the near miss, although \(miss.why): \(miss.line)"))
  }
}
