import BounceMessages
import Testing

/// Which of the many ids in a bounce are those of the log of the MTA that wrote it.
@Suite struct `The ids of a bounce` {
  @Test func `never takes another host's id, or a stranger's words, for an id`() throws {
    let mail = """
      Received: from Debian-exim by relay.test with local (Exim 4.96)
      \tid 1vNZxy-0000AB-2c
      Auto-Submitted: auto-replied
      X-Failed-Recipients: a@b.test

        a@b.test
          551 no

      ------ This is a copy of the message, including all the headers. ------

      Received: from pc (helo=id 1AAAAA-000000-AA) by other.test with esmtp (Exim 4.96)
      \t(envelope-from <"x) id 1AAAAA-000000-AB"@c.test>) id 1AAAAA-000000-AC; x
      Message-ID: <E1AAAAA-000000-AD@x>

      """
    let message = try #require(read(mail).message)
    #expect(message.bounceID == "1vNZxy-0000AB-2c")
    #expect(message.messageID == nil)
    let own = try #require(read(mail.replacing("other.test", with: "relay.test")).message)
    #expect(own.messageID == "1AAAAA-000000-AC")
  }

  private static let exim = """
    Auto-Submitted: auto-replied
    X-Failed-Recipients: a@b.test

      a@b.test
        551 no

    """
  private static let postfix = """
    Content-Type: multipart/report; report-type=delivery-status;
    \tboundary="QQQQQQQQ01.1763979074/relay.test"

    --QQQQQQQQ01.1763979074/relay.test

    This is the mail system at host relay.test.

    <a@b.test>: unknown user: "a"

    """

  @Test(arguments: [
    (
      "Received: from mail by far.test with local (Exim 4.90)\n\tid 1AAAAA-000000-AA\n"
        + "Received: from mailnull by relay.test with local (Exim 4.99)\n"
        + "\tid 1vNZxy-00000001bo0-D342\n"
        + "Message-Id: <E1vNZxy-00000001bo0-D342@relay.test>\n" + exim,
      "1vNZxy-00000001bo0-D342", nil
    ),
    (
      "Received: from x ([192.0.2.1]) by far.test with esmtp (Exim 4.90) id 1AAAAA-000000-AA\n"
        + exim, nil, nil
    ),
    ("Message-Id: <E1vNZxy-0000AB-2c@relay.test>\n" + exim, "1vNZxy-0000AB-2c", nil),
    ("Message-Id: <1vNZxy-0000AB-2c@relay.test>\n" + exim, nil, nil),
    (
      "Received: by 2002:a05:1:: with SMTP id a1csp123456; x\n"
        + "Received: from relay.test (relay.test [192.0.2.1]) by far.test (Postfix) with ESMTP id "
        + "FFFFFFFF01; x\nReceived: by relay.test (Postfix)\n\tid BBBBBBBB01; x\n" + postfix,
      "BBBBBBBB01", "QQQQQQQQ01"
    ),
    (
      """
      Received: from localhost (localhost [local]);
      \tby localhost (OpenSMTPD) with ESMTPA id 700fd087;
      \tfor <x@y.test>; x
      From: Mailer Daemon <MAILER-DAEMON@y.test>

          An error has occurred while attempting to deliver a message for

      a@b.test: 551 no

          Below is a copy of the original message:

      Received: from pc (localhost [127.0.0.1]);
      \tby localhost (OpenSMTPD) with ESMTP id 966254b0; x

      """, "700fd087", "966254b0"
    ),
    (
      "Received: by far.test (Postfix, from userid 0)\n\tid FFFFFFFF01; x\n"
        + "Message-Id: <20251124101112.BBBBBBBB01@relay.test>\n" + postfix, "BBBBBBBB01",
      "QQQQQQQQ01"
    ),
  ])
  func `are told from those of other hosts`(
    _ mail: String, _ bounce: String?, _ original: String?
  ) throws {
    let message = try #require(read(mail).message)
    #expect(message.bounceID == bounce)
    #expect(message.messageID == original)
  }
}
