import Aggregation
import Correlation
import LogPatterns
import MailTerms
import TestSupport
import Testing

/// Lines that stand for others: `message repeated`, `last message repeated`, and what a daemon lost.
@Suite struct `Repetitions` {
  static let refusal =
    "postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 551 5.7.1 not our customer; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<x>"

  /// What comes out of some lines that are cut into batches of a few.
  static func read(_ lines: [String], batch size: Int = 128) throws -> (
    refused: Int, attempts: Int, lost: Int
  ) {
    let catalog = try PatternCatalog(files: PatternFolders.files(overlaidBy: []))
    let clock = TimeReader(reference: 1_795_564_800)
    var correlator = Correlator(
      configuration: .init(
        selection: Correlation.Selection(codes: try #require(CodeFilter(["551"]))), edge: "e"),
      catalog: catalog)
    var parser = RecordParser(catalog: catalog, clock: clock)
    var assembler = RecordAssembler(catalog: catalog, clock: clock)
    var tally = Tally(groupedBy: [])
    var rest = lines[...]
    while !rest.isEmpty {
      let block = Array((rest.prefix(size).joined(separator: "\n") + "\n").utf8)
      rest = rest.dropFirst(size)
      correlator.receive(log: block, by: &parser, through: &assembler)
    }
    correlator.finish(&assembler)
    tally.add(&correlator.outcomes)
    let section = Section.refusals.rawValue
    return (tally.sections[section].total, tally.sections[section].attempts, assembler.lost)
  }

  static func at(_ host: String, _ text: String) -> String { "Nov 24 02:19:44 \(host) \(text)" }

  /// The lines, and how many refusals they stand for.
  static let logs: [([String], Int)] = [
    ([at("mx1", refusal)], 1),
    ([at("mx1", refusal), at("mx1", "last message repeated 4 times")], 5),
    ([at("mx1", refusal), at("mx1", "last message repeated 1 time")], 2),
    ([at("mx1", refusal), at("mx1", "syslogd: last message repeated 4 times")], 5),
    ([at("mx1", refusal), at("mx2", "last message repeated 4 times")], 1),
    (
      [
        at("mx1", refusal), at("mx2", "postfix/anvil[1]: statistics: x"),
        at("mx1", "last message repeated 4 times"),
      ], 5
    ),
    (
      [
        at("mx1", refusal), at("mx1", "postfix/anvil[1]: statistics: x"),
        at("mx1", "last message repeated 4 times"),
      ], 1
    ),
    // What was repeated may be the line that no pattern knows.
    (
      [
        at("mx1", refusal), at("mx1", "strange[1]: what is this"),
        at("mx1", "last message repeated 4 times"),
      ], 1
    ),
    // Another program's line says nothing here, but it may be repeated as well.
    (
      [
        at("mx1", refusal), at("mx1", "dovecot: imap-login: Disconnected"),
        at("mx1", "last message repeated 4 times"),
      ], 1
    ),
    (
      [
        at("mx1", refusal), at("mx1", "amavis[3]: (00123-04) Passed CLEAN"),
        at("mx2", "postfix/anvil[1]: statistics: x"), at("mx1", "last message repeated 4 times"),
      ], 1
    ),
    (
      [
        at("mx1", refusal), at("mx2", "dovecot: imap-login: Disconnected"),
        at("mx1", "last message repeated 4 times"),
      ], 5
    ),
    ([at("mx1", "last message repeated 4 times"), at("mx1", refusal)], 1),
    // Without a machine's name it is about the line before.
    ([at("mx1", refusal), "Nov 24 02:19:44: --- last message repeated 4 times ---"], 5),
    ([at("mx1", refusal), "Nov 24 02:19:44 --- last message repeated 1 time ---"], 2),
    (["Nov 24 02:19:44 \(refusal)", "Nov 24 02:19:44 last message repeated 4 times"], 5),
    (
      [
        at("mx1", refusal), at("mx1", "postfix/anvil[1]: statistics: x"),
        "Nov 24 02:19:44: --- last message repeated 4 times ---",
      ], 1
    ),
    (
      [
        at("mx1", refusal), at("mx1", "strange[1]: what is this"),
        "Nov 24 02:19:44: --- last message repeated 4 times ---",
      ], 1
    ),
    (
      [
        at("mx1", refusal),
        at(
          "mx1",
          "postfix/smtpd[7]: Last message 'NOQUEUE: reject: RCP' repeated 4 times, "
            + "suppressed by syslog-ng on mx1"),
      ], 5
    ),
    (
      [
        at("mx1", refusal), at("mx1", "last message repeated 4 times"),
        at("mx1", "last message repeated 2 times"),
      ], 5
    ),
    ([at("mx1", refusal.replacing("]: NOQ", with: "]: message repeated 3 times: [ NOQ") + "]")], 3),
    ([at("mx1", refusal.replacing("]: NOQ", with: "]: message repeated 0 times: [ NOQ") + "]")], 0),
    ([at("mx1", refusal.replacing("]: NOQ", with: "]: message repeated 3 times: [ NOQ"))], 0),
  ]

  @Test(arguments: logs, [1, 2, 128])
  func `count as often as they say`(log: ([String], Int), batch: Int) throws {
    let (refused, attempts, _) = try Self.read(log.0, batch: batch)
    #expect(refused == log.1)
    #expect(attempts == log.1)
  }

  /// A log of many machines, and how many refusals it stands for: told line by line.
  static func manyMachines(_ machines: Int, lines: Int) -> ([String], Int) {
    var random = SplitMix(state: 7)
    var log: [String] = []
    var count = 0
    var refusedLast: [Int: Bool] = [:]
    for _ in 0..<lines {
      let machine = random.next(below: machines)
      switch random.next(below: 500) {
      case 0:
        log.append(at("mx\(machine)", "dovecot: imap-login: Disconnected"))
        refusedLast[machine] = false
      case 1:
        log.append("what no pattern knows is of any machine")
        refusedLast.removeAll()
      case ..<200:
        log.append(at("mx\(machine)", refusal))
        refusedLast[machine] = true
        count += 1
      case ..<300:
        log.append(at("mx\(machine)", "postfix/anvil[1]: statistics: x"))
        refusedLast[machine] = false
      default:
        log.append(at("mx\(machine)", "last message repeated 3 times"))
        if refusedLast[machine] == true { count += 3 }
        refusedLast[machine] = false
      }
    }
    return (log, count)
  }

  @Test(arguments: [1, 3, 200], [1, 50, 128])
  func `are of the machine that wrote them`(machines: Int, batch: Int) throws {
    let (log, count) = Self.manyMachines(machines, lines: 3000)
    #expect(try Self.read(log, batch: batch).attempts == count)
  }

  @Test(arguments: [100, 128])
  func `are forgotten of the machines that wrote longest ago`(batch: Int) throws {
    let machines = 0..<1200
    let log =
      machines.map { Self.at("mx\($0)", Self.refusal) }
      + machines.reversed().map { Self.at("mx\($0)", "last message repeated 1 time") }
    #expect(try Self.read(log, batch: batch).attempts == 1200 + 1024)
  }

  @Test func `of lines that a daemon lost are told`() throws {
    let lost = try Self.read([
      Self.at("mx1", "rsyslogd: imjournal: 20000 messages lost due to rate-limiting"),
      Self.at("mx1", "systemd-journald[3]: Suppressed 7 messages from postfix@-.service"),
      Self.at("mx1", "systemd-journald[3]: Suppressed 9 messages from nginx.service"),
      Self.at("mx1", "postfix/smtpd[9]: warning: 20000 messages lost due to rate-limiting"),
    ]).lost
    #expect(lost == 20_007)
  }
}
