import MailTerms
import Testing

@Suite struct `Local parts` {
  private static let hashing = LocalParts.hashed(secret: Array("a secret".utf8))

  private static func kept(
    _ text: String, _ recipient: String = "", by localParts: LocalParts = .dropped
  ) -> String {
    String(
      decoding: localParts.kept(ofWords: Array(text.utf8), recipient: Array(recipient.utf8)),
      as: UTF8.self)
  }

  @Test(arguments: [
    ("<anna@r.test>: Recipient address rejected", "<*@r.test>: Recipient address rejected"),
    ("unknown user anna.b+c@R.test.", "unknown user *@R.test."),
    ("<\"an \\\" na\"@r.test> no", "<*@r.test> no"),
    ("<anna@[192.0.2.1]>: no", "<*@[192.0.2.1]>: no"),
    ("SRS0=h=tt=a.test=anna@b.test, try ö@c.test", "*@b.test, try *@c.test"),
    ("/G=Anna/S=B/@x400.test no", "*@x400.test no"),
    ("rcpt:anna@r.test;bob@r.test", "rcpt:*@r.test;*@r.test"),
    (
      "see http://x.test/why?s=1;id=anna%40r.test;ip=1", "see http://x.test/why?s=1;*%40r.test;ip=1"
    ),
    ("see https://x.test/a/why?id=anna@r.test&b", "see https://x.test/a/why?id=*@r.test&b"),
    ("anna@ is nobody", "*@ is nobody"), ("a@b@c", "*@*@c"),
    ("50% at @ noon, 100%4", "50% at @ noon, 100%4"), ("", ""),
  ])
  func `are gone from every address in a server's words`(text: String, wanted: String) {
    #expect(Self.kept(text) == wanted)
    #expect(Self.kept(wanted) == wanted)
    #expect(Self.kept(text, by: .asLogged) == text)
  }

  @Test(arguments: [
    ("no such user Anna here", "no such user * here"), ("anna: unknown", "*: unknown"),
    ("'anna' <anna@r.test>", "'*' <*@r.test>"), ("annabel, joanna", "annabel, joanna"),
    ("<bob@anna.test> anna", "<*@anna.test> *"),
  ])
  func `of the recipient are gone without their domain too`(text: String, wanted: String) {
    #expect(Self.kept(text, "anna@r.test") == wanted)
    let isNamed = LocalParts.isNamed(Array("anna@r.test".utf8).span, in: Array(text.utf8).span)
    #expect(isNamed == (wanted != text))
  }

  @Test func `are hashed as those of senders are, and once`() throws {
    let address = Array("Anna@r.test".utf8)
    let hashed = String(decoding: Self.hashing.kept(of: address.span), as: UTF8.self)
    #expect(hashed.hasPrefix("#") && hashed.hasSuffix("@r.test") && hashed.utf8.count == 24)
    #expect(Self.kept("<anna@r.test>: no", by: Self.hashing) == "<\(hashed)>: no")
    #expect(
      Self.kept("?a=anna%40r.test no Anna", "anna@r.test", by: Self.hashing).hasSuffix(" no *"))
    let again = Self.hashing.kept(
      ofWords: Array("<\(hashed)>, <anna@r.test>".utf8), mayBeHash: true)
    #expect(String(decoding: again, as: UTF8.self) == "<\(hashed)>, <\(hashed)>")
    #expect(Self.kept("<\(hashed)>") == "<*@r.test>")
    // A stranger may call himself so.
    #expect(Self.kept("<\(hashed)>", by: Self.hashing) != "<\(hashed)>")
  }

  @Test func `take no longer to find in hostile words`() {
    for piece in ["a@", "@", "\"", "\"@", "//", "%40", "@[", "a.", "=@"] {
      let text = String(repeating: piece, count: 65_536 / piece.utf8.count)
      #expect(Self.kept(text, "a@b").utf8.count <= text.utf8.count)
    }
  }
}
