// embed-patterns OUTPUT.swift PATTERNFILE...
// Writes pattern files as Swift string literals. A build-tool plugin runs it; compiling a literal of
// 200 KB takes no time, where SwiftPM's own resource embedding takes minutes.

internal import Glibc

func readFile(_ path: String) -> [UInt8] {
  guard let stream = unsafe fopen(path, "r") else { fail("\(path): cannot be read") }
  defer { unsafe fclose(stream) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe fread(bytes.baseAddress, 1, bytes.count, stream)
    }
    if count == 0 { break }
    bytes.append(contentsOf: buffer.prefix(count))
  }
  guard unsafe ferror(stream) == 0 else { fail("\(path): cannot be read") }
  return bytes
}

func fail(_ message: String) -> Never {
  let line = Array("embed-patterns: \(message)\n".utf8)
  _ = unsafe line.withUnsafeBytes { bytes in unsafe write(2, bytes.baseAddress, bytes.count) }
  exit(1)
}

/// The text without samples, near misses and cases, whose lines become empty: what a run needs.
///
/// The lines that stay keep their numbers, and reading the rest takes a third of the time.
func rulesOnly(_ text: String) -> String {
  var kept: [Substring] = []
  var isProof = false
  var isInString = false
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    if !isInString, line.hasPrefix("[") {
      let table = line.drop { $0 == "[" }.prefix { $0 != "]" }
      isProof = table == "case" || table.hasSuffix(".sample") || table.hasSuffix(".near_miss")
    }
    kept.append(isProof || (!isInString && line.hasPrefix("#")) ? "" : line)
    let quotes = line.split(separator: "'''", omittingEmptySubsequences: false).count - 1
    if quotes % 2 == 1 { isInString.toggle() }
  }
  return kept.joined(separator: "\n")
}

guard CommandLine.arguments.count >= 2 else { fail("usage: embed-patterns OUTPUT.swift FILE...") }
var source = """
  /// The pattern files that the build found in `Patterns/`, in the order of their names: name, whole
  /// text, and the text without what proves the patterns.
  let builtInPatternFiles: [(name: String, text: String, rules: String)] = [

  """
for path in CommandLine.arguments.dropFirst(2) {
  let text = String(decoding: readFile(path), as: UTF8.self)
  let name = path.split(separator: "/").last.map(String.init) ?? path
  if text.contains("\"\"\"###") { fail("\(path): contains the end of a raw string literal") }
  let literals = [text, rulesOnly(text)].map { "###\"\"\"\n\($0)\n\"\"\"###" }
  source += "  (\"\(name)\", \(literals[0]), \(literals[1])),\n"
}
source += "]\n"
guard let output = unsafe fopen(CommandLine.arguments[1], "w") else {
  fail("\(CommandLine.arguments[1]): cannot be written")
}
unsafe fputs(source, output)
guard unsafe fclose(output) == 0 else { fail("\(CommandLine.arguments[1]): cannot be written") }
