internal import MailTerms
internal import PatternFiles

extension ReplyCatalog {
  /// What people are shown under a name: the file, a rule or a reason; nil if there is none.
  ///
  /// - Throws: `PatternFileError` where the built-in file is wrong.
  package func text(named name: String) throws -> String? {
    if let file = overlays.first(where: { $0.path == name }) { return file.text }
    if name == ReplyFile.name || name == PatternFile.builtInPrefix + ReplyFile.name {
      return try Self.builtIn().text
    }
    // A rule is often called like its reason.
    let parts = [
      Reason(word: name).map(text(of:)),
      try rulesWithSamples().first(where: { $0.name == name }).map(Self.text(of:)),
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }

  private func text(of reason: Reason) -> String {
    let advice = advice(for: reason)
    var text = "\(reason.word)  (\(advice.nature?.word ?? Nature.unknown.word))\n"
    text += "means:    \(advice.meaning ?? "")\ncause:    \(advice.cause ?? "")\n"
    for (number, step) in (advice.steps ?? []).enumerated() {
      text += "step:     \(number + 1). \(step)\n"
    }
    let codes = advice.enhanced + advice.codes
    if !codes.isEmpty { text += "codes:    \(codes.joined(separator: " "))\n" }
    if !advice.weakEnhanced.isEmpty {
      text += "weak:     \(advice.weakEnhanced.joined(separator: " "))\n"
    }
    let rules = rules().filter { $0.reason == reason }.map(\.name)
    if !rules.isEmpty { text += "rules:    \(rules.joined(separator: " "))\n" }
    return text
  }

  private static func text(of rule: ReplyRule) -> String {
    var text = "\(rule.name)  (\(rule.file):\(rule.position.line))\n"
    text += "reason:   \(rule.reason.word)\nstrength: \(rule.strength.word)\n"
    if !rule.codes.isEmpty { text += "code:     \(rule.codes.joined(separator: " "))\n" }
    if !rule.enhanced.isEmpty { text += "enhanced: \(rule.enhanced.joined(separator: " "))\n" }
    if rule.yields { text += "yields:   to a quoted reply\n" }
    text += "regex:    \(rule.regex)\n"
    if let unless = rule.unless { text += "unless:   \(unless)\n" }
    for sample in rule.samples { text += "sample:   \(sample.reply)\n" }
    for miss in rule.nearMisses { text += "not:      \(miss.line)\n          \(miss.why)\n" }
    return text
  }
}
