/// A range of acceptable values as the Monitoring Plugins guidelines write it ("Threshold and Ranges").
///
/// `10` alerts below 0 and above 10, `10:` below 10, `~:10` above 10, `10:20` outside, `@10:20` inside,
/// the ends included.
package struct ThresholdRange: Hashable, Sendable, CustomStringConvertible {
  /// The ends; infinite where there is none.
  package let start: Double
  package let end: Double
  /// Whether values inside alert, not those outside.
  package let alertsInside: Bool
  /// As it was written.
  package let description: String

  /// Reads a range; nil for words that are none.
  ///
  /// - Parameter number: reads an end, for values that have units of their own.
  package init?(_ word: String, number: (Substring) -> Double? = Self.plain) {
    var rest = Substring(word)
    alertsInside = rest.first == "@"
    if alertsInside { rest = rest.dropFirst() }
    let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch parts.count {
    case 1:
      guard let end = number(parts[0]) else { return nil }
      (start, self.end) = (0, end)
    default:
      guard let start = parts[0] == "~" ? -.infinity : number(parts[0]) else { return nil }
      guard let end = parts[1].isEmpty ? .infinity : number(parts[1]) else { return nil }
      (self.start, self.end) = (start, end)
    }
    guard start <= end else { return nil }
    description = word
  }

  /// Whether a value alerts.
  package func alerts(_ value: Double) -> Bool {
    (value >= start && value <= end) == alertsInside
  }

  /// A number without a unit.
  package static func plain(_ word: Substring) -> Double? {
    guard word.first != "+", word.allSatisfy({ $0.isASCII && ($0.isNumber || "-.".contains($0)) })
    else { return nil }
    return Double(word)
  }

  /// A share in percent, with or without `%`.
  package static func percent(_ word: Substring) -> Double? {
    plain(word.last == "%" ? word.dropLast() : word)
  }

  /// A span of time in seconds: `90`, `15m`, `1h`, `7d`.
  package static func span(_ word: Substring) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let last = word.last, let unit = units[last] else { return plain(word) }
    return plain(word.dropLast()).map { $0 * unit }
  }

  /// A span of seconds as people write it, in the largest units.
  package static func words(span seconds: Int64) -> String {
    for (unit, size) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)] {
      if seconds >= size, seconds % size == 0 { return "\(seconds / size)\(unit)" }
    }
    if seconds > 3600 { return "\(seconds / 3600)h\(seconds % 3600 / 60)m" }
    return seconds > 60 ? "\(seconds / 60)m\(seconds % 60)s" : "\(seconds)s"
  }
}
