// embed-patterns OUTPUT.swift PATTERNFILE...
// Writes pattern files as Swift source, for a build-tool plugin: each file's text, and its patterns as
// values, so that a program which starts neither reads nor checks TOML.

internal import Glibc
internal import PatternFiles

func fail(_ message: String) -> Never {
  let line = Array("\(message)\n".utf8)
  _ = unsafe line.withUnsafeBytes { bytes in unsafe write(2, bytes.baseAddress, bytes.count) }
  exit(1)
}

/// A text as a literal of Swift.
func literal(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\", "\"": result += "\\\(scalar)"
    case "\n": result += "\\n"
    case " "..."~": result.unicodeScalars.append(scalar)
    default: result += "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
  return result + "\""
}

/// The expression that makes a pattern.
func expression(_ step: PatternStep, file: String) -> String {
  var parts = [
    "builtIn: \(literal(step.name))", "file: \(literal(file))", "line: \(step.position.line)",
  ]
  if !step.keys.isEmpty {
    parts.append("keys: [\(step.keys.map(literal).joined(separator: ", "))]")
  }
  parts.append("regex: \(literal(step.regex))")
  if let detail = step.detail { parts.append("detail: \(literal(detail))") }
  if let contains = step.contains { parts.append("contains: \(literal(contains))") }
  if let event = step.event { parts.append("event: .\(event)") }
  if let origin = step.origin { parts.append("origin: .\(origin)") }
  if let then = step.then { parts.append("then: \(literal(then))") }
  if let otherwise = step.otherwise { parts.append("otherwise: \(literal(otherwise))") }
  return "PatternStep(\(parts.joined(separator: ", ")))"
}

/// The functions that make a file's patterns, numbered, and the entry that names them.
func source(_ path: String, number: Int) throws -> (functions: String, entry: String) {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let text = try TOMLFile.text(ofFile: path)
  let file = try PatternFileReader.read(name: name, path: path, text: text)
  func function(_ what: String, _ steps: [PatternStep]) -> String {
    var lines = [
      "private func \(what)\(number)() -> [PatternStep] {", "  var steps: [PatternStep] = []",
    ]
    lines.append("  steps.reserveCapacity(\(steps.count))")
    lines += steps.map {
      "  steps.append(\(expression($0, file: PatternFile.builtInPrefix + name)))"
    }
    return (lines + ["  return steps", "}", ""]).joined(separator: "\n")
  }
  let entry = """
      BuiltInPatternFile(
        name: \(literal(name)), text: \(literal(text)),
        patterns: {
          PatternFile(
            builtIn: \(literal(name)), mta: \(file.mta.map { ".\($0)" } ?? "nil"), frames: frames\(number)(), rules: rules\(number)())
        }),

    """
  return (function("frames", file.frames) + "\n" + function("rules", file.rules), entry)
}

/// A list as a literal of Swift.
func literal(_ texts: [String]) -> String {
  "[\(texts.map(literal).joined(separator: ", "))]"
}

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

/// Writes a file.
func write(_ text: String, to path: String) {
  guard let output = unsafe fopen(path, "w") else { fail("\(path): cannot be written") }
  unsafe fputs(text, output)
  guard unsafe fclose(output) == 0 else { fail("\(path): cannot be written") }
}

guard CommandLine.arguments.count >= 2 else { fail("usage: embed-patterns OUTPUT.swift FILE...") }
if CommandLine.arguments.count == 3, CommandLine.arguments[2].hasSuffix("/" + ReplyFile.name) {
  do {
    write(try replySource(CommandLine.arguments[2]), to: CommandLine.arguments[1])
  } catch {
    fail("error: \(error)")
  }
  exit(0)
}
var functions = ""
var entries = ""
for (number, path) in CommandLine.arguments.dropFirst(2).enumerated() {
  do {
    let file = try source(path, number: number)
    functions += "\n" + file.functions
    entries += file.entry
  } catch {
    fail("error: \(error)")
  }
}
let result = """
  internal import MailTerms
  internal import PatternFiles

  /// The pattern files that the build found in `Patterns/`, in the order of their names.
  let builtInPatternFiles: [BuiltInPatternFile] = [
  \(entries)]
  \(functions)
  """
write(result, to: CommandLine.arguments[1])
