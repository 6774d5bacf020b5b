/// A three-part status code such as 5.1.6: class, subject and detail, as RFC 3463 defines them.
package struct EnhancedCode: Hashable, Sendable, CustomStringConvertible {
  /// 2 success, 4 persistent transient failure, 5 permanent failure.
  package let category: UInt8
  /// The subject, 0...999.
  package let subject: UInt16
  /// The detail, 0...999.
  package let detail: UInt16

  /// The dotted form.
  package var description: String { "\(category).\(subject).\(detail)" }

  /// Makes a code from its three parts.
  package init(category: UInt8, subject: UInt16, detail: UInt16) {
    self.category = category
    self.subject = subject
    self.detail = detail
  }

  /// Reads a code at the very start of some text, as `5.1.1` or, like qmail's, `#5.1.1`.
  ///
  /// Brackets and a comma may touch it, as in `[5.1.1]`; more digits or dots make it something else.
  /// - Returns: the code and how many bytes it took, with the blanks behind it.
  static func leading(_ text: ArraySlice<UInt8>) -> (code: EnhancedCode, length: Int)? {
    var at = text.startIndex
    var closing: UInt8?
    if at < text.endIndex, text[at] == UInt8(ascii: "[") || text[at] == UInt8(ascii: "(") {
      closing = text[at] == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: ")")
      at += 1
    }
    if at < text.endIndex, text[at] == UInt8(ascii: "#") { at += 1 }
    guard at < text.endIndex,
      [UInt8(ascii: "2"), UInt8(ascii: "4"), UInt8(ascii: "5")].contains(text[at])
    else { return nil }
    let category = text[at] - 48
    at += 1
    guard let subject = number(in: text, at: &at), let detail = number(in: text, at: &at) else {
      return nil
    }
    if let closing {
      guard at < text.endIndex, text[at] == closing else { return nil }
      at += 1
    } else if at < text.endIndex, text[at] == UInt8(ascii: ",") || text[at] == UInt8(ascii: ":") {
      at += 1
    }
    guard at == text.endIndex || isBlank(text[at]) || closing != nil else { return nil }
    while at < text.endIndex, isBlank(text[at]) { at += 1 }
    let code = EnhancedCode(category: category, subject: subject, detail: detail)
    return (code, at - text.startIndex)
  }

  /// Reads `(#5.1.1)` at the end of a text, where qmail writes it.
  package static func trailing(_ text: ArraySlice<UInt8>) -> EnhancedCode? {
    guard text.last == UInt8(ascii: ")"), let open = text.lastIndex(of: UInt8(ascii: "(")) else {
      return nil
    }
    let inner = text[(open + 1)..<(text.endIndex - 1)]
    guard inner.first == UInt8(ascii: "#") else { return nil }
    guard let (code, length) = leading(inner), length == inner.count else { return nil }
    return code
  }

  private static func number(in text: ArraySlice<UInt8>, at: inout Int) -> UInt16? {
    guard at < text.endIndex, text[at] == UInt8(ascii: ".") else { return nil }
    at += 1
    var value: UInt16 = 0
    var digits = 0
    while at < text.endIndex, isDigit(text[at]), digits < 3 {
      value = value * 10 + UInt16(text[at] - 48)
      digits += 1
      at += 1
    }
    return digits > 0 ? value : nil
  }
}

/// How the lines of a reply stand behind each other in a log.
package enum ReplyForm: Sendable {
  /// With a backslash and an `n` between them, as Exim logs them.
  case exim
  /// With a blank between them, each with its own code (Postfix, smtp_chat.c).
  case postfix
  /// The same in the hands of people and other programs, where an end may be missing: only the first code
  /// heads a line.
  case joined
}

/// What a server answered: reply code, enhanced status code and text (RFC 5321 section 4.2).
package struct Reply: Equatable, Sendable {
  /// The first three digits, 200...599; nil where the reply does not begin with a code.
  package var code: Int?
  /// The enhanced status code right behind the reply code, or as `(#5.1.1)` at the end.
  package var enhanced: EnhancedCode?
  /// The text without codes, the lines of the reply joined by a blank.
  package var text: [UInt8]

  /// Takes a reply apart.
  ///
  /// - Parameters:
  ///   - raw: the reply as it was logged, escapes decoded save for the literal `\n` between its lines.
  ///   - form: what stands between two lines of the reply.
  package init(raw: ArraySlice<UInt8>, form: ReplyForm = .exim) {
    code = Self.code(of: raw)
    text = []
    guard let firstCode = code else {
      // Without a reply code there can still be an enhanced one, as in a milter's `5.7.1 text`.
      if let (enhanced, length) = EnhancedCode.leading(raw) {
        self.enhanced = enhanced
        text = Array(raw.dropFirst(length))
      } else {
        text = Array(raw)
      }
      return
    }
    let lines: [ArraySlice<UInt8>]
    switch form {
    case .exim:
      lines = Self.lines(of: raw, code: firstCode, separator: Array("\\n".utf8))
    case .postfix, .joined:
      (lines, code) = Self.joinedLines(of: raw, code: firstCode, mayDiffer: form == .postfix)
    }
    // The last line is the one that counts where the codes differ, and else the first.
    let decisive = code == firstCode ? 0 : lines.count - 1
    for (index, line) in lines.enumerated() {
      var line = line
      if let (enhanced, length) = EnhancedCode.leading(line) {
        if index == decisive { self.enhanced = enhanced }
        line = line.dropFirst(length)
      }
      if !text.isEmpty, !line.isEmpty { text.append(UInt8(ascii: " ")) }
      text.append(contentsOf: line)
    }
    if enhanced == nil { enhanced = EnhancedCode.trailing(text[...]) }
  }

  /// The reply code at the start of a reply: three digits 2xx to 5xx, then a blank, `-` or the end.
  ///
  /// A literal `\n` ends the line too, so `551\n551 x` has a code, and `5511 x` has none.
  package static func code(of raw: ArraySlice<UInt8>) -> Int? {
    let code = code(in: raw.span)
    return code == 0 ? nil : Int(code)
  }

  /// The same for bytes in place, 0 where there is no code; for the loop over every line.
  package static func code(in raw: Span<UInt8>) -> UInt16 {
    guard raw.count >= 3, raw[0] &- 50 < 4, isDigit(raw[1]), isDigit(raw[2]) else { return 0 }
    if raw.count > 3 {
      let next = raw[3]
      guard next <= 0x20 || next == UInt8(ascii: "-") || next == UInt8(ascii: "\\") else {
        return 0
      }
    }
    return UInt16(raw[0] - 48) * 100 + UInt16(raw[1] - 48) * 10 + UInt16(raw[2] - 48)
  }

  /// The lines of a reply, each without its code and the `-` or blank behind it.
  ///
  /// Only the same code counts as the head of a later line: a text may quote another server's code.
  private static func lines(
    of raw: ArraySlice<UInt8>, code: Int, separator: [UInt8]
  ) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var rest = raw
    while true {
      let end = firstRange(of: separator, in: rest)
      var line = rest[..<(end?.lowerBound ?? rest.endIndex)]
      if Self.code(of: line) == code {
        line = line.dropFirst(3)
        if let next = line.first, next == UInt8(ascii: "-") || isBlank(next) {
          line = line.dropFirst()
        }
      }
      lines.append(trimmed(line))
      guard let end else { return lines }
      rest = rest[end.upperBound...]
    }
  }

  /// The lines of a reply that were joined by blanks, without their codes, and the last line's code.
  ///
  /// All lines but the last have `-` behind their code. The last one is where the same code first has a
  /// blank behind it. A reply's last line may have another code (RFC 5321 forbids it, Postfix goes by the
  /// last); but of a long reply the last line is missing, since Postfix cuts what it logs at 2000 bytes, and
  /// a number in the text is no code. So another code ends a reply only with an enhanced one behind it.
  /// Of a refused login Postfix leaves the line feeds in the text, and then writes each as `?`; only the same
  /// code is the head of a line there.
  ///
  /// - Parameter mayDiffer: whether the last line may have another code; else a number in the text is one.
  private static func joinedLines(
    of raw: ArraySlice<UInt8>, code: Int, mayDiffer: Bool
  ) -> (lines: [ArraySlice<UInt8>], code: Int) {
    let start = raw.startIndex + 3
    guard start < raw.endIndex, raw[start] == UInt8(ascii: "-") else {
      return ([trimmed(raw.dropFirst(3))], code)
    }
    var lines: [ArraySlice<UInt8>] = []
    var lineStart = start + 1
    var last: (at: Int, end: Int, code: Int)?
    var at = lineStart - 1
    while at + 3 < raw.endIndex {
      at += 1
      let isMarked = raw[at - 1] == UInt8(ascii: "?")
      guard isBlank(raw[at - 1]) || at == lineStart || isMarked,
        let other = Self.code(of: raw[at...]), other == code || mayDiffer && !isMarked
      else { continue }
      let end = isMarked ? at - 1 : at
      let isLast = at + 3 == raw.endIndex || isBlank(raw[at + 3])
      if isLast, other == code {
        last = (at, end, other)
        break
      }
      if !isLast, raw[at + 3] == UInt8(ascii: "-"), other / 100 == code / 100 {
        lines.append(trimmed(raw[lineStart..<end]))
        lineStart = at + 4
        last = nil
      } else if isLast, other >= 400,
        EnhancedCode.leading(raw[min(at + 4, raw.endIndex)...]) != nil
      {
        last = (at, end, other)
      }
    }
    guard let last else { return (lines + [trimmed(raw[lineStart...])], code) }
    lines.append(trimmed(raw[lineStart..<last.end]))
    lines.append(trimmed(raw[(last.at + 3)...]))
    return (lines, last.code)
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line.drop(while: isBlank)
    while let next = line.last, isBlank(next) { line = line.dropLast() }
    return line
  }

  /// The code of a reply in some form, 0 where there is none; for the loop over every line.
  package static func code(in raw: Span<UInt8>, form: ReplyForm) -> UInt16 {
    let code = code(in: raw)
    guard case .postfix = form, code != 0, raw.count > 3, raw[3] == UInt8(ascii: "-") else {
      return code
    }
    let bytes = unsafe raw.withUnsafeBufferPointer { unsafe Array($0) }
    return UInt16(joinedLines(of: bytes[...], code: Int(code), mayDiffer: true).code)
  }

  fileprivate static func firstRange(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
    guard !part.isEmpty, bytes.count >= part.count else { return nil }
    return (bytes.startIndex...(bytes.endIndex - part.count)).first { at in
      bytes[at] == part[0] && bytes[at..<(at + part.count)].elementsEqual(part)
    }.map { $0..<($0 + part.count) }
  }
}

func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

extension Reply {
  /// What may stand before a reply where people copy it from: a DSN's type, a log's word, a bounce's mark.
  private static let leads = ["smtp;", "said:", "<<<"]

  /// Takes a reply apart that stands on a line of its own: `551 no`, `smtp; 551 no`, `<<< 551-a\n551 b`.
  package init(line: ArraySlice<UInt8>) {
    var line = line
    while let last = line.last, last <= 0x20 { line = line.dropLast() }
    var isLed = true
    while isLed {
      isLed = false
      for lead in Self.leads where line.count > lead.utf8.count {
        let head = line.prefix(lead.utf8.count).map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
        guard head.elementsEqual(lead.utf8) else { continue }
        line = line.dropFirst(lead.utf8.count).drop { $0 == 0x20 || $0 == 0x09 }
        isLed = true
      }
    }
    let raw = Escapes.decode(line)
    let hasMarks = Self.firstRange(of: Array("\\n".utf8), in: raw[...]) != nil
    self.init(raw: raw[...], form: hasMarks ? .exim : .joined)
  }
}
