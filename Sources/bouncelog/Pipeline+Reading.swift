internal import LogPatterns
internal import LogReading
internal import MailTerms

extension Pipeline {
  /// Reads logs to their end; with more than one thread, reading, parsing and counting go on side by side.
  ///
  /// - Parameters:
  ///   - clock: reads the stamps.
  ///   - progress: what a terminal is told.
  ///   - keepUp: called behind each block, with what happened to the logs meanwhile.
  mutating func read(
    _ feed: LogFeed, threads: Int, clock: TimeReader, progress: inout Progress,
    _ keepUp: (inout Pipeline, [LogFeed.News]) throws(Failure) -> Void
  ) throws(Failure) {
    defer { progress.clear() }
    let crew = threads > 1 ? ParserCrew(catalog: catalog, clock: clock, workers: threads - 1) : nil
    defer { crew?.stop() }
    if let crew, crew.feed({ feed.read { crew.submit($0, reference: $1) } }) {
      while let parsed = crew.next() {
        receive(parsed)
        crew.giveBack(parsed)
        try tell(feed, &progress, keepUp)
      }
    } else {
      var outcome = Result<Void, Failure>.success(())
      feed.read { block, reference in
        setReference(reference)
        receive(block)
        outcome = Result { () throws(Failure) in try tell(feed, &progress, keepUp) }
        if case .failure = outcome { return false }
        return true
      }
      try outcome.get()
    }
    try tell(feed, &progress, keepUp)
  }

  private mutating func tell(
    _ feed: LogFeed, _ progress: inout Progress,
    _ keepUp: (inout Pipeline, [LogFeed.News]) throws(Failure) -> Void
  ) throws(Failure) {
    let news = feed.takeNews()
    if !news.isEmpty { progress.clear() }
    if progress.isDue { progress.show(bytes: feed.bytesOnDisk, lines: linesSoFar) }
    try keepUp(&self, news)
  }
}
