internal import Alerting
internal import ArgumentParser
internal import LogReading
internal import MailTerms
internal import Reporting
internal import SiteConfig
internal import State

/// `bouncelog state`: what is kept between runs.
struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    _superCommandName: Bouncelog.name,
    abstract: "Shows, prunes or resets what is kept between runs.",
    version: Bouncelog.version,
    subcommands: [Show.self, Prune.self, Reset.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Shows the logs, how far they are read, the alerts that stand, and whether the file is sound."
    )

    @OptionGroup var config: ConfigOptions
    @OptionGroup var state: StateOptions

    func run() throws {
      guard let directory = try state.directory(config.load()) else { return }
      let store = try StateCommand.attempt { try StateStore.reading(directory) }
      try StateCommand.attempt { try store.checkIntegrity() }
      let lines = try StateCommand.attempt {
        try store.read { state in
          var lines: [String] = []
          for log in try state.logs() {
            lines.append("\(log.path): \(log.lines) lines read, newest \(moment(log.newest))")
            for file in log.files where file.offset != .max {
              let name = file.isCurrent ? "  now" : "  rotated"
              lines.append("\(name): \(file.offset) bytes read, last line \(moment(file.lastTime))")
            }
          }
          for alert in try state.raisedEverywhere() {
            let since = LogTime.local(alert.since * 1_000_000).display
            lines.append("raised since \(since): \(AlertRule.title(alert.name, alert.subject))")
          }
          return lines
        }
      }
      var output = Output.standard
      for line in ["\(store.directory ?? "")/\(StateStore.fileName): sound"] + lines {
        try output.append((TerminalText.clean(line) + "\n").utf8)
      }
      try output.flush()
    }

    private func moment(_ microseconds: Int64?) -> String {
      microseconds.map { LogTime.local($0).display } ?? "unknown"
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forgets counts older than the configuration keeps, and gives the room back.")

    @OptionGroup var config: ConfigOptions
    @OptionGroup var state: StateOptions

    func run() throws {
      let keep = try config.load().keep
      let store = try StateCommand.open(config, state)
      try StateCommand.attempt {
        try store.transaction { state in
          try state.prune(
            before: SystemClock.now - keep, hourlyBefore: SystemClock.now - 2 * 86_400)
        }
        try store.compact()
      }
    }
  }

  struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forgets everything; the next check looks at the logs for the first time.")

    @OptionGroup var config: ConfigOptions
    @OptionGroup var state: StateOptions

    @Flag(name: .long, help: "Do it: nothing brings it back.")
    var yes = false

    mutating func validate() throws {
      guard yes else { throw ValidationError("nothing brings the state back; say --yes") }
    }

    func run() throws {
      guard let directory = try state.directory(config.load()) else { return }
      try StateCommand.attempt { try StateStore.reset(directory: directory) }
    }
  }

  private static func open(_ config: ConfigOptions, _ state: StateOptions) throws -> StateStore {
    let directory = try state.directory(config.load())
    return try attempt { try StateStore(directory: directory, makes: false) }
  }

  /// Runs a body and gives a state that cannot be used its exit code.
  private static func attempt<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as StateError {
      throw Failure(error)
    }
  }
}

extension Failure {
  /// What is wrong with the state, with its exit code.
  init(_ error: StateError) {
    let status: ExitStatus =
      switch error.kind {
      case .locked: .locked
      case .missing: .noInput
      case .cannotUse: .cannotCreate
      case .damaged, .newer: .badData
      }
    self.init(status: status, message: error.description)
  }
}
