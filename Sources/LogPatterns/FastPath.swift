internal import MailTerms

/// The most frequent lines of Exim's main log, read by hand instead of by their patterns.
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
  private(set) var failedHead: Int32?
  private(set) var failedReply: Int32?
  private(set) var deferredHead: Int32?
  private(set) var deferredReply: Int32?
  private(set) var completed: Int32?
  /// The groups of the rules behind `**` and `==`.
  private(set) var failures = -1
  private(set) var deferrals = -1

  /// No line is read by hand.
  static let off = FastPath()

  private init() {}

  /// What can be read by hand with the patterns of a catalog.
  init(_ catalog: PatternCatalog) {
    func members(_ group: Int) -> [Int32] {
      unsafe catalog.groups[group].map { unsafe catalog.members[Int($0)] }
    }
    func number(_ key: String) -> Int? {
      catalog.group(forKey: Array(key.utf8).span, mta: .exim)
    }
    /// The step of a name, if it stands at this place of its group and no other goes before it.
    func step(_ name: String, at place: Int = 0, of group: Int?, behind others: [String] = [])
      -> Int32?
    {
      guard let group else { return nil }
      let members = members(group)
      guard members.count > place else { return nil }
      for (index, expected) in (others + [name]).enumerated() {
        let entry = catalog.entries[Int(members[index])]
        guard entry.step.name == expected, entry.step.isBuiltIn, entry.mta == .exim else {
          return nil
        }
      }
      return members[place]
    }
    frame = step("message", of: PatternCatalog.frameGroup)
    guard frame != nil else { return }
    received = step("received", of: number("<="))
    completed = step("completed", of: number("Completed"))
    delivered = step("delivered", at: 1, of: number("=>"), behind: ["delivered-odd"])
    if step("delivered", at: 1, of: number("->"), behind: ["delivered-odd"]) == nil {
      delivered = nil
    }
    failedHead = step("failed-address", at: 1, of: number("**"), behind: ["failed-odd"])
    deferredHead = step("deferred-address", at: 1, of: number("=="), behind: ["deferred-odd"])
    if let head = failedHead { failures = Int(catalog.then[Int(head)]) }
    if let head = deferredHead { deferrals = Int(catalog.then[Int(head)]) }
    if failures < 0 { failedHead = nil }
    if deferrals < 0 { deferredHead = nil }
    failedReply = step("failed-by-reply", of: failures < 0 ? nil : failures)
    deferredReply = step("deferred-by-reply", of: deferrals < 0 ? nil : deferrals)
  }
}
