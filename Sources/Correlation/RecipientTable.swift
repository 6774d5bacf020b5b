internal import MailTerms

/// What became so far of one recipient of one message.
struct Recipient: BitwiseCopyable, Sendable {
  /// The message, and the address as a hash that strangers cannot foresee.
  var transaction: Int32
  var address: UInt64
  /// The next recipient of the message, which was entered before this one; -1 for none.
  var next: Int32
  /// How many recipients of the message were entered before this one.
  var rank: Int32
  /// The list of the places where it was counted behind the first; -1 for none.
  var counted: Int32 = -1
  /// The last deferral with a reply; -1 for none.
  var deferral: Int32 = -1
  /// How many lines of each kind there were.
  var attempts = KindCounts()
  /// A bit for each section in which it was counted.
  var sections: UInt8 = 0
  /// A bit for each kind of outcome that was within what is asked for.
  var kindsInScope: UInt8 = 0
  /// Whether it went on under another id, so that what gives up the message later does not mean it.
  var isPassedOn = false
  /// Whether it was tried, and the host of the first try.
  var isTried = false
  var triedHost: UInt32 = 0
  /// Where it was counted first; most recipients need no list behind it.
  var firstCount = CountedHost(section: CountedHost.none, remoteHost: 0, remoteIP: 0, next: -1)
}

/// A count for each kind of outcome.
struct KindCounts: BitwiseCopyable, Sendable {
  private var delivered: UInt32 = 0
  private var deferred: UInt32 = 0
  private var failed: UInt32 = 0
  private var rejected: UInt32 = 0
  private var callout: UInt32 = 0
  private var notified: UInt32 = 0

  // An inline array would be copied whole at each access.
  subscript(_ kind: EventKind) -> UInt32 {
    get {
      switch kind {
      case .delivered: delivered
      case .deferred: deferred
      case .failed: failed
      case .rejected: rejected
      case .callout: callout
      case .notified: notified
      }
    }
    set {
      switch kind {
      case .delivered: delivered = newValue
      case .deferred: deferred = newValue
      case .failed: failed = newValue
      case .rejected: rejected = newValue
      case .callout: callout = newValue
      case .notified: notified = newValue
      }
    }
  }
}

/// Where a recipient was counted: once for each name and each IP in a section.
struct CountedHost: BitwiseCopyable, Sendable {
  var section: Int8
  /// The reply code, where each code is counted on its own; else 0.
  var code: UInt16 = 0
  var remoteHost: UInt32
  var remoteIP: UInt32
  var next: Int32

  /// The section numbers that stand for "tried" and for no section.
  static let tried: Int8 = -1
  static let none: Int8 = -2
}

/// The recipients of all open messages, found by message and address.
///
/// Most messages have a few recipients, which are found by a look at each; those of a message with
/// many stand in a hash table besides.
struct RecipientTable: ~Copyable {
  /// A message with more recipients than this has them in the hash table.
  static let listLength: Int32 = 8

  private(set) var pool = Slab<Recipient>()
  private var free = Slab<Int32>()
  private var index = SlotIndex()
  /// What keeps strangers from choosing addresses that collide.
  let seed: UInt64
  /// Whether its hashes are those that records bring along.
  let hasOwnSeed: Bool
  private var hosts = Slab<CountedHost>()
  private var freeHosts = Slab<Int32>()

  /// Makes an empty table.
  init(seed: UInt64 = ByteHash.seed) {
    self.seed = seed
    hasOwnSeed = seed == ByteHash.seed
  }

  /// Begins to load a recipient that will be asked for soon.
  func prefetch(_ number: Int32) { if number >= 0 { pool.prefetch(Int(number)) } }

  subscript(_ number: Int32) -> Recipient {
    _read { yield pool[Int(number)] }
    _modify { yield &pool[Int(number)] }
  }

  /// The hash under which an address is known here.
  func hash(of address: Span<UInt8>) -> UInt64 { ByteHash.hash(address, seed: seed) }

  /// The recipient of a message, entered if new; then it becomes the first in the message's list.
  mutating func findOrAdd(_ address: UInt64, of transaction: Int32, head: inout Int32) -> Int32 {
    let rank = head < 0 ? 0 : pool[Int(head)].rank + 1
    if let known = find(address, of: transaction, head, rank) { return known }
    let number = free.popLast() ?? pool.makeRoom()
    pool[Int(number)] = Recipient(
      transaction: transaction, address: address, next: head, rank: rank)
    head = number
    if rank == Self.listLength {
      var member = number
      while member >= 0 {
        index.insert(key(pool[Int(member)].address, transaction), number: member)
        member = pool[Int(member)].next
      }
    } else if rank > Self.listLength {
      index.insert(key(address, transaction), number: number)
    }
    return number
  }

  private func find(
    _ address: UInt64, of transaction: Int32, _ head: Int32, _ count: Int32
  ) -> Int32? {
    if count > Self.listLength {
      return index.find(key(address, transaction)) { number in
        pool[Int(number)].address == address && pool[Int(number)].transaction == transaction
      }
    }
    var number = head
    while number >= 0 {
      if pool[Int(number)].address == address { return number }
      number = pool[Int(number)].next
    }
    return nil
  }

  /// Forgets all recipients of a message; their deferrals are the caller's to forget.
  mutating func removeAll(from head: Int32) {
    guard head >= 0 else { return }
    let isIndexed = pool[Int(head)].rank >= Self.listLength
    var number = head
    while number >= 0 {
      var host = pool[Int(number)].counted
      while host >= 0 {
        freeHosts.append(host)
        host = hosts[Int(host)].next
      }
      if isIndexed {
        index.remove(key(pool[Int(number)].address, pool[Int(number)].transaction), number: number)
      }
      free.append(number)
      number = pool[Int(number)].next
    }
  }

  /// Notes that a recipient is counted at a host; tells whether it, the name and the IP are new there.
  mutating func note(
    _ number: Int32, section: Int8, code: UInt16 = 0, remoteHost: UInt32, remoteIP: UInt32
  ) -> (isNew: Bool, isNewHost: Bool, isNewIP: Bool) {
    let first = pool[Int(number)].firstCount
    if first.section == CountedHost.none {
      pool[Int(number)].firstCount = CountedHost(
        section: section, code: code, remoteHost: remoteHost, remoteIP: remoteIP, next: -1)
      return (true, true, true)
    }
    var isNew = first.section != section || first.code != code
    var isNewHost = isNew || first.remoteHost != remoteHost
    var isNewIP = isNew || first.remoteIP != remoteIP
    var host = pool[Int(number)].counted
    while host >= 0 {
      let known = hosts[Int(host)]
      if known.section == section, known.code == code {
        isNew = false
        if known.remoteHost == remoteHost { isNewHost = false }
        if known.remoteIP == remoteIP { isNewIP = false }
      }
      host = known.next
    }
    guard isNewHost || isNewIP else { return (isNew, false, false) }
    let entry = CountedHost(
      section: section, code: code, remoteHost: remoteHost, remoteIP: remoteIP,
      next: pool[Int(number)].counted)
    if let reused = freeHosts.popLast() {
      hosts[Int(reused)] = entry
      pool[Int(number)].counted = reused
    } else {
      pool[Int(number)].counted = Int32(hosts.count)
      hosts.append(entry)
    }
    return (isNew, isNewHost, isNewIP)
  }

  /// Where a recipient was counted, in the order in which it was.
  func counted(_ number: Int32) -> [CountedHost] {
    guard pool[Int(number)].firstCount.section != CountedHost.none else { return [] }
    var entries: [CountedHost] = []
    var host = pool[Int(number)].counted
    while host >= 0 {
      entries.append(hosts[Int(host)])
      host = hosts[Int(host)].next
    }
    return [pool[Int(number)].firstCount] + entries.reversed()
  }

  private func key(_ address: UInt64, _ transaction: Int32) -> UInt64 {
    mix(address ^ UInt64(truncatingIfNeeded: transaction), 0x9E37_79B9_7F4A_7C15)
  }
}
