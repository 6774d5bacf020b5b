internal import MailTerms

/// All that is known of one message so far; plain memory, found by its key.
struct Transaction: BitwiseCopyable, Sendable {
  /// The key: the machine, the MTA's instance on it, and the message's id there.
  var edge: UInt32
  var instance: UInt32
  var id: MessageID
  /// The sender's domain and address as numbers of the name table; 0 while no line told them.
  var senderDomain: UInt32 = 0
  var sender: UInt32 = 0
  /// The first of its recipients, of its outcomes that wait for a sender, and its details; -1 for none.
  var recipients: Int32 = -1
  var pending: Int32 = -1
  var details: Int32 = -1
  /// The slot of the bounce that was made for it; -1 for none.
  var bounceNumber: Int32 = -1
  /// When a line last named it, in seconds since 1970.
  var lastSeen: Int64
  /// The address of the client that handed it in, as a hash; 0 where no line told it.
  var client: UInt64 = 0
  /// The line with which it began was seen.
  var hasBegun = false
  /// Seen before; counted among the messages; ended; failed somewhere; failed in a selected way.
  var isCounted = false
  var isInPeriod = false
  var isCompleted = false
  var hasFailure = false
  var hasSelectedFailure = false
  /// It had an outcome of any kind.
  var hasOutcome = false
  /// It failed in the period, and its sender counts among those to be told.
  var isFailedMessage = false
  /// It is such a bounce, with its own fate so far.
  var isCountedNotice = false
  var noticeFate = NoticeCounts.Fate.underway
  /// The slot is in use.
  var isUsed = true
  /// Grows each time the slot is given to another message.
  var generation: UInt32 = 0
}

extension Transaction {
  /// The slot of the bounce that was made for it.
  var bounce: Int32? {
    get { bounceNumber < 0 ? nil : bounceNumber }
    set { bounceNumber = newValue ?? -1 }
  }
}

/// The open messages: a pool of transactions and a hash table of their keys.
///
/// A slot's number stays the same while its message is open.
struct TransactionTable: ~Copyable {
  private(set) var pool = Slab<Transaction>()
  private var free: [Int32] = []
  private var index = SlotIndex()
  private let seed: UInt64
  /// The message that a line named last: the next line is often about the same one.
  private var last: Int32 = 0

  /// How many messages are open.
  var count: Int { index.count }

  /// Makes an empty table; `seed` keeps strangers from choosing ids that collide.
  init(seed: UInt64 = .random(in: .min ... .max)) { self.seed = seed }

  subscript(_ number: Int32) -> Transaction {
    _read { yield pool[Int(number)] }
    _modify { yield &pool[Int(number)] }
  }

  /// The slot of a message; nil if it is not open.
  func find(edge: UInt32, instance: UInt32, id: MessageID) -> Int32? {
    index.find(hash(edge: edge, instance: instance, id: id)) { number in
      let other = pool[Int(number)]
      return other.id == id && other.edge == edge && other.instance == instance
    }
  }

  /// The slot of a message, which is opened if it is not there.
  mutating func findOrOpen(
    edge: UInt32, instance: UInt32, id: MessageID, at seconds: Int64
  ) -> Int32 {
    if pool.count > 0, pool[Int(last)].id == id, pool[Int(last)].edge == edge,
      pool[Int(last)].instance == instance, pool[Int(last)].isUsed
    {
      return last
    }
    if let number = find(edge: edge, instance: instance, id: id) {
      last = number
      return number
    }
    var transaction = Transaction(edge: edge, instance: instance, id: id, lastSeen: seconds)
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      transaction.generation = pool[Int(reused)].generation &+ 1
      pool[Int(reused)] = transaction
    } else {
      number = Int32(pool.count)
      pool.append(transaction)
    }
    index.insert(hash(edge: edge, instance: instance, id: id), number: number)
    last = number
    return number
  }

  /// Forgets a message.
  mutating func close(_ number: Int32) {
    let transaction = pool[Int(number)]
    index.remove(
      hash(edge: transaction.edge, instance: transaction.instance, id: transaction.id),
      number: number)
    pool[Int(number)].isUsed = false
    free.append(number)
  }

  private func hash(edge: UInt32, instance: UInt32, id: MessageID) -> UInt64 {
    id.hashValue(seed: seed ^ (UInt64(edge) << 32 | UInt64(instance)))
  }
}
