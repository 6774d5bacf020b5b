import BounceMessages
import MailTerms
import Testing

/// Wording that the samples do not have, one failure a row.
@Suite struct `The words of a bounce` {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var mail: String
    var recipient: String
    var host: String?
    var code: Int?
    var enhanced: String?
    var reply: String?

    var testDescription: String { name }
  }

  private static func exim(_ words: String) -> String {
    "Auto-Submitted: auto-replied\nX-Failed-Recipients: a@b.test\n\nWords of a site.\n\n\(words)\n"
  }

  private static func status(_ group: String) -> String {
    """
    From: x@y.test
    Content-Type: multipart/report; report-type=delivery-status; boundary="b"

    --b
    Content-Type: message/delivery-status

    Reporting-MTA: dns; y.test

    \(group)

    --b--

    """
  }

  private static func exchange(_ words: String) -> String {
    """
    From: postmaster@corp.test
    Subject: Undeliverable: x

    Diagnostic information for administrators:

    Generating server: ex.corp.test

    a@b.test
    \(words)

    Original message headers:

    Received: from x

    """
  }

  private static func yahoo(_ words: String) -> String {
    """
    From: MAILER-DAEMON@yahoo.test
    Subject: Failure Notice

    Sorry, we were unable to deliver your message to the following address.

    <a@b.test>:
    \(words)

    --- Below this line is a copy of the message.

    Received: from x by y

    <c@d.test>:
    551: no

    """
  }

  static let rows = [
    Row(
      name: "Exim, a quoted sender with a colon",
      mail: exim(
        """
          a@b.test
            SMTP error from remote mail server after MAIL FROM:<"x:
             551 y"@z.test>: host mx.b.test [192.0.2.1]: 550 551 not our customer
        """), recipient: "a@b.test", host: "mx.b.test", code: 550, reply: "551 not our customer"),
    Row(
      name: "Exim, given up after an answer",
      mail: exim(
        """
          a@b.test
            host mx.b.test [192.0.2.1]
            SMTP error from remote mail server after initial connection:
            451 4.3.0 551 busy: retry timeout exceeded
        """), recipient: "a@b.test", host: "mx.b.test", code: 451, enhanced: "4.3.0",
      reply: "551 busy"),
    Row(
      name: "Exim, no answer",
      mail: exim("  a@b.test\n    host mx.b.test [192.0.2.1]\n    timed out"),
      recipient: "a@b.test", reply: "timed out"),
    Row(
      name: "Exim, an address literal",
      mail: exim(
        "  a@b.test\n    host [IPv6:2001:DB8::1] [2001:db8::1]\n"
          + "    LMTP error after RCPT TO:<a@b.test>: 551 no"), recipient: "a@b.test",
      host: "2001:db8::1", code: 551, reply: "no"),
    Row(
      name: "Exim, hidden address",
      mail: exim(
        "  an undisclosed address\n    (generated from a@b.test)\n    mailbox is full"),
      recipient: "a@b.test", reply: "mailbox is full"),
    Row(
      name: "Exim, bytes that are not ASCII",
      mail: exim(
        """
          a@b.test
            host mx.b.test [192.0.2.1]
            SMTP error from remote mail server after RCPT TO:<a@b.test>:
            551 5.1.1 Empf\\303\\244nger unbekannt, Fall #123
        """), recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.1.1",
      reply: "Empfänger unbekannt, Fall #123"),
    Row(
      name: "Exim, words of its own that are not ASCII",
      mail: exim("  a@b.test\n    Empf\\303\\244nger fehlt"),
      recipient: "a@b.test", reply: "Empfänger fehlt"),
    Row(
      name: "Exim, bytes that are not ASCII in the status part",
      mail: status(
        "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.b.test\n"
          + "Diagnostic-Code: smtp; 550 Bo\\303\\256te pleine"
      ).replacing(
        "From: x@y.test", with: "Auto-Submitted: auto-replied\nX-Failed-Recipients: a@b.test"),
      recipient: "a@b.test", host: "mx.b.test", code: 550, reply: "Boîte pleine"),
    Row(
      name: "status part of another MTA, which escapes nothing",
      mail: status(
        "Final-Recipient: rfc822;a@b.test\nAction: failed\nRemote-MTA: dns; mx.b.test\n"
          + "Diagnostic-Code: smtp; 550 \\303\\256"),
      recipient: "a@b.test", host: "mx.b.test", code: 550, reply: "\\303\\256"),
    Row(
      name: "status part, only a status",
      mail: status("Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1 (no)"),
      recipient: "a@b.test", enhanced: "5.1.1", reply: ""),
    Row(
      name: "status part, exit status",
      mail: status(
        "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.0.0\nRemote-MTA: dns; x.test\n"
          + "Diagnostic-Code: X-Unix; 255"), recipient: "a@b.test", reply: "255"),
    Row(
      name: "status part, escaped address",
      mail: status(
        "Final-Recipient: utf-8; \\x{4F60}@b.test\nAction: failed\n"
          + "Diagnostic-Code: smtp; 551-5.7.1 a\n 551 5.7.1 b\nRemote-MTA: dns; MX.b.test.:25"),
      recipient: "你@b.test", host: "mx.b.test", code: 551, enhanced: "5.7.1", reply: "a b"),
    Row(
      name: "status part, only the original address",
      mail: status("Original-Recipient: rfc822; a+2Bx@b.test\nAction: failed"),
      recipient: "a+x@b.test"),
    Row(
      name: "Exchange 2010",
      mail: exchange("mx.b.test #<mx.b.test #5.7.1 smtp;551 5.7.1 no> #SMTP#"),
      recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.7.1", reply: "no"),
    Row(
      name: "Exchange 2007", mail: exchange("mx.b.test #551 5.7.1 no ##"), recipient: "a@b.test",
      host: "mx.b.test", code: 551, enhanced: "5.7.1", reply: "no"),
    Row(
      name: "Exchange 2013",
      mail: exchange("mx.b.test\nRemote Server returned '551 5.7.1 it's no'"),
      recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.7.1", reply: "it's no"),
    Row(
      name: "Exchange, a reply in a reply",
      mail: exchange(
        "Remote Server returned '< mx.b.test #5.1.6 SMTP; 551 5.1.6 <a@b.test> moved>'"),
      recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.1.6",
      reply: "<a@b.test> moved"),
    Row(
      name: "Exchange, a reply behind a server's name in brackets",
      mail: exchange("Remote Server returned '<mx.b.test> #5.1.6 smtp;551 5.1.6 <a@b.test> moved'"),
      recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.1.6",
      reply: "<a@b.test> moved"),
    Row(
      name: "Exchange 2003",
      mail: """
        From: System Administrator <postmaster@corp.test>

        Your message

          To:      a@corp.test

        did not reach the following recipient(s):

        a@b.test on Thu, 29 Apr 2010 00:00:00 -0000
            The recipient name is not recognized
            MSEXCH:IMS:ORG:SITE:SERVER 3550 (000B09B6) 551 not our
        customer

        """, recipient: "a@b.test", code: 551, reply: "not our customer"),
    Row(
      name: "1&1, its own words",
      mail: """
        From: mailer-daemon@x.test

        This message was created automatically by mail delivery software.

        The following address failed:

        a@b.test

        For the following reason:

        Mail size limit exceeded. For explanation visit
        http://x.test/

        --- The header of the original message is following. ---

        """, recipient: "a@b.test",
      reply: "Mail size limit exceeded. For explanation visit http://x.test/"),
    Row(
      name: "1&1 before 2010",
      mail: """
        From: mailer-daemon@x.test

        This message was created automatically by mail delivery software.

          <a@b.test>

        SMTP error from remote server after RCPT command:
        host mx.b.test[192.0.2.1]:
        551 user unknown

        --- The header of the original message is following. ---

        """, recipient: "a@b.test", host: "mx.b.test", code: 551, reply: "user unknown"),
    Row(
      name: "GMX",
      mail: """
        From: MAILER-DAEMON@x.test

        This message was created automatically by mail delivery software.

        "a@b.test":
        SMTP error from remote server after RCPT command:
        host: mx.b.test
        5.1.1 <a@b.test>... User Unknown


        --- The header of the original message is following. ---

        """, recipient: "a@b.test", host: "mx.b.test", enhanced: "5.1.1",
      reply: "<a@b.test>... User Unknown"),
    Row(
      name: "Gmail in 2010",
      mail: """
        From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
        X-Failed-Recipients: a@b.test
        Content-Transfer-Encoding: quoted-printable

        Google tried to deliver your message, but it was rejected by the recipient =
        domain. The error that the other server return=
        ed was: 550 550 5.7.1 <x@y.test>... Access denied (state 13)=
        .

        ----- Original message -----

        """, recipient: "a@b.test", code: 550, enhanced: "5.7.1",
      reply: "<x@y.test>... Access denied"),
    Row(
      name: "Gmail before 2012",
      mail: """
        From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
        X-Failed-Recipients: a@b.test

        Technical details of permanent failure:
        PERM_FAILURE: SMTP Error (state 13): 551 551 5.7.1 no (state 14).

        """, recipient: "a@b.test", code: 551, enhanced: "5.7.1", reply: "no"),
    Row(
      name: "qmail, several hosts",
      mail: """
        From: MAILER-DAEMON@x.test

        Hi. This is the qmail-send program at x.test.

        <a@b.test>:
        Sorry, no SMTP connection got far enough; most progress was RCPT TO response; remote host 192.0.2.1 said: 551 no
        . (#5.5.0)
        (Other MXes tried: 192.0.2.2 said 550 for RCPT TO response.)

        """, recipient: "a@b.test", host: "192.0.2.1", code: 551, reply: "no"),
    Row(
      name: "qmail, after the message",
      mail: """
        From: MAILER-DAEMON@x.test

        Hi. This is the qmail-send program at x.test.

        <a@b.test>:
        192.0.2.1 failed after I sent the message.
        Remote host said: 551 no

        """, recipient: "a@b.test", host: "192.0.2.1", code: 551, reply: "no"),
    Row(
      name: "qmail, a site's own first paragraph",
      mail: """
        Received: (qmail 25062 invoked for bounce); 8 May 2006 08:21:20 -0000
        From: MAILER-DAEMON@x.test

        This is the mail delivery agent at x.test.
        I was not able to deliver your message to the following addresses.

        <a@b.test>:
        192.0.2.1 does not like recipient.
        Remote host said: 551 no

        --- Below this line is a copy of the message.

        """, recipient: "a@b.test", host: "192.0.2.1", code: 551, reply: "no"),
    Row(
      name: "paragraphs as qmail's by another",
      mail: """
        From: <MAILER-DAEMON@x.test>

        Hi. The MTA program at x.test was unable to deliver your message.

        <a@b.test>:
        Error 01373: User's Disk Quota Exceeded.

        --- Below this line is a copy of the message.

        From: s@x.test

        """, recipient: "a@b.test", reply: "Error 01373: User's Disk Quota Exceeded."),
    Row(
      name: "Postfix before 2.0",
      mail: """
        From: MAILER-DAEMON@x.test (Mail Delivery System)
        Content-Type: multipart/mixed; boundary="b"

        --b
        Content-Description: Notification

        This is the Postfix program at host x.test.

        <a@b.test>: host mx.b.test[192.0.2.1] said: 551 5.1.6
            no

        --b--

        """, recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.1.6", reply: "no"),
    Row(
      name: "qmail, the recipient before the host",
      mail: """
        From: MAILER-DAEMON@x.test

        Hi. This is the qmail-send program at x.test.

        <a@b.test>:
        User and password not set, continuing without authentication.
        <a@b.test> 192.0.2.1 does not like recipient.
        Remote host said: 551 no
        Giving up on 192.0.2.1.

        """, recipient: "a@b.test", host: "192.0.2.1", code: 551, reply: "no"),
    Row(
      name: "Yahoo",
      mail: yahoo("551: 5.1.6 <a@b.test>: moved"), recipient: "a@b.test", code: 551,
      enhanced: "5.1.6", reply: "<a@b.test>: moved"),
    Row(
      name: "Yahoo before 2014",
      mail: yahoo("Remote host said: 551 no such user [RCPT_TO]"), recipient: "a@b.test", code: 551,
      reply: "no such user"),
    Row(
      name: "Yahoo, its own words", mail: yahoo("No MX or A records for b.test"),
      recipient: "a@b.test", reply: "No MX or A records for b.test"),
    Row(
      name: "status part, a comment behind a type",
      mail: status(
        "Final-Recipient: rfc822 (Internet); a@b.test\nAction: failed\nRemote-MTA: dns; mx.b.test\n"
          + "Diagnostic-Code: smtp (what it said); 551 no"), recipient: "a@b.test",
      host: "mx.b.test",
      code: 551, reply: "no"),
    Row(
      name: "Postfix, a login that was refused before",
      mail: """
        From: MAILER-DAEMON@x.test (Mail Delivery System)
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b

        This is the mail system at host x.test.

        <a@b.test>: SASL [CACHED] authentication failed; server mx.b.test said: 535
            5.7.8 bad password

        --b--

        """, recipient: "a@b.test", host: "mx.b.test", code: 535, enhanced: "5.7.8",
      reply: "bad password"),
    Row(
      name: "Postfix, TLS that a server does not start",
      mail: """
        From: MAILER-DAEMON@x.test (Mail Delivery System)
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b

        This is the mail system at host x.test.

        <a@b.test>: TLS is required, but host mx.b.test[192.0.2.1] refused to start
            TLS: 551 5.7.3 no key here

        --b--

        """, recipient: "a@b.test", host: "mx.b.test", code: 551, enhanced: "5.7.3",
      reply: "no key here"),
  ]

  @Test(arguments: rows)
  func `gives one failure`(_ row: Row) throws {
    let message = try #require(read(row.mail).message)
    #expect(message.failures.count == 1)
    let failure = try #require(message.failures.first)
    #expect(failure.recipient == row.recipient)
    #expect(failure.remoteHost == row.host)
    #expect(failure.reply?.code == row.code)
    #expect(failure.reply?.enhanced?.description == row.enhanced)
    #expect(failure.reply.map { String(decoding: $0.text, as: UTF8.self) } == row.reply)
  }

  @Test func `longer in the text than in the status part is taken from the text`() throws {
    let end = String(repeating: "x", count: 900)
    let mail = """
      Auto-Submitted: auto-replied
      Content-Type: multipart/report; report-type=delivery-status; boundary=1-eximdsn-2

      --1-eximdsn-2

        a@b.test
          host mx.b.test [192.0.2.1]
          SMTP error from remote mail server after RCPT TO:<a@b.test>:
          551-5.7.1 first
          551 5.7.1 \(end) last

      --1-eximdsn-2
      Content-Type: message/delivery-status

      Reporting-MTA: dns; x.test

      Action: failed
      Final-Recipient: rfc822;a@b.test
      Status: 5.0.0
      Remote-MTA: dns; mx.b.test
      Diagnostic-Code: smtp; 551-5.7.1 first
       551 5.7.1 \(end)[truncated]

      --1-eximdsn-2--

      """
    let failure = try #require(read(mail).message?.failures.first)
    #expect(failure.reply.map { String(decoding: $0.text, as: UTF8.self) } == "first \(end) last")
    let cut = mail.replacing("\(end) last", with: "xx[truncated]")
    let other = try #require(read(cut).message?.failures.first)
    #expect(other.reply.map { String(decoding: $0.text, as: UTF8.self) } == "first \(end)")
  }

  @Test func `may be missing for an address that the header names`() throws {
    let mail = Self.exim(
      """
        postmaster@site.test

        a@b.test
          SMTP error from remote mail server after RCPT TO:<a@b.test>:
          host mx.b.test [192.0.2.1]: 551 no
        "x,y"@b.test
        pipe to |/usr/bin/handler
          generated by c@b.test
      """
    ).replacing(
      "X-Failed-Recipients: a@b.test",
      with: #"X-Failed-Recipients: a@b.test, "x,y"@b.test,"#
        + "\n  c@b.test")
    let message = try #require(read(mail).message)
    #expect(message.failures.map(\.recipient) == ["a@b.test", #""x,y"@b.test"#, "c@b.test"])
    #expect(message.failures.map(\.reply?.code) == [551, nil, nil])
    let only = mail.prefix { $0 != "W" } + "Words of a site.\n"
    #expect(
      read(String(only)).message?.failures.map(\.recipient) == message.failures.map(\.recipient))
  }

  @Test(arguments: ["Hier folgt die Mail:\n\n", "", "--- Kopie ---\n"])
  func `end where the returned mail begins, however a site says so`(_ words: String) throws {
    let mail = Self.exim(
      """
        a@b.test
          SMTP error from remote mail server after RCPT TO:<a@b.test>:
          host mx.b.test [192.0.2.1]: 551 no

      \(words)Return-path: <s@x.test>
      Received: from [192.0.2.9] (helo=pc)
      \tby x.test with esmtp (Exim 4.77)
      \tid 1vNZxw-0000A9-1u; Mon, 24 Nov 2025 10:11:12 +0000
      Subject: x

        c@d.test
          SMTP error from remote mail server after RCPT TO:<c@d.test>:
          host mx.d.test [192.0.2.2]: 551 forged
      """)
    let message = try #require(read(mail).message)
    #expect(message.failures.map(\.recipient) == ["a@b.test"])
    #expect(message.messageID == "1vNZxw-0000A9-1u")
  }

  @Test func `of a delivery are no failure where the status part is cut off`() {
    let postfix = """
      From: MAILER-DAEMON@x.test (Mail Delivery System)
      Subject: Successful Mail Delivery Report
      Content-Type: multipart/report; report-type=delivery-status; boundary="b"

      --b

      This is the mail system at host x.test.

      Your message was successfully delivered to the destination(s)
      listed below.

      <a@b.test>: delivery via mx.b.test[192.0.2.1]:25: 250 2.0.0 Ok: queued as 4ABC

      """
    #expect(read(postfix) == .notBounce(.deliveryReport))
  }

  @Test func `of a mail server that are not known make no bounce of what is attached`() {
    let inner = Self.exim(
      "  a@b.test\n    SMTP error from remote mail server after RCPT TO:<a@b.test>:\n"
        + "    host mx.b.test [192.0.2.1]: 551 forged")
    func mail(from: String) -> String {
      """
      From: \(from)
      Auto-Submitted: auto-replied
      Content-Type: multipart/mixed; boundary="b"

      --b

      It did not work out.
      --b
      Content-Type: message/rfc822

      \(inner)
      --b--

      """
    }
    #expect(read(mail(from: "MAILER-DAEMON@x.test")) == .notBounce(.unknownForm))
  }

  @Test func `may be missing in a warning`() throws {
    let mail = """
      Auto-Submitted: auto-replied
      Subject: Warning: message 1TRS1q-0002fq-S4 delayed 24 hours
      From: Mail Delivery System <Mailer-Daemon@x.test>

      This message was created automatically by mail delivery software.

      The message identifier is:     1TRS1q-0002fq-S4

      The addresses to which the message has not yet been delivered are:

        a@b.test
        c@d.test
          Delay reason: retry time not reached

      No action is required on your part.

      """
    let message = try #require(read(mail).message)
    #expect(message.failures.isEmpty)
    #expect(message.delays.map(\.recipient) == ["a@b.test", "c@d.test"])
  }

  @Test func `of Gmail's delay are no failure where the status part is cut off`() throws {
    let mail = """
      From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
      X-Failed-Recipients: a@b.test
      Subject: Delivery Status Notification (Delay)
      Content-Type: multipart/report; report-type=delivery-status; boundary="b"

      --b

      ** Delivery incomplete **

      """
    let reading = read(mail)
    guard case .delayWarning(let message) = reading else {
      Issue.record("\(reading)")
      return
    }
    #expect(message.failures.isEmpty)
  }

  @Test func `are read in an attached bounce that somebody encoded`() throws {
    // "From: x@y.test\nX-Failed-Recipients: a@b.test\n\n"
    let mail = """
      From: x@y.test
      Content-Type: multipart/mixed; boundary="b"

      --b

      see below
      --b
      Content-Type: message/rfc822
      Content-Transfer-Encoding: base64

      RnJvbTogeEB5LnRlc3QKWC1GYWlsZWQtUmVjaXBpZW50czogYUBiLnRlc3QKCg==
      --b--

      """
    #expect(read(mail).message?.failures.map(\.recipient) == ["a@b.test"])
  }

  @Test(arguments: [
    "  \n    SMTP error from remote mail server after RCPT TO:<>:\n    host  []: 551 no",
    "SMTP error from remote mail server after RCPT TO:<>: host [] : 551 no",
    "  <>\n    SMTP error from remote mail server after RCPT TO:<>:\n    host []: 551 no",
    "  \n    SMTP error from remote mail server after RCPT TO::\n    host: 551 no",
    "SMTP error from remote mail server after RCPT TO:<>:\n551 no",
  ])
  func `are read where a page has lost the addresses`(_ words: String) throws {
    let message = try #require(read(Self.exim(words)).message)
    #expect(message.failures.map(\.recipient) == [""])
    #expect(message.failures.first?.remoteHost == nil)
    #expect(message.failures.first?.reply?.code == 551)
    #expect(message.failures.first?.reply?.text == Array("no".utf8))
  }
}
