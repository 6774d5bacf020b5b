internal import ArgumentParser
internal import MailTerms

extension Reason {
  /// The reasons of some words, each of which may hold several separated by commas; nil for no word.
  static func set(of words: [String]) throws -> Set<Reason>? {
    let words = words.flatMap { $0.split(separator: ",").map(String.init) }
    guard !words.isEmpty else { return nil }
    return try Set(
      words.map { word in
        guard let reason = Reason(word: word) else {
          throw ValidationError(
            "--reason \(word): use " + Reason.allCases.map(\.word).joined(separator: ", "))
        }
        return reason
      })
  }
}
