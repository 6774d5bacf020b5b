internal import ArgumentParser
internal import CShims
internal import Glibc

/// The command `bouncelog` with its subcommands; without one it follows standard input.
@main
struct Bouncelog: ParsableCommand {
  static let name = "bouncelog"
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract:
      "Tells which servers refuse your mail with 551, for whom, and whether the sender knows.",
    usage: """
      tail -F /var/log/exim4/mainlog | bouncelog
      bouncelog report /var/log/mail.log*
      bouncelog <subcommand> --help
      """,
    discussion: """
      bouncelog reads the logs of Exim and Postfix in any form of syslog's or the journal's, joins the lines of each message by its id, and counts what \
      remote servers refused by remote host and sender domain. The reply code 551 ("this server does \
      not handle mail for that recipient") is the default question; --code asks any other.

      Without a subcommand it is `bouncelog follow -`: outcomes as they are logged, and the report \
      when the pipe ends.

      Exit codes: 0 done; 1 the answer is no (a pattern test failed, a trace found nothing); 64 wrong usage; 65 a bad \
      pattern file, or a log without a single line that was recognised; 66 an input could not be \
      read (the report over the others is still written); 73, 74 cannot write; 75 another process works with \
      the state; 78 a bad configuration. `check` has those of the monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, \
      3 UNKNOWN.
      """,
    version: version,
    subcommands: [
      FollowCommand.self, ReportCommand.self, TraceCommand.self, ExplainCommand.self,
      SuppressCommand.self,
      CheckCommand.self,
      ConfigCommand.self,
      StateCommand.self,
      PatternsCommand.self,
    ],
    defaultSubcommand: FollowCommand.self)

  static func main() {
    bl_ignore_write_signals()
    holdStandardDescriptors()
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      // A monitoring plugin has exit codes of its own, also for wrong words.
      if words.first == CheckCommand.name { CheckCommand.main(words: Array(words.dropFirst())) }
      var command = try command(of: words)
      try command.run()
    } catch let failure as Failure {
      StandardError.write("bouncelog: \(failure.message)\n")
      Glibc.exit(failure.status.rawValue)
    } catch {
      let code = exitCode(for: error)
      // Help and version are no errors, and go to standard output.
      if code.isSuccess { exit(withError: error) }
      // What is wrong may quote words that came from a stranger's mail.
      let message = fullMessage(for: error)
      if !message.isEmpty { StandardError.write("\(message)\n") }
      Glibc.exit(code.rawValue)
    }
  }

  /// Keeps files that are opened from taking the place of a standard input or output that is closed.
  ///
  /// What holds the place can be used no more than what was closed: writing to it fails, and so does reading.
  private static func holdStandardDescriptors() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest one that is free is taken.
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }

  /// The command that some words mean.
  ///
  /// A subcommand that is named at once parses its own words: going through all commands takes the
  /// argument parser longer than a short log takes us. What is wrong is told by the longer way.
  private static func command(of words: [String]) throws -> any ParsableCommand {
    let named = configuration.subcommands.first { $0.configuration.commandName == words.first }
    if let named, let command = try? named.parseAsRoot(Array(words.dropFirst())) { return command }
    return try parseAsRoot(words)
  }
}

/// The exit codes, after sysexits.h.
enum ExitStatus: Int32 {
  /// Done.
  case done = 0
  /// The question's answer is "no".
  case no = 1
  /// Nothing is known, in the words of the monitoring plugins.
  case unknown = 3
  /// The command line is wrong.
  case usage = 64
  /// A bad pattern file, or a log without a recognised line.
  case badData = 65
  /// An input could not be read; the report over the others is written all the same.
  case noInput = 66
  /// An output could not be made; a write failed.
  case cannotCreate = 73
  case cannotWrite = 74
  /// Another process works with the state; later it may be free.
  case locked = 75
  /// The configuration is wrong.
  case badConfig = 78
}

/// An error that ends the run: its sentence goes to standard error.
struct Failure: Error {
  let status: ExitStatus
  let message: String
}
