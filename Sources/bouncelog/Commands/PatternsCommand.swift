internal import ArgumentParser

/// `bouncelog patterns`: looking at the patterns, proving them, trying them on a log.
struct PatternsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns",
    abstract: "Lists, shows, tests and tries the patterns that read log lines.")
}
