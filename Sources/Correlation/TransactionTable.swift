internal import MailTerms

/// All that is known of one message so far; plain memory, found by its key.
struct Transaction: BitwiseCopyable, Sendable {
  /// The key: the machine, the MTA's instance on it, and the message's id there.
  var edge: UInt32
  var instance: UInt32
  var id: MessageID
  /// The hash of the key, as far as its place in the table depends on it.
  var hash: UInt32
  /// A hash of the sender's address on the line that takes the message in; 0 where none was seen: what another
  /// line says of the sender holds only until then.
  var ownSender: UInt32 = 0
  /// The sender's domain and address as numbers of the name table; 0 while no line told them.
  var senderDomain: UInt32 = 0
  var sender: UInt32 = 0
  /// The first of its recipients, of its outcomes that wait for a sender, and its details; -1 for none.
  var recipients: Int32 = -1
  var pending: Int32 = -1
  var details: Int32 = -1
  /// The slot of the bounce that was made for it, and of the message for which it is the bounce; -1 for none.
  var bounceNumber: Int32 = -1
  var parentNumber: Int32 = -1
  /// A hash of the id of the message of which its first line says that it goes on here; 0 for none.
  var first: UInt32 = 0
  /// The address of the client that handed it in, as a hash; 0 where no line told it.
  var client: UInt32 = 0
  /// When a line last named it, in microseconds since 1970.
  var lastSeen: Int64
  /// What is true of it, a bit each.
  fileprivate var flags: UInt16 = 0
  /// The fate so far of a message without a sender, and of the forgotten bounce of one with a sender.
  var noticeFate = NoticeCounts.Fate.underway
  /// The slot is in use.
  var isUsed = true
  /// Grows each time the slot is given to another message.
  var generation: UInt32 = 0
}

extension Transaction {
  /// The line with which it began was seen.
  var hasBegun: Bool {
    get { has(0) }
    set { set(0, newValue) }
  }
  /// Seen before; counted among the messages; ended; failed somewhere; failed in a selected way.
  var isCounted: Bool {
    get { has(1) }
    set { set(1, newValue) }
  }
  var isInPeriod: Bool {
    get { has(2) }
    set { set(2, newValue) }
  }
  var isCompleted: Bool {
    get { has(3) }
    set { set(3, newValue) }
  }
  var hasFailure: Bool {
    get { has(4) }
    set { set(4, newValue) }
  }
  var hasSelectedFailure: Bool {
    get { has(5) }
    set { set(5, newValue) }
  }
  /// It had an outcome of any kind.
  var hasOutcome: Bool {
    get { has(6) }
    set { set(6, newValue) }
  }
  /// It failed in the period, and its sender counts among those to be told.
  var isFailedMessage: Bool {
    get { has(7) }
    set { set(7, newValue) }
  }
  /// It is a bounce; one of those that count.
  var isBounce: Bool {
    get { has(8) }
    set { set(8, newValue) }
  }
  var isCountedNotice: Bool {
    get { has(9) }
    set { set(9, newValue) }
  }

  /// It has a bounce that came before the failure that counts; it had one that is forgotten.
  var hasOlderBounce: Bool {
    get { has(10) }
    set { set(10, newValue) }
  }
  var hadBounce: Bool {
    get { has(11) }
    set { set(11, newValue) }
  }

  /// It was refused or thrown away, and a line about it may still come; or nothing but refusals is known of it.
  var isRefused: Bool {
    get { has(12) }
    set { set(12, newValue) }
  }

  /// A recipient has failed, another try has been put off, since the last bounce was made for it.
  var hasFailedSinceNotice: Bool {
    get { has(13) }
    set { set(13, newValue) }
  }
  var hasDeferredSinceNotice: Bool {
    get { has(14) }
    set { set(14, newValue) }
  }

  @inline(__always) private func has(_ flag: UInt16) -> Bool { flags & 1 << flag != 0 }

  @inline(__always) private mutating func set(_ flag: UInt16, _ isSet: Bool) {
    flags = isSet ? flags | 1 << flag : flags & ~(1 << flag)
  }

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
  private var free = Slab<Int32>()
  private var index = SlotIndex()
  /// The message that a line named last: the next line is often about the same one.
  private var last: Int32 = 0

  /// How many messages are open.
  var count: Int { index.count }

  /// Makes an empty table.
  init() {}

  subscript(_ number: Int32) -> Transaction {
    _read { yield pool[Int(number)] }
    _modify { yield &pool[Int(number)] }
  }

  /// The slot of a message; nil if it is not open.
  func find(edge: UInt32, instance: UInt32, id: MessageID) -> Int32? {
    find(edge: edge, instance: instance, id: id, idHash: Self.hash(of: id))
  }

  /// The same with the hash of the id.
  func find(edge: UInt32, instance: UInt32, id: MessageID, idHash: UInt64) -> Int32? {
    find(edge: edge, instance: instance, id: id, hash: Self.hash(edge, instance, idHash))
  }

  @inline(__always) private func find(
    edge: UInt32, instance: UInt32, id: MessageID, hash: UInt64
  ) -> Int32? {
    index.find(hash) { number in
      isMessage(Int(number), edge: edge, instance: instance, id: id)
    }
  }

  @inline(__always) private func isMessage(
    _ place: Int, edge: UInt32, instance: UInt32, id: MessageID
  ) -> Bool {
    pool[place].id == id && pool[place].edge == edge && pool[place].instance == instance
  }

  /// The slot of a message, which is opened if it is not there.
  mutating func findOrOpen(
    edge: UInt32, instance: UInt32, id: MessageID, at time: LogTime
  ) -> Int32 {
    findOrOpen(edge: edge, instance: instance, id: id, hash: Self.hash(of: id), at: time)
  }

  /// The same with the hash of the id.
  mutating func findOrOpen(
    edge: UInt32, instance: UInt32, id: MessageID, hash: UInt64, at time: LogTime
  ) -> Int32 {
    if pool.count > 0, pool[Int(last)].isUsed,
      isMessage(Int(last), edge: edge, instance: instance, id: id)
    {
      return last
    }
    let hash = Self.hash(edge, instance, hash)
    if let number = find(edge: edge, instance: instance, id: id, hash: hash) {
      last = number
      return number
    }
    let reused = free.popLast()
    let generation = reused.map { pool[Int($0)].generation &+ 1 } ?? 0
    let number = reused ?? pool.makeRoom()
    pool[Int(number)] = Transaction(
      edge: edge, instance: instance, id: id, hash: UInt32(truncatingIfNeeded: hash),
      lastSeen: time.microseconds, generation: generation)
    index.insert(hash, number: number)
    last = number
    return number
  }

  /// The hash of an id; a record brings it along.
  private static func hash(of id: MessageID) -> UInt64 { id.hashValue(seed: ByteHash.seed) }

  /// Begins to load the place of a message in the table, by the hash of its id.
  func prefetch(placeOf idHash: UInt64, edge: UInt32, instance: UInt32) {
    index.prefetch(Self.hash(edge, instance, idHash))
  }

  /// Begins to load what is known of a message whose place is loaded.
  func prefetch(messageOf idHash: UInt64, edge: UInt32, instance: UInt32) {
    prefetch(index.first(Self.hash(edge, instance, idHash)))
  }

  /// Begins to load a message that will be asked for soon.
  func prefetch(_ number: Int32) {
    if number >= 0 { pool.prefetch(Int(number)) }
  }

  /// Forgets a message.
  mutating func close(_ number: Int32) {
    index.remove(UInt64(pool[Int(number)].hash), number: number)
    pool[Int(number)].isUsed = false
    free.append(number)
  }

  /// The hash of a key.
  private static func hash(_ edge: UInt32, _ instance: UInt32, _ id: UInt64) -> UInt64 {
    mix(id ^ (UInt64(edge) << 32 | UInt64(instance)), 0x9E37_79B9_7F4A_7C15)
  }
}
