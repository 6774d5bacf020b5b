/// Writes metrics in Prometheus's text format ("Exposition formats", version 0.0.4).
package struct PrometheusWriter: Sendable {
  /// A metric's type.
  package enum Kind: String, Sendable { case gauge, counter }

  /// One value with its labels.
  package typealias Sample = (labels: [(name: String, value: String)], value: Double)

  /// What was written.
  package private(set) var text = ""

  /// Makes a writer of nothing.
  package init() {}

  /// Writes a metric with all its values; one without values is left out.
  ///
  /// - Parameters:
  ///   - name: without the prefix `bouncelog_`.
  ///   - help: a sentence without its full stop.
  ///   - samples: values whose labels look alike are added up.
  package mutating func metric(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]
  ) {
    guard !samples.isEmpty else { return }
    let full = "bouncelog_\(name)"
    text += "# HELP \(full) \(help).\n# TYPE \(full) \(kind.rawValue)\n"
    for (labels, value) in Self.series(samples) {
      text += full + (labels.isEmpty ? "" : "{\(labels)}") + " \(Self.number(value))\n"
    }
  }

  /// Writes a metric with one value.
  package mutating func metric(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
    guard let value else { return }
    metric(name, kind, help, [([], value)])
  }

  /// The first rows of a table and the sum of the others: names have no end, and a label's values must.
  package static func samples(
    _ rows: [(name: String, count: Int)], label: String, top: Int
  ) -> [Sample] {
    var samples = rows.prefix(top).map { ([(label, $0.name)], Double($0.count)) } as [Sample]
    let others = rows.dropFirst(top)
    if !others.isEmpty {
      samples.append(([(label, "(other)")], Double(others.reduce(0) { $0 + $1.count })))
    }
    return samples
  }

  /// The values by their labels as they are written, in their order.
  ///
  /// Names that differ only in what is made safe stand together: the format forbids the same series twice.
  private static func series(_ samples: [Sample]) -> [(labels: String, value: Double)] {
    var series: [(labels: String, value: Double)] = []
    var places: [String: Int] = [:]
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
        .joined(separator: ",")
      if let place = places[labels] {
        series[place].value += sample.value
      } else {
        places[labels] = series.count
        series.append((labels, sample.value))
      }
    }
    return series
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  /// A label's value; what a terminal could take for a command is made safe too.
  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in TerminalText.clean(value).unicodeScalars {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }
}
