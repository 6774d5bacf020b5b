/// The SMTP command that a reply answered, in the words of the JSON field `command`.
package enum SMTPCommand: UInt8, Sendable, CaseIterable {
  case connect, ehlo, helo, startTLS, auth, mailFrom, rcptTo, data, endOfData

  /// The word in JSON.
  package var word: StaticString {
    switch self {
    case .connect: "connect"
    case .ehlo: "EHLO"
    case .helo: "HELO"
    case .startTLS: "STARTTLS"
    case .auth: "AUTH"
    case .mailFrom: "MAIL FROM"
    case .rcptTo: "RCPT TO"
    case .data: "DATA"
    case .endOfData: "end of DATA"
    }
  }

  /// Whether it comes before any recipient is named: what answers it says nothing about one.
  package var precedesRecipients: Bool {
    switch self {
    case .connect, .ehlo, .helo, .startTLS, .auth, .mailFrom: true
    case .rcptTo, .data, .endOfData: false
    }
  }

  /// How logs begin to name each command: Exim's "after ..." (transports/smtp.c), Postfix' "in reply to".
  private static let beginnings: [(String, SMTPCommand)] = [
    ("initial connection", .connect), ("CONNECT", .connect), ("connect", .connect),
    ("refused to talk to me", .connect), ("refused to start TLS", .startTLS),
    ("EHLO", .ehlo), ("LHLO", .ehlo), ("HELO", .helo), ("STARTTLS", .startTLS), ("AUTH", .auth),
    ("SASL", .auth),
    ("MAIL", .mailFrom), ("RCPT", .rcptTo), ("end of data", .endOfData),
    ("end of DATA", .endOfData),
    ("END-OF-MESSAGE", .endOfData), ("sending data block", .endOfData), ("BDAT", .endOfData),
    ("after DATA", .endOfData), ("DATA", .data),
  ]

  /// Reads what a log says was answered, such as `pipelined MAIL FROM:<a@b> SIZE=551`.
  package init?(logged: String) {
    let text = logged.hasPrefix("pipelined ") ? logged.dropFirst(10) : logged[...]
    guard let found = Self.beginnings.first(where: { text.hasPrefix($0.0) }) else { return nil }
    self = found.1
  }
}
