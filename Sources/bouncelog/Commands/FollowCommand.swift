internal import ArgumentParser
internal import CShims
internal import LogReading
internal import MailTerms
internal import SiteConfig
internal import State

/// `bouncelog follow`: outcomes as they are logged, and the report at the end.
struct FollowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow",
    _superCommandName: Bouncelog.name,
    abstract: "Shows outcomes as they are logged, and the report at the end (the default command).",
    discussion: """
      Reads what is there and then what comes. From a pipe it ends with the pipe; Ctrl-C or SIGTERM \
      end it too, and the report is written. Of several logs one that is not there yet is named, and followed \
      when it comes.

        tail -F /var/log/exim4/mainlog | bouncelog
        bouncelog follow /var/log/exim4/mainlog
        bouncelog follow --code 5xx --format jsonl /var/log/exim4/mainlog | to-my-queue

      bouncelog follow --daemon runs as a service over the [[source]]s of the configuration: it tells when \
      an alert begins and ends, goes on where it ended, and re-reads its configuration at SIGHUP.

      Use tail -F, not tail -f: the latter goes on with the old file after a rotation.
      """,
    version: Bouncelog.version)

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var config: ConfigOptions

  @Flag(
    name: .long,
    help: "Run as a service: evaluate the configuration's alerts as lines come, and keep the state."
  )
  var daemon = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --daemon: read this unit's entries in the systemd journal, by journalctl. Repeatable.",
      valueName: "unit"))
  var journal: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --daemon: the folder of what is kept between runs.", valueName: "dir"),
    completion: .directory)
  var state: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --daemon: write metrics to this file every 15 seconds.", valueName: "file"),
    completion: .file())
  var textfile: String?

  @Argument(help: "Log files to follow; - is standard input.", completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    if daemon {
      if let option = streaming.first {
        throw ValidationError(
          "\(option) is not for --daemon, which asks the configuration's alerts and keeps a state")
      }
      return
    }
    if state != nil || textfile != nil || !journal.isEmpty {
      throw ValidationError("--state, --textfile and --journal are for --daemon")
    }
    guard [nil, .text, .jsonl].contains(output.format) else {
      throw ValidationError(
        "follow writes text or jsonl; -o FILE.json, FILE.html and so on get the report")
    }
    for path in output.outputs where output.format(of: path) == .jsonl {
      throw ValidationError("-o \(path): follow writes its events to standard output; redirect it")
    }
    if files.isEmpty {
      guard !Environment.isInputTerminal else {
        throw ValidationError(
          """
          nothing to read. Pipe a log in, or name one:
            tail -F /var/log/exim4/mainlog | bouncelog
            bouncelog report /var/log/exim4/mainlog
          """)
      }
      files = [LogSource.standardInput]
    }
  }

  /// The options that are there and choose or shape what is written of a stream.
  private var streaming: [String] {
    let period = selection.period
    return selection.outcomes.given
      + Self.given([
        ("--since", period.since != nil), ("--until", period.until != nil),
        ("--day", period.day != nil), ("--by", !output.by.isEmpty), ("--top", output.top != nil),
        ("--format", output.format != nil), ("--output", !output.outputs.isEmpty),
        ("--templates", !output.templates.isEmpty), ("--event", !output.event.isEmpty),
        ("--no-state", output.noState),
      ])
  }

  func run() throws {
    guard !daemon else { return try runDaemon() }
    try Output.refuse(output.outputs, among: files)
    let wake = bl_catch_stop_signals()
    let run = try Run(options: output, selectionOptions: selection, isStreaming: true)
    var followers: [LogFollower] = []
    for path in files {
      do throws(ReadError) {
        followers.append(try LogFollower(path: path, wakeDescriptor: wake >= 0 ? wake : nil))
        run.begin(path)
      } catch {
        try suggestCommand(for: path)
        if error == .missing(path) { run.noteMissing(path) } else { run.noteUnreadable(error) }
      }
    }
    // Beside logs that are there, one that is not is waited for.
    if !followers.isEmpty { try follow(&followers, run, wakeDescriptor: wake) }
    try run.finish()
  }

  private func runDaemon() throws {
    let options = config
    let reading = output.reading
    let named = files
    let units = journal
    let mta = selection.wantedMTA
    func round() throws -> CheckRound {
      let config = try options.load(under: reading)
      let watched = WatchedLogs(config, files: named, journal: units)
      guard !watched.logs.isEmpty, !named.contains(LogSource.standardInput) else {
        throw Failure(
          status: .usage, message: "name log files, or [[source]]s in the configuration")
      }
      return try CheckRound(
        questions: config.alerts, watched: watched, config: config, reading: reading, mta: mta)
    }
    do {
      try Output.refuse([textfile].compactMap { $0 }, among: round().watched.paths)
      let store = try StateStore(
        directory: state ?? StateOptions.standardDirectory(options.load()))
      try Daemon(store: store, textfile: textfile, makeRound: round).run()
    } catch let error as StateError {
      throw Failure(error)
    }
  }

  /// How long a log that is not there yet is waited for before it is looked for again, in milliseconds.
  private static let patience = 1000

  private func follow(
    _ followers: inout [LogFollower], _ run: Run, wakeDescriptor: Int32
  ) throws {
    var idleMinutes = 0
    while !followers.isEmpty || !run.missing.isEmpty && bl_stop_signal() == 0 {
      if followers.isEmpty {
        FolderWatch(foldersOf: run.missing)
          .wait(milliseconds: Self.patience, wakeDescriptor: wakeDescriptor)
      }
      for path in run.missing {
        guard
          let follower = try? LogFollower(
            path: path, wakeDescriptor: wakeDescriptor >= 0 ? wakeDescriptor : nil)
        else { continue }
        followers.append(follower)
        run.begin(path)
      }
      // One source is waited for; several are looked at in turn, a hundred times a second.
      let isAlone = followers.count == 1
      let wait =
        !isAlone ? 10 / max(1, followers.count) : run.missing.isEmpty ? 60_000 : Self.patience
      if idleMinutes == 10, files == [LogSource.standardInput], !output.quiet {
        StandardError.write(
          """
          bouncelog: no input for 10 minutes; if this is tail -f, use tail -F, which goes on after a \
          rotation, or bouncelog follow FILE

          """)
      }
      var ended: [Int] = []
      for index in followers.indices {
        do throws(ReadError) {
          switch try followers[index].next(timeoutMilliseconds: wait) {
          case .block(let block):
            run.pipeline.setReference(SystemClock.now)
            run.bytes += block.count
            unsafe run.pipeline.receive(Span(_unsafeElements: block.bindMemory(to: UInt8.self)))
            idleMinutes = 0
          case .idle: idleMinutes += isAlone ? 1 : 0
          case .rotated, .truncated: break
          case .stopped, .end: ended.append(index)
          }
        } catch {
          run.noteUnreadable(error)
          ended.append(index)
        }
        try run.writeEvents(now: true)
      }
      for index in ended.reversed() { followers.remove(at: index) }
    }
  }

  /// A word that is no file and looks like a command was most likely meant as one.
  private func suggestCommand(for word: String) throws {
    guard !word.contains("/"), !word.contains("."), files.count == 1 || word == files[0] else {
      return
    }
    // The words of later versions: a cron line must not take their absence for a file's.
    if ["trace", "explain", "suppress", "push"].contains(word) {
      throw Failure(status: .usage, message: "this version has no command \(word)")
    }
    let commands = Bouncelog.configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let meant = commands.min(by: { distance($0, word) < distance($1, word) }),
      distance(meant, word) <= 2
    else { return }
    throw Failure(
      status: .usage, message: "no file and no command is called \(word); did you mean \(meant)?")
  }

  /// How many letters must be changed, added, dropped or swapped with their neighbour.
  private func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var rows = [Array(0...b.count)]
    for i in 1...max(1, a.count) where i <= a.count {
      var row = [i]
      for j in 1...max(1, b.count) where j <= b.count {
        var best = min(
          rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, rows[i - 2][j - 2] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
