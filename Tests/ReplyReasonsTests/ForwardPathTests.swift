import MailTerms
import ReplyReasons
import Testing

@Suite struct `Forward paths` {
  @Test(arguments: [
    ("551 User not local; please try <robert@new.example>", "robert@new.example"),
    ("551 User not local; please try <robert@new.example> directly", "robert@new.example"),
    ("551 Mailbox not local, try robert@new.example.", "robert@new.example"),
    ("551 User not local; please try <@relay.example:robert@new.example>", "robert@new.example"),
    ("551 5.1.6 User has moved; please try <@a.example,@b.example:r@new.example>", "r@new.example"),
    ("551 please use \"robert k\"@new.example;", "\"robert k\"@new.example"),
    ("551 contact <robert@[192.0.2.1]>", "robert@[192.0.2.1]"),
    ("551 try to send to r.k+x@new.example, please", "r.k+x@new.example"),
    ("251 User not local; please try <robert@new.example>", "robert@new.example"),
    ("550 5.1.6 has moved, please try robert@new.example", "robert@new.example"),
  ])
  func `are read from`(_ line: String, _ wanted: String) {
    #expect(forwardPath(line) == wanted)
  }

  @Test(arguments: [
    "551 User not local; please try <forward-path>", "551 User not local; please try <>",
    "551 User not local; please try <%s>", "551 please try mx.new.example",
    "551 please use https://new.example/~robert@home", "551 <bob@d1.test>... User not local",
    "551 not our customer", "551 please try bob@",
    "550 Relaying denied, contact postmaster@d1.test", "551", "551 try <@>",
    "551 5.7.1 refused, please contact Postmaster@d1.test", "551 try <x@.>",
  ])
  func `are not there`(_ line: String) { #expect(forwardPath(line) == nil) }

  @Test func `are never the recipient's own address`() {
    let line = "551 User not local; please try <bob@D1.test>"
    #expect(forwardPath(line) == "bob@D1.test")
    #expect(forwardPath(line, recipient: "bob@d1.TEST") == nil)
    #expect(forwardPath(line, recipient: "Bob@d1.test") == "bob@D1.test")
    let two = "551 try <bob@d1.test> or use <robert@new.example>"
    #expect(forwardPath(two, recipient: "bob@d1.test") == "robert@new.example")
  }

  private func forwardPath(_ line: String, recipient: String? = nil) -> String? {
    let reply = Reply(line: Array(line.utf8)[...])
    var reader = ForwardPathReader()
    guard let catalog = try? ReplyCatalog() else { return nil }
    var classifier = ReplyClassifier(catalog: catalog)
    return reader.forwardPath(
      code: reply.code, reason: classifier.classify(reply).reason, text: reply.text,
      recipient: recipient)
  }
}
