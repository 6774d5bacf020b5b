/// Text from strangers, made safe for a terminal, and measured in its columns.
package enum TerminalText {
  /// Replaces what could move the cursor, change colours, reverse the writing or hide: by `?`.
  ///
  /// These are the control characters of C0 and C1 with DEL, line and paragraph separators, the
  /// bidirectional controls of UAX #9, and characters of no width that only mislead.
  package static func clean(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isUnsafe(scalar) ? "?" : scalar) }
    return String(result)
  }

  /// Whether a character is one of these.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E,
      0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: false
    }
  }

  /// How many columns a clean text takes: two for wide East-Asian characters and emoji, none for marks.
  package static func width(_ text: String) -> Int {
    var columns = 0
    for scalar in text.unicodeScalars { columns += width(scalar) }
    return columns
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    // Unicode's East_Asian_Width W and F, in blocks.
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// Cuts a clean text in its middle, where host names differ least, to at most `columns`.
  package static func shortened(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    guard columns > 1 else { return columns > 0 ? "…" : "" }
    let scalars = Array(text.unicodeScalars)
    var head = String.UnicodeScalarView()
    var used = 1
    var front = 0
    while front < scalars.count, used + width(scalars[front]) <= (columns + 1) / 2 {
      used += width(scalars[front])
      head.append(scalars[front])
      front += 1
    }
    var back = scalars.count
    while back > front, used + width(scalars[back - 1]) <= columns {
      back -= 1
      used += width(scalars[back])
    }
    head.append("…")
    head.append(contentsOf: scalars[back...])
    return String(head)
  }

  /// Fills a text with blanks up to `columns`, on the right or, for numbers, on the left.
  package static func padded(_ text: String, to columns: Int, onLeft: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, columns - width(text)))
    return onLeft ? blanks + text : text + blanks
  }
}
