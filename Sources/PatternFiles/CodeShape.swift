package import MailTerms

/// Some codes as a file names them: `521`, `4xx`, `5.1.1`, `4.3.x`, `5.7.606-649`.
package struct CodeShape: Sendable {
  private var parts: [ClosedRange<Int>]

  /// Reads a reply code; `x` stands for any digit.
  package init?(basic text: String) {
    guard text.utf8.count == 3, let first = text.utf8.first, first &- 50 < 4 else { return nil }
    parts = []
    for byte in text.utf8 {
      switch byte {
      case 48...57: parts.append(Int(byte - 48)...Int(byte - 48))
      case UInt8(ascii: "x"): parts.append(0...9)
      default: return nil
      }
    }
  }

  /// Reads an enhanced code; `x` stands for any number, `a-b` for those between.
  package init?(enhanced text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    guard words.count == 3, ["2", "4", "5", "x"].contains(words[0]) else { return nil }
    parts = []
    for word in words {
      let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      if word == "x" {
        parts.append(0...999)
      } else if ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil,
        low >= 0, low <= high
      {
        parts.append(low...high)
      } else {
        return nil
      }
    }
  }

  /// Whether it holds a reply code.
  package func holds(_ code: Int) -> Bool {
    parts[0].contains(code / 100) && parts[1].contains(code / 10 % 10)
      && parts[2].contains(code % 10)
  }

  /// Whether it holds an enhanced code.
  package func holds(_ code: EnhancedCode) -> Bool {
    parts[0].contains(Int(code.category)) && parts[1].contains(Int(code.subject))
      && parts[2].contains(Int(code.detail))
  }
}
