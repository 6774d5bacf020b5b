internal import ArgumentParser
internal import Glibc
internal import SiteConfig

/// Where what is kept between runs lies.
struct StateOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder of what is kept between runs (default: /var/lib/bouncelog; for a user other than root $XDG_STATE_HOME/bouncelog).",
      valueName: "dir"), completion: .directory)
  var state: String?

  @Flag(name: .customLong("no-state"), help: "Keep nothing between runs: read the whole log.")
  var noState = false

  mutating func validate() throws {
    if state != nil, noState {
      throw ValidationError("--state and --no-state exclude each other")
    }
    if state == "" { throw ValidationError("--state needs a folder") }
  }

  /// The folder; nil where nothing is kept.
  func directory(_ config: SiteConfig) throws(Failure) -> String? {
    if noState { return nil }
    return if let state { state } else { try Self.standardDirectory(config) }
  }

  /// The folder where none is named on the command line.
  ///
  /// - Throws: `Failure` where the user has no home.
  static func standardDirectory(_ config: SiteConfig) throws(Failure) -> String {
    if let folder = config.stateDirectory { return folder }
    if getuid() == 0 { return "/var/lib/bouncelog" }
    if let folder = Environment.value("XDG_STATE_HOME"), folder.hasPrefix("/") {
      return folder + "/bouncelog"
    }
    // Services and cron jobs of some systems have no HOME.
    let homes = [Environment.value("HOME"), SystemClock.userHome]
    guard let home = homes.compactMap({ $0 }).first(where: { $0.hasPrefix("/") }) else {
      throw Failure(
        status: .usage, message: "there is no HOME to keep the state in: say --state DIR")
    }
    return home + "/.local/state/bouncelog"
  }
}
