internal import MailTerms

/// Reads a `replies.toml`; every mistake is told with its place.
package struct ReplyFileReader {
  private let toml: TOMLFile

  /// Reads a file's text.
  ///
  /// - Parameters:
  ///   - path: how messages call the file.
  ///   - text: the content.
  ///   - mayOmit: whether reasons, and what is said of them, may be left out, as in a user's file.
  /// - Throws: `PatternFileError` for bad TOML, unknown or missing keys, and values of the wrong type.
  package static func read(
    path: String, text: String, mayOmit: Bool
  ) throws(PatternFileError) -> ReplyFile {
    let reader = ReplyFileReader(toml: try TOMLFile(path: path, text: text))
    return try reader.file(text: text, mayOmit: mayOmit)
  }

  private func file(text: String, mayOmit: Bool) throws(PatternFileError) -> ReplyFile {
    try toml.onlyKeys(["reason", "rule"], of: toml.root, in: "")
    var result = ReplyFile(path: toml.path, reasons: [], rules: [], text: text)
    for (index, table) in try toml.tables("reason", of: toml.root, in: "").enumerated() {
      let advice = try self.advice(table, in: "reason[\(index)]", mayOmit: mayOmit)
      guard !result.reasons.contains(where: { $0.reason == advice.reason }) else {
        throw toml.error("\(advice.reason.word) stands here twice", at: advice.position)
      }
      result.reasons.append(advice)
    }
    if !mayOmit,
      let missing = Reason.allCases.first(where: { reason in
        !result.reasons.contains { $0.reason == reason }
      })
    {
      throw toml.error("nothing is said of \(missing.word)", at: toml.locations.table(""))
    }
    for (index, table) in try toml.tables("rule", of: toml.root, in: "").enumerated() {
      let rule = try self.rule(table, in: "rule[\(index)]")
      guard !result.rules.contains(where: { $0.name == rule.name }) else {
        throw toml.error("\(rule.name) stands here twice", at: rule.position)
      }
      result.rules.append(rule)
    }
    return result
  }

  private func reason(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> Reason {
    guard let reason = try toml.word(key, of: table, in: place, Reason.init(word:)) else {
      throw toml.error("\(key) is missing", at: toml.locations.table(place))
    }
    return reason
  }

  private func advice(
    _ table: [String: TOMLNode], in place: String, mayOmit: Bool
  ) throws(PatternFileError) -> ReasonAdvice {
    try toml.onlyKeys(
      [
        "key", "nature", "meaning", "cause", "steps", "enhanced", "weak_enhanced", "code", "sample",
      ], of: table, in: place)
    let advice = ReasonAdvice(
      reason: try reason("key", of: table, in: place),
      nature: try toml.word("nature", of: table, in: place, Nature.init(word:)),
      meaning: try toml.string("meaning", of: table, in: place),
      cause: try toml.string("cause", of: table, in: place),
      steps: try toml.strings("steps", of: table, in: place),
      enhanced: try enhanced("enhanced", of: table, in: place),
      weakEnhanced: try enhanced("weak_enhanced", of: table, in: place),
      codes: try codes(of: table, in: place),
      samples: try samples(of: table, in: place),
      position: toml.locations.table(place))
    let isComplete =
      advice.nature != nil && advice.meaning != nil && advice.cause != nil && advice.steps != nil
    guard mayOmit || isComplete else {
      throw toml.error("nature, meaning, cause or steps are missing", at: advice.position)
    }
    return advice
  }

  private func rule(
    _ table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> ReplyRule {
    try toml.onlyKeys(
      [
        "name", "reason", "strength", "regex", "unless", "code", "enhanced", "yields", "sample",
        "near_miss",
      ], of: table, in: place)
    let regex = try toml.required("regex", of: table, in: place)
    let rule = ReplyRule(
      name: try toml.required("name", of: table, in: place),
      reason: try reason("reason", of: table, in: place),
      strength: try toml.word("strength", of: table, in: place) { word in
        ReplyRule.Strength.allCases.first { $0.word == word }
      } ?? .strong,
      regex: regex,
      unless: try toml.string("unless", of: table, in: place),
      codes: try codes(of: table, in: place),
      enhanced: try enhanced("enhanced", of: table, in: place),
      yields: table["yields"] == .boolean(true),
      words: RequiredWords.of(regex) ?? [],
      samples: try samples(of: table, in: place),
      nearMisses: try nearMisses(of: table, in: place),
      file: toml.path,
      position: toml.locations.value("regex", in: place),
      unlessPosition: toml.locations.value("unless", in: place))
    guard !rule.samples.isEmpty else {
      throw toml.error(
        "\(rule.name): no sample shows what it recognises", at: toml.locations.table(place))
    }
    return rule
  }

  private func codes(
    of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [String] {
    let codes = try toml.strings("code", of: table, in: place) ?? []
    for code in codes where CodeShape(basic: code) == nil {
      throw toml.error("no reply code: \(code)", about: "code", in: place)
    }
    return codes
  }

  private func enhanced(
    _ key: String, of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [String] {
    let codes = try toml.strings(key, of: table, in: place) ?? []
    for code in codes where CodeShape(enhanced: code) == nil {
      throw toml.error("no enhanced code: \(code)", about: key, in: place)
    }
    return codes
  }

  /// A list of replies, each a text or a table with what must be found besides the reason.
  private func samples(
    of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [ReplySample] {
    guard let node = table["sample"] else { return [] }
    let position = toml.locations.value("sample", in: place)
    guard case .array(let nodes) = node else {
      throw toml.error("sample must be a list of replies", at: position)
    }
    var samples: [ReplySample] = []
    for node in nodes {
      switch node {
      case .string(let reply):
        samples.append(ReplySample(reply: reply, position: position))
      case .table(let inner):
        try toml.onlyKeys(["reply", "nature", "forward_path"], of: inner, in: place)
        samples.append(
          ReplySample(
            reply: try toml.required("reply", of: inner, in: place),
            nature: try toml.word("nature", of: inner, in: place, Nature.init(word:)),
            forwardPath: try toml.string("forward_path", of: inner, in: place),
            position: position))
      default:
        throw toml.error("a sample is a reply, or { reply = ..., nature = ... }", at: position)
      }
    }
    return samples
  }

  private func nearMisses(
    of table: [String: TOMLNode], in place: String
  ) throws(PatternFileError) -> [NearMiss] {
    guard let node = table["near_miss"] else { return [] }
    let position = toml.locations.value("near_miss", in: place)
    guard case .array(let nodes) = node else {
      throw toml.error("near_miss must be a list of { reply = ..., why = ... }", at: position)
    }
    var misses: [NearMiss] = []
    for node in nodes {
      guard case .table(let inner) = node else {
        throw toml.error("a near miss is { reply = ..., why = ... }", at: position)
      }
      try toml.onlyKeys(["reply", "why"], of: inner, in: place)
      misses.append(
        NearMiss(
          line: try toml.required("reply", of: inner, in: place),
          why: try toml.required("why", of: inner, in: place), position: position))
    }
    return misses
  }
}
