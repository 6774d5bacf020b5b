package import LogPatterns
internal import LogReading
package import MailTerms
internal import Synchronization
internal import Threads

/// Searches logs for the lines of a message, or of all messages that have an address or a host.
///
/// The logs are searched side by side for the query's bytes, in blocks. Only lines that hold them are
/// read, and their fields decide. Ids that are found, also those of bounces and of the next hop here, are
/// searched for from there on; the few blocks that went by before are looked at again where times
/// say that they can hold something.
package struct TraceSearch: Sendable {
  /// How far the threads are.
  final class Progress: Sendable {
    struct State {
      var next = 0
      var surveys: [FileSurvey]
      var references: [Int64]
      var errors: [Int: ReadError] = [:]
    }

    let state: Mutex<State>

    init(files: Int, reference: Int64) {
      state = Mutex(
        State(
          surveys: Array(repeating: FileSurvey(), count: files),
          references: Array(repeating: reference, count: files)))
    }

    /// The next piece of work out of so many; nil when all is begun.
    func claim(_ count: Int) -> Int? {
      state.withLock { state in
        guard state.next < count else { return nil }
        state.next += 1
        return state.next - 1
      }
    }
  }

  /// A part of a log to be searched again.
  private struct Again: Sendable {
    var file: Int
    var range: Range<Int>
    var ids: [MessageID]
  }

  private let query: TraceQuery
  let paths: [String]
  private let catalog: PatternCatalog
  private let clock: TimeReader
  private let options: Options

  /// Makes a search over logs in the order of their times; each can be read more than once.
  package init(
    _ query: TraceQuery, in paths: [String], catalog: PatternCatalog, clock: TimeReader,
    options: Options
  ) {
    self.query = query
    self.paths = paths
    self.catalog = catalog
    self.clock = clock
    self.options = options
  }

  /// Searches to the end.
  package func run() -> Findings {
    var limits = SearchBoard.Limits()
    limits.bytes = options.maximumBytes
    let board = SearchBoard(limits: limits)
    let progress = Progress(files: paths.count, reference: clock.reference)
    searchAll(board, progress)
    chooseHits(board, progress)
    for _ in 0..<12 {
      let again = missing(board, progress)
      if again.isEmpty { break }
      search(again, board, progress)
    }
    return findings(board, progress)
  }

  private var question: FileSearch.Question {
    FileSearch.Question(
      query: query, since: options.since, until: options.until,
      followsLinks: options.followsLinks, followsHops: options.followsHops,
      keepsCommands: options.keepsCommands)
  }

  // MARK: The first look

  private func searchAll(_ board: SearchBoard, _ progress: Progress) {
    // The largest log first, so that no thread is left alone with it at the end.
    let sizes = paths.map { LogSource.size(of: $0) ?? 0 }
    let order = paths.indices.sorted { sizes[$0] > sizes[$1] }
    WorkerThread.run(min(options.threads, paths.count)) {
      while let place = progress.claim(order.count) { searchAll(order[place], board, progress) }
    }
  }

  private func searchAll(_ file: Int, _ board: SearchBoard, _ progress: Progress) {
    do throws(ReadError) {
      let source = try LogSource(path: paths[file])
      let reference = source.modificationTime.map(Int64.init) ?? clock.reference
      progress.state.withLock { $0.references[file] = reference }
      var search = FileSearch(
        number: file, question: question, board: board, catalog: catalog, clock: clock,
        reference: reference)
      var failure: ReadError?
      do throws(ReadError) { try search.searchAll(source) } catch { failure = error }
      let survey = search.survey
      progress.state.withLock { $0.surveys[file] = survey }
      if let failure { throw failure }
    } catch {
      progress.state.withLock { $0.errors[file] = error }
    }
  }

  /// Chooses the answers to tell about, where their lines were not collected along the way.
  private func chooseHits(_ board: SearchBoard, _ progress: Progress) {
    let isMany = board.with { state in
      guard state.isMany else { return false }
      let newest = state.hits.sorted { $0.value > $1.value }.prefix(options.top ?? .max)
      for (id, _) in newest { state.watched[id] = Watch() }
      state.order = newest.map(\.key)
      state.isMany = false
      return true
    }
    guard isMany else { return }
    // What was collected before there were too many is gone.
    progress.state.withLock { state in
      for file in state.surveys.indices { state.surveys[file].uncover() }
    }
  }

  // MARK: Further looks

  /// The parts of logs that were read before it was known what to look for in them.
  private func missing(_ board: SearchBoard, _ progress: Progress) -> [Again] {
    let known = board.with { state in
      state.order.compactMap { id in
        state.watched[id].flatMap { $0.isGuess ? nil : (id: id, watch: $0) }
      }
    }
    // Every line with the id that was asked for has been looked at.
    let done = options.since == nil && options.until == nil ? query.id : nil
    return progress.state.withLock { state in
      var all: [Again] = []
      for file in paths.indices where state.surveys[file].isRead {
        var again: Again?
        for entry in known where entry.id != done || state.surveys[file].isExport {
          guard let range = state.surveys[file].missing(entry.id, entry.watch) else { continue }
          let old = again?.range ?? range
          let low = min(old.lowerBound, range.lowerBound)
          again = Again(
            file: file, range: low..<max(old.upperBound, range.upperBound),
            ids: (again?.ids ?? []) + [entry.id])
        }
        if let again { all.append(again) }
      }
      return all
    }
  }

  private func search(_ again: [Again], _ board: SearchBoard, _ progress: Progress) {
    progress.state.withLock { $0.next = 0 }
    WorkerThread.run(min(options.threads, again.count)) {
      while let place = progress.claim(again.count) {
        let part = again[place]
        let (survey, reference) = progress.state.withLock {
          ($0.surveys[part.file], $0.references[part.file])
        }
        var search = FileSearch(
          number: part.file, question: question, board: board, catalog: catalog, clock: clock,
          reference: reference, survey: survey)
        if let source = try? LogSource(path: paths[part.file]) {
          // What cannot be read was told at the first look.
          try? search.searchAgain(source, part.range, for: part.ids)
        }
        var searched = search.survey
        // A log that has become shorter since has nothing more to give.
        for id in part.ids { searched.cover(id, part.range) }
        progress.state.withLock { $0.surveys[part.file] = searched }
      }
    }
  }
}
