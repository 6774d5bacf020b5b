/// A mistake on which the TOML library ends the process by an assertion instead of telling it.
///
/// There are three: a table header with something else in the place of its name, a brace that closes where an
/// array wants a value, and a date with a time that does not begin with a digit.
struct TOMLTrap {
  let position: FilePosition
  let message: String

  /// Finds the first one; what is no TOML for another reason is left to the library.
  init?(in text: [UInt8]) {
    // A mark of the byte order is no part of the first line.
    let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
    var scanner = Scanner(text: text)
    guard let message = scanner.run() else { return nil }
    let before = text[..<scanner.at]
    let line = before.lastIndex(of: newline).map { $0 + 1 } ?? text.startIndex
    position = FilePosition(
      line: before.count { $0 == newline } + 1, column: scanner.at - line + 1)
    self.message = message
  }
}

private let newline = UInt8(ascii: "\n")

extension TOMLTrap {
  /// Goes through a text, over strings and comments.
  private struct Scanner {
    let text: ArraySlice<UInt8>
    /// Where it is.
    var at: Int
    /// The brackets and braces that are open.
    private var open: [UInt8] = []
    /// The last byte that was no blank, no line end and in no comment.
    private var last = newline
    /// Whether nothing stands before on the line.
    private var isLineStart = true

    init(text: ArraySlice<UInt8>) {
      self.text = text
      at = text.startIndex
    }

    private var byte: UInt8? { at < text.endIndex ? text[at] : nil }

    /// What is wrong where it stops; nil at the end.
    mutating func run() -> String? {
      while let byte {
        switch byte {
        case newline:
          isLineStart = true
          at += 1
          continue
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
          at += 1
          continue
        case UInt8(ascii: "#"):
          at = text[at...].firstIndex(of: newline) ?? text.endIndex
          continue
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
        case UInt8(ascii: "[") where open.isEmpty && isLineStart:
          skipOpening()
          guard beginsName else {
            return "a table's name must begin with A-Z, a-z, 0-9, _, - or a quote"
          }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
          open.append(byte)
          at += 1
        case UInt8(ascii: "}")
        where open.last == UInt8(ascii: "[") && (last == open.last || last == UInt8(ascii: ",")):
          return "expected a value, saw '}'"
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
          _ = open.popLast()
          at += 1
        case UInt8(ascii: "T"), UInt8(ascii: "t"):
          at += 1
          if isBehindDate, !isDigit(self.byte) { return "expected a digit behind the T of a time" }
        default: at += 1
        }
        last = byte
        isLineStart = false
      }
      return nil
    }

    /// Goes over the one or two brackets of a header, and counts none of them.
    private mutating func skipOpening() {
      at += 1
      skipBlanks()
      guard byte == UInt8(ascii: "[") else { return }
      at += 1
      skipBlanks()
    }

    private mutating func skipBlanks() {
      while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { at += 1 }
    }

    /// Whether a name can begin here; that it is missing is told by the library.
    private var beginsName: Bool {
      guard let byte else { return false }
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "\""), UInt8(ascii: "'"),
        UInt8(ascii: "]"):
        return true
      default: return isDigit(byte)
      }
    }

    /// Whether `2026-11-24T` stands before.
    private var isBehindDate: Bool {
      let form = Array("0000-00-00T".utf8)
      guard at - text.startIndex >= form.count else { return false }
      return zip(text[(at - form.count)..<at], form).allSatisfy { byte, wanted in
        wanted == UInt8(ascii: "0") ? isDigit(byte) : byte & ~0x20 == wanted & ~0x20
      }
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
      byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    /// Goes over a string; one without an end is told by the library, which comes no further.
    private mutating func skipString(_ quote: UInt8) {
      let isLong = text[at...].starts(with: [quote, quote, quote])
      at += isLong ? 3 : 1
      while let byte {
        if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
          at = min(text.endIndex, at + 2)
        } else if isLong, text[at...].starts(with: [quote, quote, quote]) {
          at += 3
          // Up to two quotes can be the last of the text.
          while self.byte == quote { at += 1 }
          return
        } else {
          at += 1
          if !isLong, byte == quote { return }
          if !isLong, byte == newline { return at = text.endIndex }
        }
      }
    }
  }
}
