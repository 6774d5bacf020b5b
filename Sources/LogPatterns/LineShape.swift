/// The shape of a line: what stays when ids, addresses, hosts and numbers are replaced by words.
package enum LineShape {
  /// The shape of a line, cut to what can be read at a glance.
  package static func of(_ line: String) -> String {
    var words: [String] = []
    for word in line.split(separator: " ").prefix(24) {
      let shape = shape(of: word)
      if words.last != shape { words.append(shape) }
    }
    return words.joined(separator: " ")
  }

  private static func shape(of word: Substring) -> String {
    if isMessageID(word.utf8) { return "<ID>" }
    if word.contains("@") { return "<ADDR>" }
    if word.utf8.count > 40 { return "<LONG>" }
    var result = ""
    var inNumber = false
    for character in word {
      if character.isNumber {
        if !inNumber { result += "<N>" }
        inNumber = true
      } else {
        inNumber = false
        result.append(character)
      }
    }
    // Dates, times and addresses of any length have one shape.
    for (long, short) in [
      ("<N>-<N>-<N>", "<DATE>"), ("<N>:<N>:<N>", "<TIME>"), ("<N>.<N>.<N>.<N>", "<IP>"),
    ] {
      if let range = result.firstRange(of: long) { result.replaceSubrange(range, with: short) }
    }
    if result.contains("."), result.allSatisfy({ $0.isLetter || "<>.-".contains($0) }),
      !result.hasPrefix("<")
    {
      return "<HOST>"
    }
    return result
  }

  private static func isMessageID(_ word: Substring.UTF8View) -> Bool {
    let parts = word.split(separator: UInt8(ascii: "-"))
    return parts.count == 3 && parts[0].count == 6
      && (parts[1].count, parts[2].count) == (6, 2)
      || parts.count == 3 && parts[0].count == 6
        && (parts[1].count, parts[2].count) == (11, 4)
  }
}
