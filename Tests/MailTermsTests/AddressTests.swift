import MailTerms
import Testing

@Suite struct `Mail address` {
  @Test(arguments: [
    ("bob@d1.test", "d1.test"), ("Bob@D1.Test", "d1.test"), ("\"a@b\"@D2.TEST", "d2.test"),
    ("@relay.example:bob@d3.test", "d3.test"), ("bob", "(none)"), ("bob@", "(none)"),
    ("", "<>"), ("<>", "<>"), ("bob@[192.0.2.1]", "[192.0.2.1]"),
    ("bob@Müller.Example", "müller.example"),
    ("bob@MÜLLER.example", "mÜller.example"),
  ])
  func `is grouped by its domain`(address: String, label: String) {
    #expect(Address.domainLabel(of: address) == label)
  }

  @Test(
    arguments: [
      ("bob@d1.test", "d1.test"), ("a b: 551@d4.test", "d4.test"), ("a@b@c", "c"), ("@x", "x"),
      ("bob", nil), ("bob@", nil), ("", nil), ("@", nil),
    ] as [(String, String?)])
  func `has its domain behind the last at-sign`(address: String, domain: String?) {
    let bytes = Array(address.utf8)
    let range = Address.domain(of: bytes.span)
    #expect(range.map { String(decoding: bytes[$0], as: UTF8.self) } == domain)
  }

  @Test func `folds the case of ASCII letters alone`() {
    for byte in UInt8.min ... .max {
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      #expect(Address.lower(byte) == (isUpper ? byte + 32 : byte))
    }
    #expect(Address.lowercased("MX1.Example [ÄÖ]") == "mx1.example [ÄÖ]")
  }

  @Test(arguments: [
    ("a b@x.test", "\"a b\"@x.test", true), ("a b@X.TEST", "\"a b\"@x.test", true),
    ("a\"b@x.test", "\"a\\\"b\"@x.test", true), ("a\\b@x.test", "\"a\\\\b\"@x.test", true),
    ("a@b@x.test", "\"a@b\"@x.test", true), ("A b@x.test", "\"a b\"@x.test", false),
    ("a b@y.test", "\"a b\"@x.test", false), ("a b@x.test", "a b@x.test", false),
    ("a b", "\"a b\"", false), ("", "", false), ("a b@x.test", "\"\"@x.test", false),
    ("a b@x.test", "a\\ b@x.test", true), ("a b.c@x.test", "\"a b\".\\c@x.test", true),
    ("a@b@x.test", "a\\@b@x.test", true), ("ab@x.test", "a\"b@x.test", false),
    ("ab@x.test", "ab\\@x.test", false), ("ab@x.test", "ab@x.test", false),
    ("x", "\"@", false), ("x", "@", false), ("x", "\"", false),
  ])
  func `is the same without the quotes`(unquoted: String, quoted: String, isSame: Bool) {
    let answer = Address.isSame(
      unquoted: Array(unquoted.utf8)[...], quoted: Array(quoted.utf8)[...])
    #expect(answer == isSame)
  }
}

@Suite struct `SMTP command` {
  @Test(arguments: [
    ("initial connection", "connect"), ("EHLO relay.x", "EHLO"), ("HELO relay.x", "HELO"),
    ("LHLO relay.x", "EHLO"), ("STARTTLS", "STARTTLS"), ("AUTH PLAIN ****", "AUTH"),
    ("SASL", "AUTH"),
    ("MAIL FROM:<a@b> SIZE=551", "MAIL FROM"), ("pipelined MAIL FROM:<a@b>", "MAIL FROM"),
    ("RCPT TO:<a@b>", "RCPT TO"), ("pipelined RCPT TO:<a@b>", "RCPT TO"), ("RCPT", "RCPT TO"),
    ("DATA", "DATA"), ("sending data block", "end of DATA"), ("end of data", "end of DATA"),
    ("after DATA", "end of DATA"), ("connection", "connect"),
  ])
  func `is named as the contract names it`(logged: String, word: String) {
    #expect(SMTPCommand(logged: logged)?.word.string == word)
  }

  @Test(arguments: ["", "QUIT", "pipelined ", "x RCPT TO:<a@b>"])
  func `is nothing else`(logged: String) { #expect(SMTPCommand(logged: logged) == nil) }
}

@Suite struct `IP addresses` {
  @Test(arguments: [
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:192.0.2.1", "192.0.2.1"),
    ("192.0.2.1", "192.0.2.1"),
    ("::f00a:1:2", "::f00a:1:2"), ("::ffff:c000:201", "::ffff:c000:201"), ("::1", "::1"), ("", ""),
  ])
  func `lose the prefix of a mapped one`(_ address: String, _ plain: String) {
    let bytes = Array(address.utf8)
    #expect(String(decoding: bytes[Address.unmapped(bytes.span)], as: UTF8.self) == plain)
  }
}
