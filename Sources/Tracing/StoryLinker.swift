internal import MailTerms

/// Puts messages that belong together into one story.
struct StoryLinker {
  private var messages: [TracedMessage]
  private let followsLinks: Bool
  private var byID: [String: [Int]] = [:]
  /// The messages that a message belongs to, by its place.
  private var groups: [Int]

  init(_ messages: [TracedMessage], followsLinks: Bool) {
    self.messages = messages
    self.followsLinks = followsLinks
    groups = Array(messages.indices)
    for place in messages.indices {
      if let id = messages[place].id { byID[id, default: []].append(place) }
    }
  }

  /// The stories in which a message is an answer to the query, the newest last.
  mutating func stories() -> [Story] {
    var partners: [Int: [(place: Int?, kind: Link.Kind, id: String)]] = [:]
    for place in messages.indices {
      for link in messages[place].links {
        let other = partner(of: place, link)
        if other == nil, link.isGuess || link.kind == .hop || link.kind == .next { continue }
        partners[place, default: []].append((other, link.kind, link.id.text))
        guard let other, let id = messages[place].id else { continue }
        partners[other, default: []].append((place, link.reversed(link.id).kind, id))
        if followsLinks { join(place, other) }
      }
    }
    var members: [Int: [Int]] = [:]
    for place in messages.indices { members[root(place), default: []].append(place) }
    var stories: [(time: LogTime, first: Int, story: Story)] = []
    for group in members.values where group.contains(where: { messages[$0].isHit }) {
      let order = group.sorted { (messages[$0].first, $0) < (messages[$1].first, $1) }
      var places: [Int: Int] = [:]
      for (number, place) in order.enumerated() { places[place] = number }
      let all = order.map { place in
        var message = messages[place]
        for partner in partners[place] ?? [] {
          let relation = TracedMessage.Relation(
            messageID: partner.id, place: partner.place.flatMap { places[$0] }, kind: partner.kind)
          if !message.relations.contains(relation) { message.relations.append(relation) }
        }
        return message
      }
      let time = all.first(where: \.isHit)?.first ?? .unknown
      stories.append((time, order.first ?? 0, Story(messages: all)))
    }
    return stories.sorted { ($0.time, $0.first) < ($1.time, $1.first) }.map(\.story)
  }

  /// The message that a link means, as far as the two bear each other out.
  private func partner(of place: Int, _ link: Link) -> Int? {
    let message = messages[place]
    let isHop = link.kind == .hop || link.kind == .hopFrom
    let all = (byID[link.id.text] ?? []).filter { other in
      guard other != place else { return false }
      if !isHop, messages[other].edge != message.edge { return false }
      return !isHop && !link.isGuess || isSameMail(message, messages[other])
    }
    // A short id can have been used twice.
    return all.min { distance($0, place) < distance($1, place) }
  }

  private func distance(_ a: Int, _ b: Int) -> UInt64 {
    let (x, y) = (messages[a].first, messages[b].first)
    return x.isKnown && y.isKnown ? x.microseconds.distanceMagnitude(to: y.microseconds) : .max
  }

  private func isSameMail(_ a: TracedMessage, _ b: TracedMessage) -> Bool {
    if let x = a.headerMessageID, let y = b.headerMessageID { return x == y }
    guard let x = a.sender, let y = b.sender else { return false }
    return Address.lowercased(x) == Address.lowercased(y)
  }

  private func root(_ place: Int) -> Int {
    var at = place
    while groups[at] != at { at = groups[at] }
    return at
  }

  private mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (root(a), root(b))
    groups[max(x, y)] = min(x, y)
  }
}

extension Int64 {
  /// How far two numbers are apart.
  fileprivate func distanceMagnitude(to other: Int64) -> UInt64 {
    self < other ? UInt64(bitPattern: other &- self) : UInt64(bitPattern: self &- other)
  }
}
