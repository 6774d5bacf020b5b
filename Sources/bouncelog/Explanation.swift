internal import MailTerms
internal import PatternFiles
internal import ReplyReasons
internal import Reporting

/// A reply, what it means and what can be done: what `explain` tells.
struct Explanation {
  /// The reply, taken apart.
  var reply: Reply
  /// Its reason and nature.
  var verdict: ReplyVerdict
  /// What told the reason: `text not-our-customer`, `enhanced 5.1.1`, `code 521` or `nothing`.
  var evidence: String
  /// What is said of the reason.
  var advice: ReasonAdvice
  /// The address that the server names in the recipient's place.
  var forwardPath: String?
  /// Where a log line told the reply: who gave it, and for whom.
  var remoteHost: String?
  var recipient: String?
  /// The client whom we told it.
  var client: String?

  /// The text without codes; bytes that are not UTF-8 become U+FFFD.
  var text: String { String(decoding: reply.text, as: UTF8.self) }

  /// Writes the members of a JSON object; `isFull` adds the advice.
  func write(to json: inout JSONWriter, isFull: Bool) {
    json.object { json in
      json.key("code")
      json.value(reply.code)
      json.key("enhanced")
      json.value(reply.enhanced?.description)
      json.key("reply")
      json.value(text)
      json.key("reason")
      json.value(verdict.reason.word)
      json.key("nature")
      json.value(verdict.nature.word)
      json.key("forward_path")
      json.value(forwardPath)
      json.key("matched")
      json.value(evidence)
      guard isFull else { return }
      if remoteHost != nil || recipient != nil {
        json.key("remote_host")
        json.value(remoteHost)
        json.key("recipient")
        json.value(recipient)
      }
      json.key("meaning")
      json.value(advice.meaning)
      json.key("cause")
      json.value(advice.cause)
      json.key("advice")
      json.array { json in
        for step in advice.steps ?? [] { json.value(step) }
      }
    }
  }

  /// The explanation for people; `namesHost` tells who gave the reply, and for whom.
  func lines(_ style: TextStyle, namesHost: Bool = true) -> [String] {
    var page = Page(style: style)
    let codes = [reply.code.map(String.init), reply.enhanced?.description].compactMap { $0 }
    let words = (codes + [text]).joined(separator: " ")
    page.add(words.isEmpty ? "no reply" : TerminalText.clean(words), .strong, indent: 0)
    let sides = [
      remoteHost.map { "from \($0)" }, client.map { "from this server to \($0)" },
      recipient.map { "about \($0)" },
    ].compactMap { $0 }
    if namesHost, !sides.isEmpty {
      page.add(TerminalText.clean(sides.joined(separator: ", ")), .faint, indent: 0)
    }
    // Where nobody refused anything there is no reason.
    let isRefusal = reply.code.map { $0 >= 300 } ?? !words.isEmpty
    if isRefusal {
      page.row("reason", verdict.reason.word, natureColour)
      if let meaning = advice.meaning { page.row("", TerminalText.clean(meaning)) }
      page.row("nature", "\(verdict.nature.word): \(natureWords)")
    }
    if let code = reply.code, let meaning = StatusMeanings.meaning(of: code) {
      page.row("codes", "\(code): \(meaning)")
    }
    if let enhanced = reply.enhanced {
      page.row(
        reply.code == nil ? "codes" : "", "\(enhanced): \(StatusMeanings.meaning(of: enhanced))")
    }
    guard isRefusal else { return page.lines }
    page.row("told by", evidenceWords)
    if let cause = advice.cause { page.row("cause", TerminalText.clean(cause)) }
    for (number, step) in (advice.steps ?? []).enumerated() {
      page.row(number == 0 ? "what to do" : "", "\(number + 1). \(TerminalText.clean(step))")
    }
    if let forwardPath {
      page.row("address", "\"\(TerminalText.clean(forwardPath))\"", .warning)
      let host = remoteHost.map { TerminalText.clean($0) } ?? "the server"
      page.row("", "claimed by \(host), not checked: never send or forward mail there by its word")
    }
    return page.lines
  }

  private var natureColour: TextStyle.Meaning {
    switch verdict.nature {
    case .hard: .failure
    case .soft, .policy: .warning
    case .unknown: .faint
    }
  }

  private var natureWords: String {
    switch verdict.nature {
    case .hard: "this recipient will not get this mail, whoever sends it"
    case .soft: "the same mail may pass later"
    case .policy: "refused for who sends or what is sent; the address may be fine"
    case .unknown: "nothing tells whether another try could pass"
    }
  }

  private var evidenceWords: String {
    switch verdict.matched {
    case .rule: "the \(evidence.replacing("text ", with: "text, by the rule "))"
    case .enhanced: "the enhanced code alone; the text does not tell"
    case .code: "the reply code alone; the text does not tell"
    case .nothing: "nothing: neither the text nor the codes tell"
    }
  }
}

/// Lines of two columns, folded to a width.
struct Page {
  let style: TextStyle
  var lines: [String] = []
  private let indent = 12

  init(style: TextStyle) { self.style = style }

  mutating func row(_ label: String, _ text: String, _ meaning: TextStyle.Meaning? = nil) {
    let head = TerminalText.padded(label, to: indent)
    add(text, meaning, indent: indent, head: style.paint(head, .faint))
  }

  /// Adds a clean text; a word that is too long for a line stands on its own.
  mutating func add(
    _ text: String, _ meaning: TextStyle.Meaning?, indent: Int, head: String = ""
  ) {
    let room = max(20, style.columns - indent)
    var rows: [String] = [""]
    for word in text.split(separator: " ") {
      let row = rows[rows.count - 1]
      if row.isEmpty {
        rows[rows.count - 1] = String(word)
      } else if TerminalText.width(row) + 1 + TerminalText.width(String(word)) <= room {
        rows[rows.count - 1] += " " + word
      } else {
        rows.append(String(word))
      }
    }
    for (number, row) in rows.enumerated() {
      let start = number == 0 ? head : String(repeating: " ", count: indent)
      lines.append(start + (meaning.map { style.paint(row, $0) } ?? row))
    }
  }
}
