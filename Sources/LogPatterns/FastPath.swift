internal import MailTerms
internal import PatternFiles

/// The most frequent lines of Exim's main log and of Postfix's, read by hand instead of by their patterns.
///
/// PCRE2's machine code takes ten instructions a byte; these lines are most of any log. The patterns stay
/// the truth: every scanner here takes only the plainest form of its lines, gives exactly the fields
/// that its pattern gives, and leaves everything else to the pattern. A scanner is in use only while
/// the built-in pattern is: one that the user replaces, or goes before, is not read by hand. Tests hold
/// both ways against each other.
struct FastPath: Sendable {
  /// The step numbers of the patterns that are read by hand; nil where they are not in use.
  private(set) var frame: Int32?
  private(set) var received: Int32?
  private(set) var delivered: Int32?
  private(set) var failedAddress: Int32?
  private(set) var failedByReply: Int32?
  private(set) var deferredAddress: Int32?
  private(set) var deferredByReply: Int32?
  private(set) var deferredHere: Int32?
  private(set) var completed: Int32?
  /// The group of the rules for a message's line whose key has none.
  private(set) var otherwise = -1
  /// The groups of the rules that go on behind an address that failed: at a host first, then anywhere.
  private(set) var answers = -1
  private(set) var failures = -1
  /// The group behind an address that was deferred.
  private(set) var deferrals = -1

  /// The lines of Postfix's.
  private(set) var postfix = PostfixFastPath()

  /// No line is read by hand.
  static let off = FastPath()

  private init() {}

  /// What can be read by hand with the patterns of a catalog.
  init(_ catalog: PatternCatalog) {
    func number(_ key: String) -> Int? {
      catalog.group(forKey: Array(key.utf8).span, mta: .exim)
    }
    func step(_ name: String, of group: Int?, behind others: [String] = []) -> Int32? {
      catalog.builtInStep(name, of: group, behind: others)
    }
    postfix = PostfixFastPath(catalog)
    frame = step("message", of: PatternCatalog.frameGroup)
    guard let frame else { return }
    otherwise = Int(catalog.otherwise[Int(frame)])
    received = step("received", of: number("<="))
    completed = step("completed", of: number("Completed"))
    let deliveries = ["=>", "->"].map { key in
      step("delivered", of: number(key), behind: ["delivered-odd", "delivered-doubtful"])
    }
    if !deliveries.contains(nil) { delivered = deliveries[0] }
    failedAddress = step(
      "failed-address", of: number("**"),
      behind: ["failed-odd", "failed-odd-routed", "failed-doubtful"])
    if let head = failedAddress, catalog.then[Int(head)] >= 0, let answered = number(": ") {
      failures = Int(catalog.then[Int(head)])
      answers = answered
      failedByReply = step("failed-by-reply", of: answered)
    } else {
      failedAddress = nil
    }
    deferredAddress = step(
      "deferred-address", of: number("=="),
      behind: ["deferred-odd", "deferred-odd-routed", "deferred-doubtful"])
    if let head = deferredAddress, catalog.then[Int(head)] >= 0 {
      deferrals = Int(catalog.then[Int(head)])
      deferredByReply = step("deferred-by-reply", of: deferrals)
      deferredHere = step(
        "deferred-here", of: deferrals, behind: ["deferred-by-reply", "deferred-host"])
    } else {
      deferredAddress = nil
    }
  }
}

extension PatternCatalog {
  /// The step of a name, if it stands in its group right behind some others, all of them built in.
  func builtInStep(_ name: String, of group: Int?, behind others: [String] = []) -> Int32? {
    guard let group, group >= 0 else { return nil }
    let members = unsafe groups[group].map { unsafe self.members[Int($0)] }
    guard members.count > others.count else { return nil }
    for (index, expected) in (others + [name]).enumerated() {
      let step = entries[Int(members[index])].step
      guard step.name == expected, step.isBuiltIn else { return nil }
    }
    return members[others.count]
  }
}
