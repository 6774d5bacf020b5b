import MailTerms
import PatternFiles
import ReplyReasons
import TestSupport
import Testing

@Suite struct `Reply classifier` {
  @Test func `tells the reason and nature of every known reply`() throws {
    let replies = try KnownReply.all()
    #expect(replies.count > 800)
    #expect(Set(replies.map(\.reason)) == Set(Reason.allCases.map(\.word)))
    var classifier = ReplyClassifier(catalog: try ReplyCatalog())
    for known in replies {
      let found = found(in: Reply(line: Array(known.reply.utf8)[...]), &classifier)
      #expect(found.reason == known.reason, "\(known.reply) by \(found.matched)")
      #expect(found.nature == known.nature, "\(known.reply)")
    }
  }

  @Test func `passes over no rule that would match`() throws {
    let catalog = try ReplyCatalog()
    var quick = ReplyClassifier(catalog: catalog)
    var thorough = ReplyClassifier(catalog: catalog, usesWords: false)
    for known in try KnownReply.all() {
      let reply = Reply(line: Array(known.reply.utf8)[...])
      #expect(quick.classify(reply) == thorough.classify(reply), "\(known.reply)")
    }
  }

  @Test(arguments: [
    // A strong text goes before the enhanced code, and that before a weak text.
    ("550 5.1.1 Relaying denied", "relay-denied", "text relay-denied"),
    ("550 5.1.1 refused", "user-unknown", "enhanced 5.1.1"),
    ("550 5.7.1 refused", "policy-rejected", "text access-denied"),
    // These codes have no vote.
    ("550 5.0.0 x", "unknown", "nothing"), ("550 5.1.0 x", "unknown", "nothing"),
    // Nor has one of another class than the reply code.
    ("551 4.1.1 x", "unknown", "nothing"), ("551 4.2.2 x", "unknown", "nothing"),
    // Weak codes come behind weak texts.
    ("550 5.2.1 blocked by policy", "policy-rejected", "text policy"),
    ("550 5.2.1 x", "mailbox-disabled", "enhanced 5.2.1"),
    // Reply codes whose meaning is narrow.
    ("551", "not-local", "code 551"), ("551 x", "unknown", "nothing"),
    ("521 x", "routing-failed", "code 521"), ("535 x", "auth-required", "code 535"),
    ("450 x", "temporary-failure", "code 450"), ("550 x", "unknown", "nothing"),
    // qmail's place for an enhanced code, and Microsoft's own.
    ("550 x (#5.1.1)", "user-unknown", "enhanced 5.1.1"),
    ("550 5.7.623 x", "blocklisted", "enhanced 5.7.623"),
    ("550 5.7.650 x", "policy-rejected", "enhanced 5.7.650"),
    // Whom to ask is nobody's new address.
    ("551 refused, please contact postmaster@d1.test", "policy-rejected", "text access-denied"),
    ("550 refused, please contact bob@d1.test", "policy-rejected", "text access-denied"),
    // 2xx refuses nothing.
    ("250 ok, user unknown", "unknown", "nothing"),
  ])
  func `weighs text and codes`(_ line: String, _ reason: String, _ matched: String) throws {
    let found = try classify(line)
    #expect(found.reason == reason)
    #expect(found.matched == matched)
  }

  @Test(arguments: [
    (
      "550 5.1.1 undeliverable address: host mx.d1.test[192.0.2.1] said: 552 5.2.2 Over quota",
      "mailbox-full", "hard"
    ),
    ("550 Recipient rejected -> 550 : User unknown", "user-unknown", "hard"),
    (
      "451 4.3.0 Error: from MTA([127.0.0.1]:10025): 550 5.1.1 no such user", "user-unknown", "soft"
    ),
    ("550 retry timeout exceeded, last error was: 452 4.2.2 mailbox full", "mailbox-full", "soft"),
    ("550 Sender verify failed: host mx said: 550 User unknown", "sender-rejected", "policy"),
    ("554 5.4.7 message expired: <421 4.4.2 x>", "temporary-failure", "soft"),
    ("554 no, response was: 535 x", "auth-required", "policy"),
  ])
  func `looks into a quoted reply`(_ line: String, _ reason: String, _ nature: String) throws {
    let found = try classify(line)
    #expect(found.reason == reason)
    // A full mailbox is soft whatever the code.
    #expect(found.nature == (reason == "mailbox-full" ? "soft" : nature))
  }

  @Test(arguments: [
    "550 5.1.1 <blacklist@spamhaus.test>: no such user", "550 no such user: virus@relay.test",
    "550 no such user \"mailbox full\"@d1.test", "550 <greylist.dmarc=spf@d1.test> no such user",
    "550 NO  SUCH\tUSER", "550-no\\n550 such\\n550 user", "550 No such us\u{E9}r",
    "550 no such user (quota@d1.test)",
  ])
  func `leaves addresses and writing alone`(_ line: String) throws {
    #expect(try classify(line).reason == "user-unknown")
  }

  @Test(arguments: [
    ("550 Пользователь НЕ НАЙДЕН", "user-unknown"), ("550 Bo\\303\\256te pleine", "mailbox-full"),
    ("550 Bo#303#256te pleine", "mailbox-full"), ("550 Empf??nger unbekannt", "user-unknown"),
    ("550 usu?rio n??o existe", "user-unknown"), ("550 用户不存在", "user-unknown"),
  ])
  func `reads other languages and lost letters`(_ line: String, _ reason: String) throws {
    #expect(try classify(line).reason == reason)
  }

  @Test func `reads Latin-1 as it does UTF-8`() throws {
    var classifier = ReplyClassifier(catalog: try ReplyCatalog())
    var reply = Reply(line: Array("550 ".utf8)[...])
    reply.text = Array("Bo".utf8) + [0xEE] + Array("te du destinataire pleine".utf8)
    #expect(classifier.classify(reply).reason == .mailboxFull)
  }

  @Test func `is sure of nothing but its bounds on any bytes`() throws {
    var classifier = ReplyClassifier(catalog: try ReplyCatalog())
    var random = SplitMix(state: 551)
    let words = try KnownReply.all().map { Array($0.reply.utf8) }
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<5, using: &random) {
        let word = words[Int.random(in: 0..<words.count, using: &random)]
        let cut = Int.random(in: 0...word.count, using: &random)
        bytes += word[cut...]
        bytes.append(UInt8.random(in: 0...255, using: &random))
      }
      _ = classifier.classify(Reply(line: bytes[...]))
    }
    let long = Array(repeating: UInt8(ascii: "@"), count: 100_000)
    #expect(classifier.classify(code: 550, enhanced: nil, text: long.span).reason == .unknown)
    let nested = Array(String(repeating: "said: 550 (user ", count: 9_000).utf8)
    _ = classifier.classify(code: 550, enhanced: nil, text: nested.span)
    #expect(classifier.classify(code: nil, enhanced: nil, text: [UInt8]().span).reason == .unknown)
  }
}
