import Testing

@testable import Alerting

/// The ranges of the Monitoring Plugins guidelines, with the guidelines' own examples among them.
@Suite struct `Threshold range` {
  @Test(arguments: [
    ("10", [-1.0, 10.5], [0.0, 5, 10]),
    ("10:", [9.99, -3], [10, 1e9]),
    ("~:10", [10.01], [-1e9, 10]),
    ("10:20", [9, 21], [10, 15, 20]),
    ("@10:20", [10, 15, 20], [9.9, 20.1]),
    ("0", [0.5, -1], [0]),
    ("@0:0", [0], [1, -1]),
    ("2.5", [2.6], [2.5]),
    ("-5:5", [-6, 6], [-5, 0, 5]),
  ])
  func `alerts outside, or inside with @`(word: String, alerts: [Double], passes: [Double]) throws {
    let range = try #require(ThresholdRange(word))
    for value in alerts { #expect(range.alerts(value), "\(word) \(value)") }
    for value in passes { #expect(!range.alerts(value), "\(word) \(value)") }
    #expect(range.description == word)
  }

  @Test(arguments: ["", "x", "20:10", ":", "1:2:3", "@", "10%", "+5", "~", "5:~", "1e3", "nan"])
  func `is none for other words`(word: String) {
    #expect(ThresholdRange(word) == nil)
  }

  @Test func `has the units of what is measured`() throws {
    #expect(try #require(AlertRule.threshold("5%", of: .rate)).alerts(5.1))
    #expect(try #require(AlertRule.threshold("15m", of: .age)).alerts(901))
    #expect(!(try #require(AlertRule.threshold("15m", of: .age)).alerts(900)))
    #expect(try #require(AlertRule.threshold("1h:2d", of: .age)).alerts(60))
    #expect(AlertRule.threshold("5%", of: .count) == nil)
  }

  @Test(arguments: [
    ("10", "10"), ("10:", "10:"), ("~:10", "~:10"), ("10:20", "10:20"), ("@10:20", "@10:20"),
    ("0:", "0:"), ("2.50", "2.5"),
  ])
  func `is written into performance data`(word: String, text: String) throws {
    #expect(try #require(ThresholdRange(word)).performance == text)
  }
}
