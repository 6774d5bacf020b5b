internal import PCRE2
internal import PatternFiles
internal import Synchronization

/// The compiled expressions of one pattern.
struct Expressions: Sendable {
  let regex: Pattern
  let detail: Pattern?

  /// Compiles a pattern's expressions.
  ///
  /// - Throws: `PatternFileError` for a regex that PCRE2 refuses, and for a group name that is no field.
  init(_ step: PatternStep) throws(PatternFileError) {
    regex = try Self.compile(step.regex, of: step, isDetail: false)
    detail = try step.detail.map { source throws(PatternFileError) in
      try Self.compile(source, of: step, isDetail: true)
    }
  }

  private static func compile(
    _ source: String, of step: PatternStep, isDetail: Bool
  ) throws(PatternFileError) -> Pattern {
    func failure(_ message: String, at offset: Int) -> PatternFileError {
      PatternFileError(
        file: step.file, position: step.position(ofByte: offset, inDetail: isDetail),
        message: "\(step.name): \(message)")
    }
    let pattern: Pattern
    do throws(PatternError) {
      pattern = try Pattern(source)
    } catch {
      throw failure("bad regex: \(error)", at: error.offset)
    }
    guard pattern.groupCount < Matcher.groupCapacity else {
      throw failure("more than \(Matcher.groupCapacity - 1) groups", at: 0)
    }
    for (name, _) in pattern.namedGroups
    where name != "key" && !name.hasPrefix("_") && Field(name: name) == nil {
      let offset = source.firstRange(of: "<\(name)>").map {
        source.utf8.distance(from: source.startIndex, to: $0.lowerBound) + 1
      }
      throw failure("no such field: \(name)", at: offset ?? 0)
    }
    return pattern
  }
}

/// The expressions of a pattern, compiled when a line first asks for them.
///
/// A log needs a fraction of the built-in patterns, and compiling all of them would take longer than
/// reading a small log.
final class LazyExpressions: Sendable {
  private let step: PatternStep
  private let compiled: Mutex<Expressions?>

  init(_ step: PatternStep, _ compiled: Expressions? = nil) {
    self.step = step
    self.compiled = Mutex(compiled)
  }

  /// The compiled expressions; any thread may ask.
  var value: Expressions {
    compiled.withLock { compiled in
      if let compiled { return compiled }
      do {
        let made = try Expressions(step)
        compiled = made
        return made
      } catch {
        // Only built-in patterns get here, and the tests compile every one of them.
        fatalError("\(error)")
      }
    }
  }
}
