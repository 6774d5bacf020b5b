// embed-files OUTPUT.swift FILE...
// Writes pattern files, the reasons of replies or page templates as Swift source, for a build-tool plugin. Of a
// pattern file these are its text, and its patterns as values, so that a program which starts neither reads nor
// checks TOML.

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

/// A list as a literal of Swift.
func literal(_ texts: [String]) -> String {
  "[\(texts.map(literal).joined(separator: ", "))]"
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
  if !step.contains.isEmpty { parts.append("contains: \(literal(step.contains))") }
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

/// The source that holds some pattern files.
func patternsSource(_ paths: [String]) throws -> String {
  var functions = ""
  var entries = ""
  for (number, path) in paths.enumerated() {
    let file = try source(path, number: number)
    functions += "\n" + file.functions
    entries += file.entry
  }
  return """
    internal import MailTerms
    internal import PatternFiles

    /// The pattern files that the build found in `Patterns/`, in the order of their names.
    let builtInPatternFiles: [BuiltInPatternFile] = [
    \(entries)]
    \(functions)
    """
}

/// The source that holds some page templates.
func templatesSource(_ paths: [String]) throws -> String {
  let entries = try paths.map { path in
    let name = path.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? path
    return
      "  BuiltInTemplate(name: \(literal(name)), text: \(literal(try TOMLFile.text(ofFile: path)))),"
  }
  return """
    /// The page templates that the build found in `Templates/`, in the order of their names.
    let builtInTemplates: [BuiltInTemplate] = [
    \(entries.joined(separator: "\n"))
    ]

    """
}

/// Writes a file.
func write(_ text: String, to path: String) {
  guard let output = unsafe fopen(path, "w") else { fail("\(path): cannot be written") }
  unsafe fputs(text, output)
  guard unsafe fclose(output) == 0 else { fail("\(path): cannot be written") }
}

guard CommandLine.arguments.count >= 2 else { fail("usage: embed-files OUTPUT.swift FILE...") }
let paths = Array(CommandLine.arguments.dropFirst(2))
let result: String
do {
  if let path = paths.first, paths.count == 1, path.hasSuffix("/" + ReplyFile.name) {
    result = try replySource(path)
  } else if paths.allSatisfy({ $0.hasSuffix(".mustache") }) {
    result = try templatesSource(paths)
  } else {
    result = try patternsSource(paths)
  }
} catch {
  fail("error: \(error)")
}
write(result, to: CommandLine.arguments[1])
