import MailTerms
import Testing

@Suite struct `SMTP reply` {
  /// A reply as logged, and its parts; `\n` is Exim's literal backslash and `n`.
  struct Form: CustomTestStringConvertible {
    var raw: String
    var code: Int?
    var enhanced: String?
    var text: String

    init(_ raw: String, _ code: Int?, _ enhanced: String?, _ text: String) {
      self.raw = raw
      self.code = code
      self.enhanced = enhanced
      self.text = text
    }

    var testDescription: String { raw }
  }

  static let codes = [
    Form("551 x", 551, nil, "x"),
    Form("551", 551, nil, ""),
    Form("551 ", 551, nil, ""),
    Form("551-", 551, nil, ""),
    Form(#"551-\n551 "#, 551, nil, ""),
    Form(#"551\n551 x"#, 551, nil, "x"),
    Form("551\tx", 551, nil, "x"),
    Form("220 mx.example ESMTP", 220, nil, "mx.example ESMTP"),
    Form("354 go ahead", 354, nil, "go ahead"),
    Form("450 4.2.0 try 551 seconds later", 450, "4.2.0", "try 551 seconds later"),
    Form("", nil, nil, ""),
    Form("5511 not a code", nil, nil, "5511 not a code"),
    Form("55 x", nil, nil, "55 x"),
    Form("55x y", nil, nil, "55x y"),
    Form("551.x", nil, nil, "551.x"),
    Form("151 x", nil, nil, "151 x"),
    Form("651 x", nil, nil, "651 x"),
    Form("x 551 y", nil, nil, "x 551 y"),
    Form("550 551 not our customer", 550, nil, "551 not our customer"),
    Form("550 5.1.1 no such user (551 elsewhere)", 550, "5.1.1", "no such user (551 elsewhere)"),
  ]

  static let lines = [
    Form(#"551-5.7.1 a\n551 5.7.1 b"#, 551, "5.7.1", "a b"),
    Form(#"551-a\n551-b\n551 c"#, 551, nil, "a b c"),
    Form(#"551-5.7.1 a\n551 5.1.1 b"#, 551, "5.7.1", "a b"),
    Form(#"551-a\n551 5.1.1 b"#, 551, nil, "a b"),
    Form(#"551-a\n550 b"#, 551, nil, "a 550 b"),
    Form(#"551-a\n551-\n551 b"#, 551, nil, "a b"),
    Form(#"550-no mate\n550-12345 x\n550 end"#, 550, nil, "no mate 12345 x end"),
    Form(#"551 see C:\dir"#, 551, nil, #"see C:\dir"#),
  ]

  static let enhanced = [
    Form("551 4.1.1 class and code disagree", 551, "4.1.1", "class and code disagree"),
    Form("551 2.1.5 ok", 551, "2.1.5", "ok"),
    Form("551 5.1.1", 551, "5.1.1", ""),
    Form("551 5.1.999 x", 551, "5.1.999", "x"),
    Form("551 #5.1.0 Address rejected", 551, "5.1.0", "Address rejected"),
    Form("551 [5.1.1] no such user", 551, "5.1.1", "no such user"),
    Form("551 (5.1.1) no such user", 551, "5.1.1", "no such user"),
    Form("551 5.1.1: no such user", 551, "5.1.1", "no such user"),
    Form(
      "551 sorry, no mailbox here by that name (#5.1.1)", 551, "5.1.1",
      "sorry, no mailbox here by that name (#5.1.1)"),
    Form("551 sorry (5.1.1)", 551, nil, "sorry (5.1.1)"),
    Form("551 5.7.1 sorry (#5.1.1)", 551, "5.7.1", "sorry (#5.1.1)"),
    Form("551 5.1.1.1 is no code", 551, nil, "5.1.1.1 is no code"),
    Form("551 5.1 is no code", 551, nil, "5.1 is no code"),
    Form("551 5..1 is no code", 551, nil, "5..1 is no code"),
    Form("551 6.1.1 is no class", 551, nil, "6.1.1 is no class"),
    Form("551 5.1.1000 has too many digits", 551, nil, "5.1.1000 has too many digits"),
    Form("551 5.1.1x is no code", 551, nil, "5.1.1x is no code"),
    Form("551 [5.1.1 x", 551, nil, "[5.1.1 x"),
    Form("551 192.0.2.1 is blocked", 551, nil, "192.0.2.1 is blocked"),
    Form("551 see 5.1.1 for details", 551, nil, "see 5.1.1 for details"),
    Form("5.7.1 the words of a milter", nil, "5.7.1", "the words of a milter"),
  ]

  @Test(arguments: codes + lines + enhanced)
  func `is taken apart`(_ form: Form) {
    let reply = Reply(raw: Array(form.raw.utf8)[...])
    #expect(reply.code == form.code)
    #expect(reply.enhanced?.description == form.enhanced)
    #expect(String(decoding: reply.text, as: UTF8.self) == form.text)
  }

  /// The words with which servers have refused mail by 551; the last one is RFC 5321's own.
  @Test(arguments: [
    "recipient is not exist", "user does not exist", "Denied IVF", "not our customer",
    "failed to route the address", "<bob@d5.test>... User not local", "Relay request denied",
    "This is not a relay host - mail must be to or from host domain.", "Unknown user.",
    "User not local. Authentication required for relay",
    "User not local; please try <forward-path>",
  ])
  func `keeps the words of a 551`(words: String) {
    for (raw, enhanced) in [
      ("551 \(words)", nil), ("551 5.1.1 \(words)", "5.1.1"), ("551-5.7.1 \(words)", "5.7.1"),
    ] {
      let reply = Reply(raw: Array(raw.utf8)[...])
      #expect(reply.code == 551)
      #expect(reply.enhanced?.description == enhanced)
      #expect(String(decoding: reply.text, as: UTF8.self) == words)
    }
  }

  @Test func `reads a slice of a longer line`() {
    let line = Array("after RCPT TO: 551 5.1.1 gone".utf8)
    let reply = Reply(raw: line[15...])
    #expect(reply.code == 551)
    #expect(reply.enhanced?.description == "5.1.1")
    #expect(reply.text == Array("gone".utf8))
  }

  @Test func `keeps bytes that are not UTF-8`() {
    let reply = Reply(raw: Array("551 ".utf8)[...] + [0xFF, 0x00, 0x1B])
    #expect(reply.code == 551)
    #expect(reply.text == [0xFF, 0x00, 0x1B])
  }

  /// Replies as Postfix logs them, the lines joined by blanks; real answers of servers, and tricks.
  static let joined = [
    Form("551 5.1.1 not our customer", 551, "5.1.1", "not our customer"),
    Form("551", 551, nil, ""),
    Form(
      "551-5.7.1 User not local; 551-5.7.1 we will not forward 551 5.7.1 please try <a@b.example>",
      551, "5.7.1", "User not local; we will not forward please try <a@b.example>"),
    Form("551-5.7.1 one 551 5.7.1", 551, "5.7.1", "one"),
    Form("551-one 551", 551, nil, "one"),
    Form("551- 551-two 551 three", 551, nil, "two three"),
    Form("551-one 551-two", 551, nil, "one two"),
    Form("550-first 551 5.1.6 last", 551, "5.1.6", "first last"),
    Form("550-5.1.1 first 551 last", 550, "5.1.1", "first 551 last"),
    Form(
      "551-5.7.1 Error 554 seen 551-5.7.1 Error 554 seen: too much mail, see page 55", 551, "5.7.1",
      "Error 554 seen Error 554 seen: too much mail, see page 55"),
    Form("551-call 555 1234 now", 551, nil, "call 555 1234 now"),
    Form("551-see page 554", 551, nil, "see page 554"),
    Form("550-see page 555 of it 551 5.1.6 last", 551, "5.1.6", "see page 555 of it last"),
    Form("551-we have 450 users 551 no", 551, nil, "we have 450 users no"),
    Form(
      "551 cites 550-5.1.1 another 550 5.1.1 reply", 551, nil,
      "cites 550-5.1.1 another 550 5.1.1 reply"),
    Form("450-4.2.0 wait 551-x 450 4.2.0 now", 450, "4.2.0", "wait 551-x now"),
    Form("550-551 not 551 550 yes", 550, nil, "551 not 551 yes"),
    // A line feed that Postfix has logged as a question mark.
    Form(
      "535-5.7.8 Not accepted. Learn more at?535 5.7.8  https://x.test/?p=551 - gsmtp", 535,
      "5.7.8", "Not accepted. Learn more at https://x.test/?p=551 - gsmtp"),
    Form("551-5.7.1 a?551-5.7.1 b??551 5.7.1 c", 551, "5.7.1", "a b? c"),
    Form("551-?551 b", 551, nil, "b"),
    Form("551-a?550 5.1.1 b", 551, nil, "a?550 5.1.1 b"),
    Form("551 a?551 b", 551, nil, "a?551 b"),
    Form("this is not smtp 551 after garbage", nil, nil, "this is not smtp 551 after garbage"),
  ]

  @Test(arguments: joined)
  func `of Postfix's is taken apart`(_ form: Form) {
    let raw = Array(form.raw.utf8)
    let reply = Reply(raw: raw[...], form: .postfix)
    #expect(reply.code == form.code)
    #expect(reply.enhanced?.description == form.enhanced)
    #expect(String(decoding: reply.text, as: UTF8.self) == form.text)
    #expect(Int(Reply.code(in: raw.span, form: .postfix)) == form.code ?? 0)
    for length in 0...raw.count { _ = Reply(raw: raw[..<length], form: .postfix) }
  }

  /// Replies whose end is missing, as bounces and people quote them: a number in the text is no code.
  @Test(
    arguments: [
      (
        "551-5.7.1 You may send 500 messages a day", 551, "5.7.1", "You may send 500 messages a day"
      ),
      ("551-see 554 5.7.1 x", 551, nil, "see 554 5.7.1 x"),
      ("551-Please wait 450 seconds", 551, nil, "Please wait 450 seconds"),
      ("551-Room 404 is closed", 551, nil, "Room 404 is closed"),
      ("551-a 550 b", 551, nil, "a 550 b"), ("551-a 551-b 551 c", 551, nil, "a b c"),
      ("550-5.7.1 Our limit is 421 per hour", 550, "5.7.1", "Our limit is 421 per hour"),
      ("smtp; 551-5.7.1 a 551 5.7.1 b", 551, "5.7.1", "a b"),
    ] as [(String, Int, String?, String)])
  func `keeps its first code where its end is missing`(
    raw: String, code: Int, enhanced: String?, text: String
  ) {
    let reply = Reply(line: Array(raw.utf8)[...])
    #expect(reply.code == code)
    #expect(reply.enhanced?.description == enhanced)
    #expect(String(decoding: reply.text, as: UTF8.self) == text)
  }

  @Test func `has the same code in place and taken apart`() {
    for form in Self.codes + Self.lines + Self.enhanced {
      let raw = Array(form.raw.utf8)
      let code = Reply.code(in: raw.span)
      #expect(Int(code) == form.code ?? 0, "\(form.raw)")
      #expect(Reply.code(of: raw[...]) == form.code, "\(form.raw)")
    }
  }

  @Test func `is read at every length of a beginning`() {
    let raw = Array(#"551-5.7.1 a (#5.1.1)\n551 [5.7.1] b (#5.1.1)"#.utf8)
    for length in 0...raw.count {
      let reply = Reply(raw: raw[..<length])
      #expect(reply.code == (length < 3 ? nil : 551))
    }
  }
}
