internal import ArgumentParser
internal import BounceMessages
internal import Glibc
internal import LogReading
internal import Reporting

/// `bouncelog explain`: what a reply means, and what to do.
struct ExplainCommand: ParsableCommand {
  /// How an explanation is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, jsonl
  }

  static let configuration = CommandConfiguration(
    commandName: "explain",
    _superCommandName: Bouncelog.name,
    abstract: "Tells what a server's reply or a bounce message means, and what to do.",
    usage: """
      bouncelog explain '551 User not local; please try <bob@new.example>'
      bouncelog explain LOGLINE
      bouncelog explain FILE...
      bouncelog explain BOUNCE.eml...
      bouncelog explain --format jsonl - < replies.txt
      """,
    discussion: """
      The text is one reply with its codes, or a line of an Exim or Postfix log that holds one. A file, or \
      - for standard input, holds one reply a line; a reply of several lines is joined by \\n or by blanks.

      A file that begins with the header of a mail is a bounce message, or a mailbox (mbox) of several: it is \
      told who could not be reached and why, and under which id the log has the story. The exit code is 1 where \
      nobody failed.

      With --format jsonl each line gives one JSON object, in the same order, also an empty line.

      An address that a server names in the recipient's place is shown as its claim. Nothing is done with it.
      """,
    version: Bouncelog.version)

  @Option(name: [.customShort("f"), .long], help: "text, json or jsonl.")
  var format = Format.text

  @Option(name: .long, help: "auto, always or never; NO_COLOR is honoured.")
  var color: ColourChoice = .auto

  @OptionGroup var options: PatternOptions

  @Argument(
    help: ArgumentHelp(
      "The words of a reply, files, or - for standard input.", valueName: "text"),
    completion: .file())
  var words: [String] = []

  func run() throws {
    var explainer = try Explainer(patterns: options.patterns)
    if words.isEmpty {
      guard !Environment.isInputTerminal else {
        throw ValidationError("give a reply, a file, or - for standard input")
      }
      try explain(file: LogSource.standardInput, &explainer)
    } else if words.allSatisfy({ $0 == LogSource.standardInput || Self.isFile($0) }) {
      try explain(files: words, &explainer)
    } else if let file = words.first(where: Self.isThere), words.count > 1 {
      throw ValidationError("\(file) is a file, and not all of the words are")
    } else {
      let explanation = try explainer.explain(text: Array(words.joined(separator: " ").utf8))
      var output = Output.standard
      try write([explanation], isList: false, to: &output)
      try output.flush()
    }
  }

  /// Whether a word names a file: one that is there, or one that can be nothing else.
  private static func isFile(_ word: String) -> Bool {
    if isThere(word) || word.hasSuffix(".eml") { return true }
    let isReply = word.utf8.prefix(3).allSatisfy { $0 &- 48 < 10 }
    return word.contains("/") && !word.contains(" ") && !isReply
  }

  private static func isThere(_ word: String) -> Bool { unsafe access(word, F_OK) == 0 }

  /// Explains files one behind the other; the exit code is that of the worst.
  private func explain(files: [String], _ explainer: inout Explainer) throws {
    var status = ExitStatus.done
    for path in files {
      do {
        try explain(file: path, &explainer)
      } catch let failure as Failure where files.count > 1 {
        StandardError.write("bouncelog: \(failure.message)\n")
        status = failure.status
      } catch let code as ExitCode where files.count > 1 && code.rawValue == ExitStatus.no.rawValue
      {
        if status == .done { status = .no }
      }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Explains the replies of a file line by line, or the bounce message that it is.
  private func explain(file path: String, _ explainer: inout Explainer) throws {
    var output = Output.standard
    let reader = try Self.open(path)
    var block = try Self.next(reader)
    // What comes as a batch on standard input is always replies.
    let mayBeMessage = format != .jsonl || path != LogSource.standardInput
    if mayBeMessage, let head = block, BounceMessage.looksLikeMail(head[...]) {
      var message = head
      var isWhole = true
      while let more = try Self.next(reader) {
        guard message.count < Self.mailLimit else {
          isWhole = false
          break
        }
        // Of a line without end, its end is cut off too.
        if message.last != 10 { message.append(10) }
        message += more
      }
      defer {
        if !isWhole {
          StandardError.write("bouncelog: \(path): only the first 256 MiB were read\n")
        }
      }
      try explain(message: message, &explainer, to: &output)
      try output.flush()
      if !isWhole { throw ExitCode(ExitStatus.noInput.rawValue) }
      return
    }
    var explanations: [Explanation] = []
    while let bytes = block {
      for line in Self.lines(of: bytes) {
        switch format {
        case .text:
          // Blank lines only part the replies, and lines of a log are welcome.
          if line.isEmpty { continue }
          try write([explainer.explain(text: Array(line))], isList: true, to: &output)
        case .jsonl: try write([explainer.explain(reply: line)], isList: true, to: &output)
        case .json: explanations.append(try explainer.explain(text: Array(line)))
        }
      }
      // Who pipes replies in one by one wants each answer at once.
      try output.flush()
      block = try Self.next(reader)
    }
    if format == .json { try write(explanations, isList: true, to: &output) }
    try output.flush()
  }

  /// The most bytes of a line: a page or an attachment may stand on one.
  private static let lineLimit = 32 << 20

  /// The most bytes of a message, or of a mailbox, that are read.
  private static let mailLimit = 256 << 20

  /// Explains a bounce message, or each mail of a mailbox.
  ///
  /// One mail gives one JSON object; of several, the form json makes a list.
  private func explain(
    message: [UInt8], _ explainer: inout Explainer, to output: inout Output
  ) throws {
    let mails = MailboxFile.mails(in: message)
    var hasFailures = false
    var json = JSONWriter()
    if format == .json, mails.count > 1 {
      json.array { json in
        for mail in mails {
          let bounce = BounceExplanation(mail, &explainer)
          hasFailures = hasFailures || bounce.hasFailures
          bounce.write(to: &json)
        }
      }
      json.newline()
      try output.append(json.bytes)
    } else {
      for (number, mail) in mails.enumerated() {
        let bounce = BounceExplanation(mail, &explainer)
        hasFailures = hasFailures || bounce.hasFailures
        if format == .text {
          if mails.count > 1 {
            let rule = "\(number > 0 ? "\n" : "")mail \(number + 1) of \(mails.count)\n"
            try output.append(rule.utf8)
          }
          for line in bounce.lines(style(for: output)) { try output.append("\(line)\n".utf8) }
        } else {
          var json = JSONWriter()
          bounce.write(to: &json)
          json.newline()
          try output.append(json.bytes)
        }
      }
    }
    if !hasFailures {
      try output.flush()
      throw ExitCode(ExitStatus.no.rawValue)
    }
  }

  private func style(for output: Output) -> TextStyle {
    TextStyle(
      columns: min(output.terminalColumns ?? 100, 100), hasColour: color.applies(to: output))
  }

  /// Writes explanations; in the form json a file's are a list.
  private func write(
    _ explanations: [Explanation], isList: Bool, to output: inout Output
  ) throws {
    switch format {
    case .text:
      let style = style(for: output)
      for explanation in explanations {
        for line in explanation.lines(style) { try output.append("\(line)\n".utf8) }
        if isList { try output.append("\n".utf8) }
      }
    case .json:
      var json = JSONWriter()
      if isList {
        json.array { json in
          for explanation in explanations { explanation.write(to: &json, isFull: true) }
        }
      } else {
        for explanation in explanations { explanation.write(to: &json, isFull: true) }
      }
      json.newline()
      try output.append(json.bytes)
    case .jsonl:
      for explanation in explanations {
        var json = JSONWriter()
        explanation.write(to: &json, isFull: !isList)
        json.newline()
        try output.append(json.bytes)
      }
    }
  }

  private static func open(_ path: String) throws(Failure) -> BlockReader {
    do {
      return BlockReader(try LogSource(path: path), capacity: lineLimit)
    } catch {
      throw Failure(status: .noInput, message: "\(error)")
    }
  }

  private static func next(_ reader: BlockReader) throws(Failure) -> [UInt8]? {
    do {
      guard let block = unsafe try reader.next() else { return nil }
      return unsafe Array(block)
    } catch {
      throw Failure(status: .noInput, message: "\(error)")
    }
  }

  /// The lines of a block, each without its end.
  private static func lines(of block: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = block.split(separator: 10, omittingEmptySubsequences: false)
    // The last line's end begins no other line.
    if block.last == 10 { lines.removeLast() }
    return lines.map { $0.last == 13 ? $0.dropLast() : $0 }
  }
}
