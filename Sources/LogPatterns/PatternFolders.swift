internal import Glibc
package import MailTerms
package import PatternFiles

/// A pattern file that the build put into the binary: its text, and its patterns without their proofs.
struct BuiltInPatternFile: Sendable {
  let name: String
  let text: String
  let patterns: @Sendable () -> PatternFile
}

/// Where pattern files come from: the binary, and folders that overlay it.
package enum PatternFolders {
  /// The folder of the site's own pattern files, which need not exist.
  package static let site = "/etc/bouncelog/Patterns"

  /// The files built into the binary.
  ///
  /// - Parameter withProofs: whether samples, near misses and cases are wanted, which a run does without.
  package static func builtIn(withProofs: Bool = true) throws(PatternFileError) -> [PatternFile] {
    var files: [PatternFile] = []
    for file in builtInPatternFiles {
      files.append(
        withProofs
          ? try PatternFileReader.read(
            name: file.name, path: PatternFile.builtInPrefix + file.name, text: file.text)
          : file.patterns())
    }
    return files
  }

  /// The files of a run: those of the folders, later folders first, then the built-in ones.
  ///
  /// A file that has frames of its own stands in place of the file of the same name below it; one that
  /// has only rules and cases adds to it, and its rules are tried first.
  /// - Parameters:
  ///   - folders: the overlays, the strongest last; each is read in the order of the names.
  ///   - mta: whose patterns are wanted; nil for all.
  ///   - withProofs: whether samples and cases of the built-in files are wanted.
  /// - Throws: `PatternFileError` also for a folder or file that cannot be read.
  package static func files(
    overlaidBy folders: [String], mta: MTA? = nil, withProofs: Bool = true
  ) throws(PatternFileError) -> [PatternFile] {
    var layers = [try builtIn(withProofs: withProofs)]
    for folder in folders { layers.append(try read(folder: folder)) }
    var files: [PatternFile] = []
    var replaced: Set<String> = []
    for layer in layers.reversed() {
      let kept = layer.filter { !replaced.contains($0.name) }
      replaced.formUnion(kept.filter { !$0.frames.isEmpty }.map(\.name))
      files += kept
    }
    return files.filter { mta == nil || $0.mta == nil || $0.mta == mta }
  }

  /// Whether a folder is there.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Reads every `*.toml` of a folder; a single file may be named too.
  package static func read(folder: String) throws(PatternFileError) -> [PatternFile] {
    if !exists(folder) {
      if folder.hasSuffix("/" + ReplyFile.name) || folder == ReplyFile.name { return [] }
      if folder.hasSuffix(".toml") { return [try read(file: folder)] }
    }
    var files: [PatternFile] = []
    for path in try paths(in: folder, suffix: ".toml", of: "pattern files") {
      // The reasons of replies are a file of another kind.
      if !path.hasSuffix("/" + ReplyFile.name) { files.append(try read(file: path)) }
    }
    return files
  }

  /// The paths of the files in a folder that end in some way, in the order of their names.
  ///
  /// - Parameter content: what the folder should hold, for the sentence that says there is none.
  package static func paths(
    in folder: String, suffix: String, of content: String
  ) throws(PatternFileError) -> [String] {
    guard exists(folder) else { throw problem(folder, "no such folder of \(content)") }
    guard let directory = unsafe opendir(folder) else {
      throw problem(folder, unsafe String(cString: strerror(errno)))
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { pointer in
        unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
      }
      if name.hasSuffix(suffix), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { "\(folder)/\($0)" }
  }

  private static func read(file path: String) throws(PatternFileError) -> PatternFile {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return try PatternFileReader.read(
      name: name, path: path, text: TOMLFile.text(ofFile: path))
  }

  private static func problem(_ path: String, _ message: String) -> PatternFileError {
    PatternFileError(file: path, position: FilePosition(line: 0, column: 0), message: message)
  }
}
