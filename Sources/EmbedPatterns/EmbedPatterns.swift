import Foundation
import PackagePlugin

/// Writes the pattern files of `Patterns/` into a Swift source of the target that uses the plugin:
/// `replies.toml` into `ReplyReasons`, the others into the target that reads logs.
@main
struct EmbedPatterns: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = context.package.directoryURL.appending(path: "Patterns")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter {
      $0.pathExtension == "toml"
        && ($0.lastPathComponent == "replies.toml") == (target.name == "ReplyReasons")
    }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "BuiltInPatterns.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) pattern files",
        executable: try context.tool(named: "embed-patterns").url,
        arguments: [output.path] + files.map(\.path),
        inputFiles: files,
        outputFiles: [output])
    ]
  }
}
