internal import LogPatterns
internal import MailTerms

/// Which message a line is about: ids that come again, and programs of one queue with names of their own.
extension Correlator {
  /// The message that a line is about; opened if it is not known.
  @inline(__always) mutating func message(
    of record: inout Record, line: Span<UInt8>, edge: UInt32, instance: UInt32
  ) -> Int32 {
    let open = transactions.count
    var number = transactions.findOrOpen(
      edge: edge, instance: instance, id: record.id, hash: record.idHash, at: record.time)
    if transactions.count == open {
      guard isAnother(&record, line: line, than: number) else { return number }
      forget(number)
      number = transactions.findOrOpen(
        edge: edge, instance: instance, id: record.id, hash: record.idHash, at: record.time)
    }
    if instances.count > 1, record.mta.isPostfix,
      let known = messageElsewhere(&record, line: line, edge: edge, instance: instance)
    {
      transactions.close(number)
      return known
    }
    makeRoom(for: number)
    return number
  }

  /// The message of an id that another instance on the same machine has; nil where none or several have.
  ///
  /// One queue of Postfix's can have programs that log under names of their own (`-o syslog_name=` in
  /// master.cf), and no id is that of two messages on a machine at a time.
  private mutating func messageElsewhere(
    _ record: inout Record, line: Span<UInt8>, edge: UInt32, instance: UInt32
  ) -> Int32? {
    var found: Int32?
    for other in instances where other != instance {
      guard
        let known = transactions.find(
          edge: edge, instance: other, id: record.id, idHash: record.idHash),
        !isAnother(&record, line: line, than: known)
      else { continue }
      if let other = found, transactions[other].isCompleted == transactions[known].isCompleted {
        return nil
      }
      // One that has ended can still have a line to come, but one that is open is likelier.
      if found == nil || !transactions[known].isCompleted { found = known }
    }
    return found
  }

  /// Whether a line begins another message under the id of one that is known: one that has ended, has begun
  /// before, or has another sender.
  // Mutating, although it changes nothing: for any other method the compiler copies the correlator.
  @inline(__always) private mutating func isAnother(
    _ record: inout Record, line: Span<UInt8>, than number: Int32
  ) -> Bool {
    guard record.mta.isPostfix else { return false }
    switch record.kind {
    case .begun:
      guard transactions[number].isCompleted || transactions[number].hasBegun else { return false }
    case .described:
      guard transactions[number].isCompleted, !transactions[number].isRefused else { return false }
    case .received:
      let known = transactions[number].ownSender
      guard
        transactions[number].isCompleted
          || (known != 0 && known != ownSender(of: line.extracting(record[.sender].range)))
      else { return false }
    default: return false
    }
    return record.isReusable(line)
  }
}
