/// What reply codes and enhanced codes mean by the standards, in plain words.
package enum StatusMeanings {
  /// What a reply code means (RFC 5321 sections 4.2.2 and 4.2.3, RFC 4954, RFC 7504).
  ///
  /// A code that no standard names is told by its first digit.
  package static func meaning(of code: Int) -> String? {
    if let known = basic[code] { return known }
    switch code / 100 {
    case 2: return "done"
    case 3: return "go on"
    case 4: return "not now: the client may try again"
    case 5: return "no: the client should not try again"
    default: return nil
    }
  }

  /// What an enhanced code means (RFC 3463 and the registry that RFC 5248 set up).
  ///
  /// A code that is not registered is told by its class and subject.
  package static func meaning(of code: EnhancedCode) -> String {
    let category =
      switch code.category {
      case 2: "success"
      case 4: "for now"
      default: "for good"
      }
    if let known = details[Int(code.subject) * 1000 + Int(code.detail)] {
      return code.category == 2 ? known : "\(known), \(category)"
    }
    let subject =
      subjects.indices.contains(Int(code.subject))
      ? subjects[Int(code.subject)] : "something else"
    return "about \(subject), \(category); the number itself is not registered"
  }

  private static let subjects = [
    "no certain part", "an address", "a mailbox", "the receiving mail system",
    "the network or the route", "the protocol", "the content", "security or policy",
  ]

  private static let basic: [Int: String] = [
    211: "system status", 214: "help", 220: "the server is ready",
    221: "the server closes the connection",
    235: "the login was accepted", 250: "done",
    251: "the recipient is not here; the server will forward the mail",
    252: "the server does not tell whether the recipient exists, but takes the mail",
    334: "the login goes on", 354: "the server waits for the message",
    421: "the server is not available and closes the connection",
    422: "the recipient's storage is used up", 432: "the password must be changed first",
    450: "not done: the mailbox is busy or blocked for now",
    451: "given up: an error at the server",
    452: "not done: the server's storage is used up",
    454: "the login or TLS is not available for now",
    455: "the server cannot take a parameter now", 500: "the command was not understood",
    501: "a parameter was not understood", 502: "the command is not offered",
    503: "the command came out of order", 504: "a parameter is not offered",
    521: "the host never takes mail", 523: "the message is too big",
    525: "the account is disabled", 530: "a login is required first",
    534: "the login method is too weak", 535: "the login was refused",
    538: "the login needs encryption",
    550: "refused: the mailbox is not available, or a policy forbids it",
    551: "the recipient is not here; many servers send it for other reasons",
    552: "given up: more storage would be needed than allowed",
    553: "the mailbox's name is not allowed",
    554: "the transaction failed, or no mail service at all",
    555: "a parameter of MAIL or RCPT was not recognised",
    556: "the domain never takes mail", 571: "refused by policy (no standard code)",
  ]

  /// By subject * 1000 + detail.
  private static let details: [Int: String] = [
    0: "no certain status", 1_000: "another problem with an address",
    1_001: "no such mailbox", 1_002: "no such host or domain",
    1_003: "the address is not well formed", 1_004: "the address fits several mailboxes",
    1_005: "the address is valid", 1_006: "the mailbox has moved, and no new address is known",
    1_007: "the sender's address is not well formed", 1_008: "the sender's host or domain is bad",
    1_009: "passed on to a system that gives no notices",
    1_010: "the domain takes no mail (null MX)",
    2_000: "another problem with the mailbox", 2_001: "the mailbox is disabled",
    2_002: "the mailbox is full", 2_003: "the message is longer than the mailbox takes",
    2_004: "the mailing list could not be expanded",
    3_000: "another problem of the mail system", 3_001: "the mail system is full",
    3_002: "the system takes no mail now", 3_003: "the system lacks a feature that is needed",
    3_004: "the message is too big for the system", 3_005: "the system is configured wrongly",
    3_006: "the requested priority was changed",
    4_000: "another problem of the network or route", 4_001: "the host did not answer",
    4_002: "the connection was bad or was lost", 4_003: "the directory or DNS server failed",
    4_004: "no route to the host", 4_005: "the mail system is congested",
    4_006: "a routing loop", 4_007: "the delivery time ran out",
    5_000: "another problem of the protocol", 5_001: "the command is not valid here",
    5_002: "a syntax error", 5_003: "too many recipients", 5_004: "a parameter is not valid",
    5_005: "the wrong version of the protocol", 5_006: "the login exchange line is too long",
    6_000: "another problem with the content", 6_001: "the type of content is not taken",
    6_002: "the content must be converted, which is not allowed",
    6_003: "the content must be converted, which cannot be done",
    6_004: "the content was converted with loss", 6_005: "the content could not be converted",
    6_006: "the content is not available", 6_007: "addresses beyond ASCII are not taken",
    6_008: "the answer would need UTF-8", 6_009: "the headers would need UTF-8",
    7_000: "another reason of security", 7_001: "not authorised, or refused",
    7_002: "the sender may not write to this list", 7_003: "the secure form cannot be converted",
    7_004: "a security feature is missing", 7_005: "a cryptographic failure",
    7_006: "an encryption method is missing", 7_007: "the message was changed on its way",
    7_008: "the login is not valid", 7_009: "the login method is too weak",
    7_010: "encryption is needed", 7_011: "encryption is needed for this login method",
    7_012: "the password must be changed", 7_013: "the account is disabled",
    7_014: "a trust relationship is needed", 7_015: "the priority is too low",
    7_016: "too big for this priority", 7_017: "the mailbox has another owner now",
    7_018: "the domain has another owner now", 7_019: "the owner cannot be checked",
    7_020: "no DKIM signature passed", 7_021: "no DKIM signature was acceptable",
    7_022: "no DKIM signature of the author's domain", 7_023: "SPF failed",
    7_024: "SPF could not be checked", 7_025: "the client's reverse DNS is wrong",
    7_026: "several authentication checks failed",
    7_027: "the sender's domain takes no mail (null MX)",
    7_028: "a flood of mail", 7_029: "ARC failed", 7_030: "REQUIRETLS is needed",
  ]
}
