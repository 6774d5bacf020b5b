package import MailTerms

/// Which outcomes a report or an event stream is about.
package struct Selection: Sendable {
  /// The reply codes asked for.
  package var codes: CodeFilter
  /// The first moment, and the one behind the last, in microseconds since 1970; nil for no limit.
  package var since: Int64?
  package var until: Int64?
  /// A shell glob on the remote host, matched without regard to case.
  package var remoteHost: Glob?
  /// A shell glob on the sender domain.
  package var senderDomain: Glob?
  /// The origins asked for; nil for all.
  package var origins: Set<Origin>?

  /// Makes a selection.
  package init(
    codes: CodeFilter, since: Int64? = nil, until: Int64? = nil, remoteHost: Glob? = nil,
    senderDomain: Glob? = nil, origins: Set<Origin>? = nil
  ) {
    self.codes = codes
    self.since = since
    self.until = until
    self.remoteHost = remoteHost
    self.senderDomain = senderDomain
    self.origins = origins
  }

  /// Whether an outcome's event fits in code, origin, host and domain, whatever its time.
  package func chooses(_ event: MailEvent) -> Bool {
    guard codes.matches(code: event.reply?.code, enhanced: event.reply?.enhanced) else {
      return false
    }
    if let origins, !(event.origin.map(origins.contains) ?? false) { return false }
    if let remoteHost, !remoteHost.matches(event.remoteHost ?? "") { return false }
    return senderDomain?.matches(event.senderDomain) ?? true
  }

  /// Whether a moment lies in the period; an unknown one only where no period was asked for.
  package func includes(_ time: LogTime) -> Bool {
    if since == nil, until == nil { return true }
    guard time.isKnown else { return false }
    return time.microseconds >= since ?? .min && time.microseconds < until ?? .max
  }
}

/// A shell pattern: `*` is any run of bytes, `?` one byte, everything else itself in either case.
package struct Glob: Sendable, Equatable {
  private let pattern: [UInt8]

  /// Makes a pattern.
  package init(_ pattern: String) { self.pattern = pattern.utf8.map(Address.lower) }

  /// Whether the whole text matches.
  package func matches(_ text: String) -> Bool {
    let text = text.utf8.map(Address.lower)
    var at = 0
    var inPattern = 0
    var star: (pattern: Int, text: Int)?
    while at < text.count {
      if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
        star = (inPattern, at)
        inPattern += 1
      } else if inPattern < pattern.count,
        pattern[inPattern] == UInt8(ascii: "?") || pattern[inPattern] == text[at]
      {
        inPattern += 1
        at += 1
      } else if let last = star {
        inPattern = last.pattern + 1
        at = last.text + 1
        star = (last.pattern, at)
      } else {
        return false
      }
    }
    return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// The parts of a configuration that are looked at for every outcome, as plain memory.
struct SelectionFlags: Sendable {
  let hasPeriod: Bool
  let hasRemoteHost: Bool
  let hasSenderDomain: Bool
  /// Only some hosts or some sender domains are asked for.
  var hasGlob: Bool { hasRemoteHost || hasSenderDomain }
  let isAllCodes: Bool
  /// The codes asked for may be those of a delivery.
  let mayBeDelivery: Bool
  let hasEnhanced: Bool
  let needsSender: Bool
  let notesEarlier: Bool
  let isStreaming: Bool
  let wantsEvents: Bool
  private let showsEveryCode: Bool
  private let origins: UInt8
  private let events: UInt8

  init(_ configuration: Correlator.Configuration) {
    let selection = configuration.selection
    hasPeriod = selection.since != nil || selection.until != nil
    hasRemoteHost = selection.remoteHost != nil
    hasSenderDomain = selection.senderDomain != nil
    isAllCodes = selection.codes.isAll
    mayBeDelivery = selection.codes.mayBeDelivery
    hasEnhanced = selection.codes.hasEnhanced
    needsSender = configuration.needsSender
    notesEarlier = configuration.notesEarlier
    isStreaming = configuration.isStreaming
    wantsEvents = !configuration.events.isEmpty
    showsEveryCode = configuration.showsEveryCode
    origins = (selection.origins ?? Set(Origin.allCases)).reduce(0) { $0 | 1 << $1.rawValue }
    events = configuration.events.reduce(0) { $0 | 1 << $1.rawValue }
  }

  /// Whether an origin is asked for.
  func includes(_ origin: Origin) -> Bool { origins & 1 << origin.rawValue != 0 }

  /// Whether an outcome of this kind is written as an event.
  func wantsEvent(_ kind: EventKind, isSelected: Bool) -> Bool {
    (isSelected || showsEveryCode) && events & 1 << kind.rawValue != 0
  }
}
