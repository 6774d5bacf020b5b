import Reporting
import Testing

/// Metrics that a textfile collector takes.
@Suite struct `Prometheus` {
  @Test func `has the report's figures, the rows behind the first together`() throws {
    let text = try PrometheusRenderer.render(report(smallLog), top: 1)
    let json = try figures(smallLog)
    let lines = text.split(separator: "\n").map(String.init)
    let total = lines.first {
      $0.hasPrefix("bouncelog_report_section_recipients{section=\"failures\"")
    }
    #expect(total?.hasSuffix(" \(json.total)") == true)
    let hosts = lines.filter { $0.hasPrefix("bouncelog_report_failures_by_remote_host{") }
    #expect(hosts.count == min(2, json.hosts))
    let sum = hosts.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
    #expect(sum == json.sumOfHosts)
    // Each metric is introduced once, before its values.
    let help = lines.filter { $0.hasPrefix("# HELP ") }
    #expect(Set(help).count == help.count)
    #expect(lines.filter { $0.hasPrefix("# TYPE ") }.count == help.count)
  }

  @Test func `escapes what strangers wrote into a name`() {
    var writer = PrometheusWriter()
    writer.metric("x", .gauge, "X", [([("host", "a\"b\\c\nd\u{1B}[31m")], 1.5)])
    let value = writer.text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(value.hasPrefix("bouncelog_x{host=\"a\\\"b\\\\c"))
    #expect(value.hasSuffix("\"} 1.5"))
    #expect(!value.contains("\u{1B}"))
  }

  @Test func `adds up what looks alike once it is made safe`() {
    var writer = PrometheusWriter()
    let rows = [
      ("a\u{1}.x", 4), ("b.x", 3), ("a\u{2}.x", 2), ("a?.x", 1), ("(other)", 1), ("c.x", 1),
    ]
    writer.metric("x", .gauge, "X", PrometheusWriter.samples(rows, label: "host", top: 5))
    #expect(
      writer.text.split(separator: "\n").dropFirst(2) == [
        "bouncelog_x{host=\"a?.x\"} 7", "bouncelog_x{host=\"b.x\"} 3",
        "bouncelog_x{host=\"(other)\"} 2",
      ])
  }

  private struct Figures {
    var total: Int
    var hosts: Int
    var sumOfHosts: Int
  }

  private func figures(_ lines: [String]) throws -> Figures {
    let failures = try report(lines).failures
    return Figures(
      total: failures.total, hosts: failures.byRemoteHost.count,
      sumOfHosts: failures.byRemoteHost.reduce(0) { $0 + $1.count })
  }
}
