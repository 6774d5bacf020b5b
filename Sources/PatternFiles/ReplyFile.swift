package import MailTerms

/// A `replies.toml` as its author wrote it: the reasons why servers say no, and the rules that find them.
package struct ReplyFile: Sendable {
  /// The name that makes a pattern file one of this kind.
  package static let name = "replies.toml"

  /// Where it came from, for messages: a path, or `built-in/replies.toml`.
  package var path: String
  /// What is said about each reason; in a user's file only of those that it says something about.
  package var reasons: [ReasonAdvice]
  /// The rules, in the order of the file.
  package var rules: [ReplyRule]
  /// The whole text; empty where the build has read the file for us.
  package var text: String

  /// Makes a file.
  package init(path: String, reasons: [ReasonAdvice], rules: [ReplyRule], text: String = "") {
    self.path = path
    self.reasons = reasons
    self.rules = rules
    self.text = text
  }
}

/// What a reason means to the administrator, and the codes that point to it where the text is silent.
package struct ReasonAdvice: Sendable {
  /// The reason.
  package var reason: Reason
  /// Its nature in a 5xx reply; nil where a user's file leaves it as it is.
  package var nature: Nature?
  /// What it means, in one sentence; likewise.
  package var meaning: String?
  /// Its usual cause; likewise.
  package var cause: String?
  /// What to do, in this order; likewise.
  package var steps: [String]?
  /// Enhanced codes that are reliable, as `5.1.1`, `5.7.606-649` or `4.3.x`.
  package var enhanced: [String]
  /// Enhanced codes that only count when no text does.
  package var weakEnhanced: [String]
  /// Reply codes that mean nothing else.
  package var codes: [String]
  /// Replies that must have this reason, whatever decides it.
  package var samples: [ReplySample]
  /// Where it stands.
  package var position: FilePosition

  /// Makes an advice.
  package init(
    reason: Reason, nature: Nature? = nil, meaning: String? = nil, cause: String? = nil,
    steps: [String]? = nil, enhanced: [String] = [], weakEnhanced: [String] = [],
    codes: [String] = [], samples: [ReplySample] = [],
    position: FilePosition = FilePosition(line: 0, column: 0)
  ) {
    self.reason = reason
    self.nature = nature
    self.meaning = meaning
    self.cause = cause
    self.steps = steps
    self.enhanced = enhanced
    self.weakEnhanced = weakEnhanced
    self.codes = codes
    self.samples = samples
    self.position = position
  }
}

/// One rule: a text that tells the reason.
package struct ReplyRule: Sendable {
  /// How much a text tells.
  package enum Strength: UInt8, CaseIterable, Sendable {
    /// A provider's mark, such as `[TSS04]`: a fact, tried before all prose of its file.
    case tag
    /// A text that tells more than an enhanced code does.
    case strong
    /// A text that counts only when no enhanced code does.
    case weak

    /// The word in a file.
    package var word: String {
      switch self {
      case .tag: "tag"
      case .strong: "strong"
      case .weak: "weak"
      }
    }
  }

  /// Its name, unique.
  package var name: String
  /// The reason that it tells.
  package var reason: Reason
  /// How much it tells.
  package var strength: Strength
  /// The regular expression, searched for in the folded text.
  package var regex: String
  /// A regular expression whose match keeps the rule away.
  package var unless: String?
  /// The reply codes with which the rule holds; empty for all.
  package var codes: [String]
  /// The enhanced codes with which it holds; empty for all, and for none at all.
  package var enhanced: [String]
  /// Whether a reply that is quoted in the text goes before this rule.
  package var yields: Bool
  /// Words of which a text that matches has at least one; empty where the regex does not tell.
  package var words: [String]
  /// Replies that it must decide.
  package var samples: [ReplySample]
  /// Replies that it must leave alone.
  package var nearMisses: [NearMiss]
  /// The file, and where the regex begins there.
  package var file: String
  package var position: FilePosition
  /// The same of `unless`.
  var unlessPosition: FilePosition

  /// Makes a rule; of the binary's own without samples.
  package init(
    name: String, reason: Reason, strength: Strength, regex: String, unless: String? = nil,
    codes: [String] = [], enhanced: [String] = [], yields: Bool = false, words: [String] = [],
    samples: [ReplySample] = [], nearMisses: [NearMiss] = [], file: String,
    position: FilePosition, unlessPosition: FilePosition = FilePosition(line: 0, column: 0)
  ) {
    self.name = name
    self.reason = reason
    self.strength = strength
    self.regex = regex
    self.unless = unless
    self.codes = codes
    self.enhanced = enhanced
    self.yields = yields
    self.words = words
    self.samples = samples
    self.nearMisses = nearMisses
    self.file = file
    self.position = position
    self.unlessPosition = unlessPosition
  }

  /// Where a byte of one of the two expressions stands in the file.
  package func position(ofByte offset: Int, inUnless: Bool) -> FilePosition {
    let start = inUnless ? unlessPosition : position
    let before = (inUnless ? unless ?? "" : regex).utf8.prefix(offset)
    guard let newline = before.lastIndex(of: UInt8(ascii: "\n")) else {
      return FilePosition(line: start.line, column: start.column + before.count)
    }
    return FilePosition(
      line: start.line + before.count { $0 == UInt8(ascii: "\n") },
      column: before[before.index(after: newline)...].count + 1)
  }
}

/// A reply, and what must be found in it.
package struct ReplySample: Sendable {
  /// The reply with its codes, as servers send it.
  package var reply: String
  /// The nature, where it is not the reason's.
  package var nature: Nature?
  /// The address that the server names in the recipient's place.
  package var forwardPath: String?
  /// Where it stands.
  package var position: FilePosition
}
