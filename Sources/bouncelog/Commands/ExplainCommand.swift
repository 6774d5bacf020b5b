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

      With --format json it is one object, or a list of them for several mails, files or replies. With --format \
      jsonl each line gives one JSON object, in the same order, also an empty line.

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
      try explain(files: [LogSource.standardInput], &explainer)
    } else if words.allSatisfy({ $0 == LogSource.standardInput || Self.isFile($0) }) {
      try explain(files: words, &explainer)
    } else if let file = words.first(where: Self.isThere), words.count > 1 {
      throw ValidationError("\(file) is a file, and not all of the words are")
    } else {
      let explanation = try explainer.explain(text: Array(words.joined(separator: " ").utf8))
      var output = Output.standard
      try write(explanation, isList: false, to: &output)
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

  /// The objects of the form json, which are one document however many files and mails they come from.
  private struct Document {
    var objects: [[UInt8]] = []
    /// Whether it is a list even of one object.
    var isList: Bool

    mutating func add(_ write: (inout JSONWriter) -> Void) {
      var json = JSONWriter()
      write(&json)
      objects.append(json.bytes)
    }

    var bytes: [UInt8] {
      let elements = Array(objects.joined(separator: [UInt8(ascii: ",")]))
      return (isList ? Array("[".utf8) + elements + Array("]".utf8) : elements) + [10]
    }
  }

  /// Explains files one behind the other; the exit code is that of the worst.
  private func explain(files: [String], _ explainer: inout Explainer) throws {
    var status = ExitStatus.done
    var document = Document(isList: files.count > 1)
    func note(_ own: ExitStatus) { if own.rawValue > status.rawValue { status = own } }
    for path in files {
      do {
        note(try explain(file: path, &explainer, &document))
      } catch let failure as Failure where files.count > 1 {
        StandardError.write("bouncelog: \(failure.message)\n")
        note(failure.status)
      }
    }
    if format == .json {
      var output = Output.standard
      try output.append(document.bytes)
      try output.flush()
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  /// Explains the replies of a file line by line, or the bounce message that it is.
  private func explain(
    file path: String, _ explainer: inout Explainer, _ document: inout Document
  ) throws -> ExitStatus {
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
      let hasFailures = try explain(message: message, &explainer, &document, to: &output)
      try output.flush()
      if !isWhole {
        StandardError.write("bouncelog: \(path): only the first 256 MiB were read\n")
        return .noInput
      }
      return hasFailures ? .done : .no
    }
    document.isList = true
    while let bytes = block {
      for line in Self.lines(of: bytes) {
        switch format {
        case .text:
          // Blank lines only part the replies, and lines of a log are welcome.
          if line.isEmpty { continue }
          try write(explainer.explain(text: Array(line)), isList: true, to: &output)
        case .jsonl: try write(explainer.explain(reply: line), isList: true, to: &output)
        case .json:
          let explanation = try explainer.explain(text: Array(line))
          document.add { explanation.write(to: &$0, isFull: true) }
        }
      }
      // Who pipes replies in one by one wants each answer at once.
      try output.flush()
      block = try Self.next(reader)
    }
    try output.flush()
    return .done
  }

  /// The most bytes of a line: a page or an attachment may stand on one.
  private static let lineLimit = 32 << 20

  /// The most bytes of a message, or of a mailbox, that are read.
  private static let mailLimit = 256 << 20

  /// Explains a bounce message, or each mail of a mailbox; false if nobody failed.
  private func explain(
    message: [UInt8], _ explainer: inout Explainer, _ document: inout Document,
    to output: inout Output
  ) throws -> Bool {
    let mails = MailboxFile.mails(in: message)
    var hasFailures = false
    if mails.count > 1 { document.isList = true }
    for (number, mail) in mails.enumerated() {
      let bounce = BounceExplanation(mail, &explainer)
      hasFailures = hasFailures || bounce.hasFailures
      switch format {
      case .text:
        if mails.count > 1 {
          let rule = "\(number > 0 ? "\n" : "")mail \(number + 1) of \(mails.count)\n"
          try output.append(rule.utf8)
        }
        for line in bounce.lines(style(for: output)) { try output.append("\(line)\n".utf8) }
      case .json: document.add { bounce.write(to: &$0) }
      case .jsonl:
        var json = JSONWriter()
        bounce.write(to: &json)
        json.newline()
        try output.append(json.bytes)
      }
    }
    return hasFailures
  }

  private func style(for output: Output) -> TextStyle {
    TextStyle(
      columns: min(output.terminalColumns ?? 100, 100), hasColour: color.applies(to: output))
  }

  /// Writes an explanation, as one of several or alone.
  private func write(
    _ explanation: Explanation, isList: Bool, to output: inout Output
  ) throws {
    switch format {
    case .text:
      for line in explanation.lines(style(for: output)) { try output.append("\(line)\n".utf8) }
      if isList { try output.append("\n".utf8) }
    case .json, .jsonl:
      var json = JSONWriter()
      explanation.write(to: &json, isFull: !isList)
      json.newline()
      try output.append(json.bytes)
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
