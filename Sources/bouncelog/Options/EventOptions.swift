internal import ArgumentParser
internal import MailTerms

extension OutputOptions {
  /// The kinds of events to write.
  var eventKinds: Set<EventKind> {
    get throws {
      let words = event.flatMap { $0.split(separator: ",").map(String.init) }
      if words.isEmpty || words.contains("all") { return Set(EventKind.allCases) }
      return try Set(
        words.map { word in
          guard let kind = EventKind.allCases.first(where: { $0.word.string == word }) else {
            throw ValidationError(
              "--event \(word): use "
                + EventKind.allCases.map(\.word.string).joined(separator: ", ") + " or all")
          }
          return kind
        })
    }
  }

  /// Whether events are written whatever their reply code.
  var showsEveryCode: Bool { event.contains { $0.split(separator: ",").contains("all") } }

  /// Whether deliveries that are named are, since the code that stands for none given is not that of a delivery.
  func showsEveryDelivery(_ outcomes: OutcomeOptions) -> Bool {
    !event.isEmpty && outcomes.code.isEmpty
  }
}
