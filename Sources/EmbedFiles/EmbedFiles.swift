import Foundation
import PackagePlugin

/// Writes the files that a target needs at run time into a Swift source of that target.
///
/// These are the page templates in the target's folder `Templates`, the reasons of replies for the target that
/// classifies them, and the other pattern files of `Patterns/`.
@main
struct EmbedFiles: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let templates = target.directoryURL.appending(path: "Templates")
    if FileManager.default.fileExists(atPath: templates.path) {
      return [
        try command(templates, "BuiltInTemplates.swift", context) { $0.pathExtension == "mustache" }
      ]
    }
    let isForReplies = target.name == "ReplyReasons"
    let patterns = context.package.directoryURL.appending(path: "Patterns")
    return [
      try command(patterns, "BuiltInPatterns.swift", context) {
        $0.pathExtension == "toml" && ($0.lastPathComponent == "replies.toml") == isForReplies
      }
    ]
  }

  private func command(
    _ folder: URL, _ output: String, _ context: PluginContext, _ isWanted: (URL) -> Bool
  ) throws -> Command {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter(isWanted).sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: output)
    return .buildCommand(
      displayName: "Embedding \(files.count) files of \(folder.lastPathComponent)",
      executable: try context.tool(named: "embed-files").url,
      arguments: [output.path] + files.map(\.path),
      inputFiles: files,
      outputFiles: [output])
  }
}
