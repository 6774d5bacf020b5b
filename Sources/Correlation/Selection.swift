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

  /// The pattern, in lower case.
  package var text: String { String(decoding: pattern, as: UTF8.self) }

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

/// The parts of a configuration that are looked at for every outcome: one word, so that handing them on
/// costs nothing.
struct SelectionFlags: Sendable {
  private enum Flag: UInt32 {
    case period, remoteHost, senderDomain, allCodes, deliveries, enhanced, sender, earlier
    case streaming, everyCode, everyDelivery
  }
  private static let firstOrigin: UInt32 = 16
  private static let firstEvent: UInt32 = 24

  private let bits: UInt32

  init(_ configuration: Correlator.Configuration) {
    let selection = configuration.selection
    let flags: [(Flag, Bool)] = [
      (.period, selection.since != nil || selection.until != nil),
      (.remoteHost, selection.remoteHost != nil),
      (.senderDomain, selection.senderDomain != nil),
      (.allCodes, selection.codes.isAll),
      (.deliveries, selection.codes.mayBeDelivery),
      (.enhanced, selection.codes.hasEnhanced),
      (.sender, configuration.needsSender),
      (.earlier, configuration.notesEarlier),
      (.streaming, configuration.isStreaming),
      (.everyCode, configuration.showsEveryCode),
      (.everyDelivery, configuration.showsEveryDelivery),
    ]
    var bits: UInt32 = 0
    for (flag, isSet) in flags where isSet { bits |= 1 << flag.rawValue }
    for origin in selection.origins ?? Set(Origin.allCases) {
      bits |= 1 << (Self.firstOrigin + UInt32(origin.rawValue))
    }
    for event in configuration.events { bits |= 1 << (Self.firstEvent + UInt32(event.rawValue)) }
    self.bits = bits
  }

  var hasPeriod: Bool { has(.period) }
  var hasRemoteHost: Bool { has(.remoteHost) }
  var hasSenderDomain: Bool { has(.senderDomain) }
  /// Only some hosts or some sender domains are asked for.
  var hasGlob: Bool { hasRemoteHost || hasSenderDomain }
  /// Only a part of all outcomes is asked for, whatever their codes.
  var hasScope: Bool { hasPeriod || hasGlob }
  var isAllCodes: Bool { has(.allCodes) }
  /// The codes asked for may be those of a delivery.
  var mayBeDelivery: Bool { has(.deliveries) }
  var hasEnhanced: Bool { has(.enhanced) }
  var needsSender: Bool { has(.sender) }
  var notesEarlier: Bool { has(.earlier) }
  var isStreaming: Bool { has(.streaming) }
  var wantsEvents: Bool { bits >> Self.firstEvent != 0 }

  /// Whether an origin is asked for.
  func includes(_ origin: Origin) -> Bool {
    bits & 1 << (Self.firstOrigin + UInt32(origin.rawValue)) != 0
  }

  /// Whether an outcome of this kind is written as an event.
  ///
  /// - Parameter origin: who decided; nil for a notice, which is about a decision.
  func wantsEvent(_ kind: EventKind, isSelected: Bool, origin: Origin? = nil) -> Bool {
    wantsEvents && (isSelected || showsEveryCode(of: kind) && (origin.map(includes) ?? true))
      && bits & 1 << (Self.firstEvent + UInt32(kind.rawValue)) != 0
  }

  private func showsEveryCode(of kind: EventKind) -> Bool {
    has(.everyCode) || kind == .delivered && has(.everyDelivery)
  }

  private func has(_ flag: Flag) -> Bool { bits & 1 << flag.rawValue != 0 }
}
