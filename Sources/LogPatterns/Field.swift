/// What a named group of a pattern captures; the group's name is the case's name in snake_case.
///
/// These are all the names that a pattern file may use, besides `key`, which names the rules to go on with.
@usableFromInline package enum Field: UInt8, Sendable, CaseIterable {
  /// Date and time, with the fraction; a `T` form includes its zone.
  case time
  /// The zone of `time`, where it stands apart.
  case zone
  /// The machine whose log it is, from a syslog prefix.
  case edge
  /// The name of the MTA's instance, from a syslog tag.
  case instance
  /// The process id.
  case pid
  /// In a line that syslog splitting cut: its number, `/` or `\`, the number of parts, and the part.
  case part, partMark, partCount, partText
  /// The message's id under which this line is logged.
  case messageID
  /// The envelope sender as logged; `<>` or nothing for the null sender.
  case sender
  /// The final address, and the one that the sender used.
  case recipient, originalRecipient
  /// The server that answered or was tried: name, address, port.
  case remoteHost, remoteIP, remotePort
  /// The client that handed a message to us: verified name, address.
  case clientHost, clientIP
  /// The login that the client proved.
  case authenticatedUser
  /// The id of the message that a bounce is about.
  case parentID
  /// What a server answered, with its code.
  case reply
  /// The same inside `C="..."`, where quotes and backslashes are escaped.
  case confirmation
  /// Our own words for a local failure or a rejection; they may begin with a code.
  case ownText
  /// The SMTP command that was answered.
  case command
  /// Size in bytes, the Message-ID header, the subject, the id at the server that took it.
  case size, headerMessageID, subject, remoteQueueID
  /// The id under which this host knows the message further on, and the one under which it did before.
  case nextID, firstID
  /// The id of the bounce that tells the sender.
  case bounceID
  /// How many lines are meant.
  case count

  /// The group name in pattern files.
  package var name: String { Self.names[Int(rawValue)] }

  /// The field of a group name; nil if there is none.
  package init?(name: String) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: UInt8(index))
  }

  private static let names = [
    "time", "zone", "edge", "instance", "pid", "part", "part_mark", "part_count", "part_text",
    "message_id", "sender", "recipient", "original_recipient", "remote_host", "remote_ip",
    "remote_port", "client_host", "client_ip", "authenticated_user", "parent_id", "reply",
    "confirmation", "own_text", "command", "size", "header_message_id", "subject",
    "remote_queue_id", "next_id", "first_id", "bounce_id", "count",
  ]
}
