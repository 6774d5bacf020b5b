import Correlation
import MailTerms
import Testing

@Suite struct `Refusals, probes and ends` {
  @Test func `gives a probe its own sender, not that of the message`() throws {
    let story = try story([
      "2026-11-24 02:11:20 1xVg0D-0006Kj-05 <= m@other.test H=(x) [192.0.2.9] P=esmtp S=300",
      "2026-11-24 02:11:21 1xVg0D-0006Kj-05 H=(x) [192.0.2.9] F=<a@send.test> rejected after DATA:"
        + " mx1.d3.test [192.0.2.3] : SMTP error from remote mail server after RCPT TO:<b@d3.test>: 551 no",
    ])
    #expect(story.short == ["callout - 551 a@send.test"])
    let figures = story.section(.callouts).filter { $0.contains(".test") || $0.contains("unknown") }
    #expect(figures.contains { $0.contains("send.test") })
    #expect(!figures.contains { $0.contains("other.test") || $0.contains("unknown") })
  }

  @Test func `counts no message that was refused before it was one of ours`() throws {
    let story = try story(
      [
        "2026-11-24 02:11:21 1xVg0F-0006Kj-05 H=(x) [192.0.2.9] F=<a@send.test> rejected after DATA: 551 spam"
      ])
    #expect(story.messages == 0)
    #expect(story.open == 0)
    #expect(story.short == ["rejected - 551 a@send.test"])
  }

  /// Exim gives an id to each message whose content it sees, and no line ends one that it refused.
  @Test func `keeps no message that was refused before it was one of ours`() throws {
    let refusal = "H=(x) [192.0.2.9] F=<a@send.test> rejected after DATA: 551 spam"
    let lines = (0..<4000).map { "2026-11-24 02:11:21 1xVg0F-00\(1000 + $0)-05 \(refusal)" }
    let story = try story(lines) { $0.capacity = 2000 }
    #expect(story.evicted == 0)
    #expect(story.events.count == 4000)
  }

  @Test func `keeps a message that was refused for one of its addresses and then taken`() throws {
    let id = "2026-11-24 02:11:20 1xVg0D-0006Kj-05"
    let probe =
      "\(id) H=(x) [192.0.2.9] F=<a@send.test> rejected after DATA:"
      + " mx1.d3.test [192.0.2.3] : SMTP error from remote mail server after RCPT TO:<b@d3.test>: 551 no"
    let others = (0..<2000).flatMap { number in
      [
        "2026-11-24 02:11:21 1xVg0F-00\(1000 + number)-05 <= c@d.test U=c P=local S=3",
        "2026-11-24 02:11:21 1xVg0F-00\(1000 + number)-05 Completed",
      ]
    }
    let failure =
      "\(id) ** bob@d1.test R=r T=t H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server"
      + " after RCPT TO:<bob@d1.test>: 551 no"
    let story = try story([probe, "\(id) <= m@other.test U=m P=local S=3"] + others + [failure])
    #expect(story.open == 1)
    #expect(story.short.last == "failed bob@d1.test 551 m@other.test")
  }

  @Test func `takes a message whose end is read first as ended`() throws {
    let story = try story([
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 Completed",
      "2026-11-24 02:11:24 1xVg0C-0006Kj-05 => bob@d1.test R=r T=t H=mx1.d1.test [192.0.2.1]",
      "2026-11-24 02:11:23 1xVg0C-0006Kj-05 <= a@acme.test U=a P=local S=3",
    ])
    #expect(story.messages == 1)
    #expect(story.open == 0)
  }

  @Test func `tells the sender of what fails behind it`() throws {
    let story = try story([
      "Nov 24 02:11:20 mx1 postfix/pickup[4]: 4jZpgx3CCrz2Nphc: uid=0 from=<root>",
      "Nov 24 02:11:20 mx1 postfix/cleanup[4]: 4jZpgx3CCrz2Nphc: reject: header Subject: x from local;"
        + " from=<a@acme.test> to=<b@d1.test>: 5.7.1 551 no",
      "Nov 24 02:11:20 mx1 postfix/cleanup[4]: 4jZpgx3CCrz2Nphc: message-id=<1@mx1.test>",
      "Nov 24 02:11:20 mx1 postfix/cleanup[4]: 4jZpgx3CCrz2Nphc: to=<b@d1.test>, relay=none, delay=0,"
        + " delays=0/0/0/0, dsn=5.7.1, status=bounced (551 no)",
    ])
    #expect(story.section(.local).contains("sender acme.test 1 of 1"))
    #expect(story.events.map(\.sender) == ["a@acme.test"])
    #expect(story.events.map(\.senderDomain) == ["acme.test"])
  }

  @Test func `knows an address with quotes and without as one recipient`() throws {
    let id = "2026-11-24 02:11:24 1xVg0C-0006Kj-05"
    let story = try story(
      [
        "\(id) <= a@acme.test U=a P=local S=3",
        "\(id) == a b: 551@d16.test <\"a b: 551\"@d16.test> R=r T=t defer (-44) H=mx.d16.test [192.0.2.1]:"
          + " SMTP error from remote mail server after RCPT TO:<\"a b: 551\"@d16.test>: 451 later",
        "\(id) ** \"a b: 551\"@d16.test: retry timeout exceeded",
      ], codes: ["all"])
    let failed = try #require(story.events.first { $0.kind == .failed })
    #expect(failed.origin == .expired)
    #expect(failed.reply?.code == 451)
    #expect(failed.remoteHost == "mx.d16.test")
  }
}
