/// How text is drawn: its width, and whether colours may be used.
package struct TextStyle: Sendable {
  /// A colour by what it means.
  package enum Meaning: Sendable {
    case failure, warning, good, faint, strong

    var code: String {
      switch self {
      case .failure: "31"
      case .warning: "33"
      case .good: "32"
      case .faint: "2"
      case .strong: "1"
      }
    }
  }

  /// The most columns a line takes.
  package var columns: Int
  /// Whether colours are written.
  package var hasColour: Bool
  /// The most rows of a table; the others stand together in one.
  package var top: Int
  /// Whether warnings and examples of lines that were not recognised are left out.
  package var isQuiet: Bool

  /// Makes a style.
  package init(columns: Int, hasColour: Bool, top: Int = 20, isQuiet: Bool = false) {
    self.isQuiet = isQuiet
    self.columns = columns
    self.hasColour = hasColour
    self.top = top
  }

  /// Puts a colour around a text that is clean already (ECMA-48 SGR).
  package func paint(_ text: String, _ meaning: Meaning) -> String {
    hasColour ? "\u{1B}[\(meaning.code)m\(text)\u{1B}[0m" : text
  }
}
