/// Fields of a mail's header, in lines of at most 78 characters (RFC 5322 sections 2.1.1 and 2.2.3).
enum MailHeader {
  private static let longest = 78

  /// A field whose words may stand on lines of their own.
  ///
  /// - Parameter words: ASCII without control characters; a line breaks before one of them.
  static func field(_ name: String, _ words: [String]) -> String {
    var text = name + ":"
    var columns = text.utf8.count
    for (index, word) in words.enumerated() {
      if index > 0, columns + 1 + word.utf8.count > longest {
        text += "\n"
        columns = 0
      }
      text += " " + word
      columns += 1 + word.utf8.count
    }
    return text + "\n"
  }

  /// A field of free text, as encoded words where it is not plain ASCII (RFC 2047).
  ///
  /// No line end can get in: control characters are replaced first.
  static func text(_ name: String, _ text: String) -> String {
    let text = TerminalText.clean(text)
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    // A word alone on a line begins with a blank; what looks like an encoded word must be one.
    let isPlain =
      text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && !text.contains("=?")
      && words.allSatisfy { !$0.isEmpty && $0.utf8.count < longest - name.utf8.count - 2 }
    return field(name, isPlain ? words : encodedWords(text))
  }

  /// Encoded words of UTF-8 in the `Q` form, each of at most 75 characters and of whole characters.
  private static func encodedWords(_ text: String) -> [String] {
    let (begin, end) = ("=?UTF-8?Q?", "?=")
    // The name and a blank stand before the first one.
    let room = 60 - begin.utf8.count - end.utf8.count
    var words: [String] = []
    var word = ""
    for scalar in text.unicodeScalars {
      let piece = encoded(scalar)
      if word.utf8.count + piece.utf8.count > room {
        words.append(begin + word + end)
        word = ""
      }
      word += piece
    }
    if !word.isEmpty { words.append(begin + word + end) }
    return words
  }

  private static func encoded(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "!", "*", "+", "/": return String(scalar)
    case " ": return "_"
    default:
      return String(scalar).utf8.map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return "=" + (digits.utf8.count < 2 ? "0" : "") + digits
      }.joined()
    }
  }
}
