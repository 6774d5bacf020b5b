import Correlation
import MailTerms
import Testing

@Suite struct `Reasons of outcomes` {
  private func line(_ text: String) -> String {
    "2026-11-24 02:11:24 +0000 1xVg0C-0006Kj-05 \(text)"
  }

  private func failed(_ recipient: String, _ reply: String) -> String {
    line(
      "** \(recipient) R=all T=rs H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<\(recipient)>: \(reply)"
    )
  }

  /// What each of these texts means is told by where they come from, not by our rules.
  @Test(arguments: [
    ("551 5.1.1 recipient is not exist", Reason.userUnknown, Nature.hard),
    ("551 5.1.1 user does not exist", .userUnknown, .hard),
    ("551 Denied IVF", .policyRejected, .policy), ("551 not our customer", .notLocal, .hard),
    ("551 a@b.test failed to route the address", .routingFailed, .hard),
    ("551 <a@d.test>... User not local", .notLocal, .hard),
    ("551 Relay request denied", .relayDenied, .policy),
    (
      "551 This is not a relay host - mail must be to or from host domain.", .relayDenied, .policy
    ),
    ("551 Unknown user.", .userUnknown, .hard),
    ("551 User not local. Authentication required for relay", .relayDenied, .policy),
    ("551 User not local; please try <forward-path>", .userMoved, .hard),
    ("551", .notLocal, .hard),
  ])
  func `are in the event`(reply: String, reason: Reason, nature: Nature) throws {
    let story = try story([line("<= s@x.test H=(c) [192.0.2.9] S=1"), failed("a@d.test", reply)])
    #expect(story.events.map(\.reason) == [reason])
    #expect(story.events.map(\.nature) == [nature])
    #expect(story.events.map(\.forwardPath) == [nil])
  }

  @Test func `are soft for a 4xx, and unknown for a delivery`() throws {
    let story = try story(
      [
        line("<= s@x.test H=(c) [192.0.2.9] S=1"),
        line(
          "== a@d.test R=all T=rs defer (-44) H=mx.d.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<a@d.test>: 451 5.1.1 user unknown for now"
        ), line("=> b@d.test R=all T=rs H=mx.d.test [192.0.2.1] C=\"250 user unknown\""),
      ], codes: ["all"])
    #expect(story.events.map(\.kind) == [.deferred, .delivered])
    #expect(story.events.map(\.nature) == [.soft, .unknown])
    #expect(story.events.map(\.reason) == [.userUnknown, .unknown])
  }

  @Test func `come with the address that a server names, but for the recipient's own`() throws {
    let story = try story([
      line("<= s@x.test H=(c) [192.0.2.9] S=1"),
      failed("a@d.test", "551 User not local; please try <a@new.test>"),
      failed("b@d.test", "551 User not local; please try <b@d.test>"),
    ])
    #expect(story.events.map(\.forwardPath) == ["a@new.test", nil])
    #expect(story.events.map(\.reason) == [.userMoved, .userMoved])
  }
}
