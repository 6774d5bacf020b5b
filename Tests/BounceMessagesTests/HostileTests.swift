import BounceMessages
import TestSupport
import Testing

/// Mails that strangers made to cost much; each must be read in a time that is bounded.
@Suite(.timeLimit(.minutes(1))) struct `Hostile mails` {
  private static let head =
    "Received: from pc by x with local (Exim 4.96)\n\tid 1vNZxy-0000AB-2c\nSubject: x\n"

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func failures(_ mail: [UInt8]) -> Int {
    BounceMessage.read(mail[...]).message?.failures.count ?? 0
  }

  @Test func `with a body of many megabytes`() {
    var mail = bytes(Self.head + "Content-Type: multipart/report; boundary=b\n\n--b\n\n")
    mail += bytes(String(repeating: "- -- --bb\n", count: 1_000_000))
    mail += bytes("--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n")
    mail += bytes("Final-Recipient: rfc822; a@b.test\nAction: failed\n\n--b--\n")
    #expect(failures(mail) == 1)
  }

  @Test func `with ten thousand parts`() {
    var mail = bytes(Self.head + "Content-Type: multipart/mixed; boundary=b\n\n")
    for _ in 0..<10_000 { mail += bytes("--b\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n") }
    #expect(failures(mail) == 0)
  }

  @Test(arguments: ["multipart/mixed", "message/rfc822", "multipart/report"])
  func `nested a thousand times`(_ type: String) {
    var mail = bytes(Self.head)
    for level in 0..<1_000 {
      mail += bytes("Content-Type: \(type); boundary=b\(level)\n\n--b\(level)\n")
    }
    #expect(failures(mail) == 0)
  }

  @Test func `with a header of a megabyte`() {
    let long = String(repeating: "a@b.test, ", count: 100_000)
    var mail = bytes("Auto-Submitted: auto-replied\nX-Failed-Recipients: \(long)\n")
    mail += bytes("\(String(repeating: "X: y\n", count: 200_000))\n text\n")
    #expect(failures(mail) <= 1_000)
    let folded = bytes("Received: (\(String(repeating: "((\n\t\"<(", count: 150_000))\n\n")
    #expect(failures(folded) == 0)
  }

  @Test func `with a million failures`() {
    var mail = bytes("Auto-Submitted: auto-replied\nX-Failed-Recipients: a@b\n\n")
    for number in 0..<60_000 { mail += bytes("  a\(number)@b.test\n    551 no\n") }
    #expect(failures(mail) == 1_000)
    var report = bytes("From: x\nContent-Type: multipart/report; boundary=b\n\n--b\n")
    report += bytes("Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n")
    for _ in 0..<20_000 { report += bytes("Final-Recipient: rfc822; a@b\nAction: failed\n\n") }
    #expect(failures(report) == 1)
  }

  @Test func `with one line and nothing in it`() {
    for byte in [UInt8(ascii: "<"), UInt8(ascii: "("), 0x22, 0, 0x2D, 0x20, 0x3D, 0x0A, 0xFF] {
      let mail = bytes("From: x\nAuto-Submitted: auto-replied\nX-Failed-Recipients: a@b\n\n  ")
      #expect(failures(mail + [UInt8](repeating: byte, count: 1_000_000)) <= 1)
      #expect(failures([UInt8](repeating: byte, count: 100_000)) == 0)
    }
  }

  @Test func `with brackets that nothing closes`() {
    let start = bytes("Auto-Submitted: auto-replied\nX-Failed-Recipients: a@b\n\n  a@b.test\n")
    let error = "    SMTP error from remote mail server after <\n"
    #expect(failures(start + bytes(String(repeating: error, count: 20_000))) == 1)
    let postfix = bytes(
      "From: x\nContent-Type: multipart/report; boundary=b\n\n--b\n\nThis is the mail system at host x\n\n"
    )
    #expect(failures(postfix + bytes(String(repeating: "<\"\n", count: 100_000))) == 0)
  }

  @Test(arguments: ["base64", "quoted-printable"])
  func `with broken encodings`(_ encoding: String) {
    for content in ["====", "Zm9=vYg", "=4=4=", "=\n=\n=", "\u{0}\u{0}", "=FF=00=C3"] {
      let mail = bytes(
        """
        From: x
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: message/delivery-status
        Content-Transfer-Encoding: \(encoding)

        \(content)
        --b--

        """)
      #expect(failures(mail) == 0)
    }
  }
}
