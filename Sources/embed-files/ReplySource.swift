internal import PatternFiles

/// The source that makes the reasons and rules of `replies.toml`.
func replySource(_ path: String) throws -> String {
  let text = try TOMLFile.text(ofFile: path)
  let file = try ReplyFileReader.read(path: path, text: text, mayOmit: false)
  var lines = [
    "internal import MailTerms", "internal import PatternFiles", "",
    "/// The text of the reply file that the build found in `Patterns/`.",
    "let builtInReplyText = \(literal(text))", "",
    "func builtInReasons() -> [ReasonAdvice] {", "  var reasons: [ReasonAdvice] = []",
  ]
  for advice in file.reasons {
    var parts = ["reason: .\(advice.reason)"]
    if let nature = advice.nature { parts.append("nature: .\(nature)") }
    if let meaning = advice.meaning { parts.append("meaning: \(literal(meaning))") }
    if let cause = advice.cause { parts.append("cause: \(literal(cause))") }
    if let steps = advice.steps { parts.append("steps: \(literal(steps))") }
    parts.append("enhanced: \(literal(advice.enhanced))")
    parts.append("weakEnhanced: \(literal(advice.weakEnhanced))")
    parts.append("codes: \(literal(advice.codes))")
    lines.append("  reasons.append(ReasonAdvice(\(parts.joined(separator: ", "))))")
  }
  lines += [
    "  return reasons", "}", "", "func builtInRules() -> [ReplyRule] {",
    "  var rules: [ReplyRule] = []", "  rules.reserveCapacity(\(file.rules.count))",
  ]
  for rule in file.rules {
    var parts = [
      "name: \(literal(rule.name))", "reason: .\(rule.reason)", "strength: .\(rule.strength)",
      "regex: \(literal(rule.regex))",
    ]
    if let unless = rule.unless { parts.append("unless: \(literal(unless))") }
    if !rule.codes.isEmpty { parts.append("codes: \(literal(rule.codes))") }
    if !rule.enhanced.isEmpty { parts.append("enhanced: \(literal(rule.enhanced))") }
    if rule.yields { parts.append("yields: true") }
    if !rule.words.isEmpty { parts.append("words: \(literal(rule.words))") }
    parts.append("file: \(literal(PatternFile.builtInPrefix + ReplyFile.name))")
    parts.append(
      "position: FilePosition(line: \(rule.position.line), column: \(rule.position.column))")
    lines.append("  rules.append(ReplyRule(\(parts.joined(separator: ", "))))")
  }
  return (lines + ["  return rules", "}", ""]).joined(separator: "\n")
}
