internal import ArgumentParser
internal import Glibc
internal import PatternFiles
internal import SiteConfig

/// Where the site's configuration lies.
struct ConfigOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The configuration file (default: $BOUNCELOG_CONFIG, or \(SiteConfig.standardPath) if it is there).",
      valueName: "file"), completion: .file())
  var config: String?

  /// The path of the file to read; nil where none was named and the standard one is not there.
  var path: String? {
    if let config { return config }
    if let named = Environment.value("BOUNCELOG_CONFIG"), !named.isEmpty { return named }
    return unsafe access(SiteConfig.standardPath, F_OK) == 0 ? SiteConfig.standardPath : nil
  }

  /// The configuration, with what the environment and the command line say on top; an empty one without a
  /// file.
  ///
  /// - Parameter reading: what the command line says of zone and machine.
  /// - Throws: `Failure` with 78 and the place of the mistake.
  func load(under reading: ReadingOptions? = nil) throws(Failure) -> SiteConfig {
    var config = SiteConfig()
    if let path {
      do throws(PatternFileError) {
        config = try SiteConfigReader.read(
          path: path, text: TOMLFile.text(ofFile: path),
          isZone: { SystemClock.variable(ofZone: $0) != nil })
      } catch {
        throw Failure(status: .badConfig, message: error.description)
      }
    }
    if let folder = Environment.value("BOUNCELOG_STATE"), !folder.isEmpty {
      config.stateDirectory = folder
    }
    if let host = Environment.value("BOUNCELOG_HOST"), !host.isEmpty { config.host = host }
    if let zone = Environment.value("BOUNCELOG_TIMEZONE"), !zone.isEmpty { config.timezone = zone }
    if let host = reading?.edge { config.host = host }
    if let zone = reading?.timezone { config.timezone = zone }
    if let zone = config.timezone, !SystemClock.setZone(zone) {
      throw Failure(status: .badConfig, message: "no such zone on this machine: \(zone)")
    }
    return config
  }
}
