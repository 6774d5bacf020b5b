internal import LogPatterns
internal import MailTerms

/// One message that a line of another one names.
struct Link: Sendable, Hashable {
  /// What the named message is to the one whose line it is.
  enum Kind: Sendable {
    /// The bounce that tells its sender; the message that it tells of.
    case bounce, parent
    /// The same mail under its next id here; under the one before.
    case next, first
    /// The same mail at the server that took it; at the one that gave it.
    case hop, hopFrom
  }

  var kind: Kind
  var id: MessageID
  /// Whether a stranger said so: it counts only where the other message bears it out.
  var isGuess = false

  /// The same link as the other message would tell it.
  func reversed(_ id: MessageID) -> Link {
    let kind: Kind =
      switch kind {
      case .bounce: .parent
      case .parent: .bounce
      case .next: .first
      case .first: .next
      case .hop: .hopFrom
      case .hopFrom: .hop
      }
    // A message that names another one is there.
    return Link(kind: kind, id: id, isGuess: false)
  }
}

extension Link {
  /// The messages that a line names in its fields.
  static func all(_ record: Record, _ line: Span<UInt8>, withHops: Bool) -> [Link] {
    var links: [Link] = []
    func add(_ kind: Kind, _ field: Field, isGuess: Bool = false) {
      guard record[field].isPresent, let id = MessageID(line.extracting(record[field].range)) else {
        return
      }
      links.append(Link(kind: kind, id: id, isGuess: isGuess))
    }
    add(.parent, .parentID)
    add(.bounce, .bounceID)
    add(.first, .firstID)
    if record[.nextID].isPresent {
      // `forwarded as` is local(8)'s own word; `queued as` is that of whoever answered.
      let isOwn = !record[.remoteIP].isPresent || isNear(line.extracting(record[.remoteIP].range))
      add(.next, .nextID, isGuess: !isOwn)
    }
    if withHops { add(.hop, .remoteQueueID) }
    return links
  }

  /// Whether an address is this machine's own: a content filter's.
  private static func isNear(_ address: Span<UInt8>) -> Bool {
    func starts(_ word: StaticString) -> Bool {
      guard address.count >= word.utf8CodeUnitCount else { return false }
      for index in 0..<word.utf8CodeUnitCount
      where unsafe address[index] != word.utf8Start[index] { return false }
      return true
    }
    return starts("127.") || starts("::ffff:127.") || (starts("::1") && address.count == 3)
  }
}

/// The time that Exim puts into an id.
enum EximIDTime {
  /// Seconds since 1970 when the message was received (spec "Message identification"); nil for an id
  /// that is not Exim's.
  ///
  /// The first six characters are the time in base 62.
  static func seconds(_ id: MessageID) -> Int64? {
    let bytes = Array(id.text.utf8)
    guard [16, 23].contains(bytes.count), bytes[6] == UInt8(ascii: "-") else { return nil }
    var seconds: Int64 = 0
    for byte in bytes.prefix(6) {
      let digit: Int64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = Int64(byte) - 48
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = Int64(byte) - 55
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = Int64(byte) - 61
      default: return nil
      }
      seconds = seconds * 62 + digit
    }
    return seconds
  }
}
