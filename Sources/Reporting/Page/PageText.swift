internal import MailTerms

/// Texts and figures as a page shows them.
enum PageText {
  /// The columns that a name takes at most; the whole of it stands in the title.
  static let longest = 60

  /// A stranger's text, without what could move or hide others, and safe for the escaping of Mustache.
  ///
  /// The library looks for `<`, `>`, `&` and quotes among grapheme clusters, so that one of these with a
  /// combining mark behind it would go out as it is: such a mark is replaced like a control character.
  static func clean(_ text: String) -> String {
    let text = TerminalText.clean(text)
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
    var result = String.UnicodeScalarView()
    for character in text {
      let scalars = character.unicodeScalars
      let isMixed = scalars.count > 1 && scalars.contains(where: isMarkup)
      for scalar in scalars { result.append(isMixed && !scalar.isASCII ? "?" : scalar) }
    }
    return String(result)
  }

  private static func isMarkup(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "<", ">", "&", "\"", "'": true
    default: false
    }
  }

  /// A number with its thousands apart.
  static func number(_ number: Int) -> String {
    let digits = Array(String(number.magnitude).utf8)
    var text = number < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text += String(UnicodeScalar(digit))
    }
    return text
  }

  /// A difference with its sign; `±0` for none.
  static func change(_ difference: Int) -> String {
    difference == 0 ? "±0" : (difference > 0 ? "+" : "") + number(difference)
  }

  /// A share in percent; what is not nothing does not look like it.
  static func share(_ share: Double) -> String {
    share > 0 && share < 0.0005 ? "less than 0.1%" : TextTable.percent(share)
  }

  /// The same as `change` for a mail's subject, in ASCII: `as before` for none.
  static func asciiChange(_ difference: Int) -> String {
    difference == 0 ? "as before" : (difference > 0 ? "+" : "") + String(difference)
  }

  /// A number with its noun.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(self.number(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// The days of a period for a headline: one day by its name, else its ends.
  static func period(from: LogTime?, to: LogTime?) -> String? {
    guard let from, let to, from.isKnown, to.isKnown else { return nil }
    // A period that was asked for ends where the next one begins.
    let last = to > from ? LogTime(microseconds: to.microseconds - 1, utcOffset: to.utcOffset) : to
    let (first, second) = (from.display.prefix(10), last.display.prefix(10))
    return first == second ? String(first) : "\(first) to \(second)"
  }
}
