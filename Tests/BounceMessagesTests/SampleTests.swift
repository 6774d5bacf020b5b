import BounceMessages
import MailTerms
import TestSupport
import Testing

@Suite struct `Bounces of each form` {
  @Test func `there are samples`() { #expect(BounceSample.all.count >= 24) }

  @Test(arguments: BounceSample.all)
  func `give the fields that stand beside them`(_ sample: BounceSample) {
    #expect(fields(BounceMessage.read(sample.mail[...])) == known(sample.expected))
  }

  @Test(arguments: BounceSample.all, ["\n", "\r\n", "\r"])
  func `read the same whatever their line ends`(_ sample: BounceSample, _ end: String) {
    let mail = withLineEnds(sample.mail, end)
    #expect(fields(BounceMessage.read(mail[...])) == known(sample.expected))
  }

  @Test(arguments: BounceSample.all)
  func `name nobody and nothing else when they are cut off anywhere`(_ sample: BounceSample) {
    let ids = ["bounce_id", "message_id"].map { sample.expected[$0]?.text }
    for length in stride(from: 0, to: sample.mail.count, by: 17) {
      let message = BounceMessage.read(sample.mail[..<length]).message
      for case (let id?, let whole?) in zip([message?.bounceID, message?.messageID], ids) {
        #expect(id == whole, "cut at \(length)")
      }
      for failure in message?.failures ?? [] {
        #expect(sample.recipients.contains(failure.recipient), "cut at \(length)")
      }
    }
  }

  @Test(arguments: BounceSample.all)
  func `survive random changes`(_ sample: BounceSample) {
    var random = SplitMix(state: 551)
    for _ in 0..<40 {
      var mail = sample.mail
      for _ in 0...random.next(below: 20) {
        let at = random.next(below: mail.count)
        switch random.next(below: 4) {
        case 0: mail[at] = UInt8(truncatingIfNeeded: random.next(below: 256))
        case 1: mail.removeSubrange(at..<min(mail.count, at + random.next(below: 200)))
        case 2: mail.insert(contentsOf: mail[..<min(mail.count, 300)], at: at)
        default: mail.insert(contentsOf: Array("\n;\"<(=?--:\0\r".utf8), at: at)
        }
        if mail.isEmpty { mail = sample.mail }
      }
      let message = BounceMessage.read(mail[...]).message
      #expect((message?.failures.count ?? 0) <= 1_000)
    }
  }

  @Test func `are one mail each in an mbox`() {
    var mbox: [UInt8] = []
    for sample in BounceSample.all {
      mbox += Array("From MAILER-DAEMON Thu Oct 25 11:19:59 2012\n".utf8) + sample.mail
      mbox += Array("\nFrom here on this is text, and no mail\n\n".utf8)
    }
    let mails = MailboxFile.mails(in: Array("\n\r\n".utf8) + mbox)
    #expect(mails.count == BounceSample.all.count)
    for (mail, sample) in zip(mails, BounceSample.all) {
      #expect(fields(BounceMessage.read(mail)) == known(sample.expected), "\(sample.name)")
    }
  }

  @Test(arguments: [
    ("complaint", NoBounce.feedbackReport), ("receipt", .dispositionNotification),
    ("vacation", .automaticReply), ("ordinary", .ordinaryMail), ("delivered", .deliveryReport),
  ])
  func `are told from what is none`(_ name: String, _ why: NoBounce) throws {
    let sample = try #require(BounceSample.all.first { $0.name == name })
    #expect(BounceMessage.read(sample.mail[...]) == .notBounce(why))
  }

  @Test func `tell who still waits`() throws {
    let sample = try #require(BounceSample.all.first { $0.name == "exim-delayed" })
    guard case .delayWarning(let message) = BounceMessage.read(sample.mail[...]) else {
      Issue.record("no warning")
      return
    }
    #expect(message.delays.map(\.recipient) == ["bob@one.example"])
    #expect(message.delays.first?.reply?.code == 450)
  }

  @Test func `tell what was sent, for display`() throws {
    let sample = try #require(BounceSample.all.first { $0.name == "exim-article" })
    let message = try #require(BounceMessage.read(sample.mail[...]).message)
    #expect(message.reportingMTA == .exim)
    #expect(message.original.sender == "info@customer.example")
    #expect(message.original.subject == "An offer")
    #expect(message.failures.first?.command == .rcptTo)
    let gateway = try #require(BounceSample.all.first { $0.name == "gateway-base64" })
    #expect(
      BounceMessage.read(gateway.mail[...]).message?.subject == "Zustellung fehlgeschlagen: Grüße")
  }

  @Test(arguments: [("551 not our customer\n", false), ("Received: x\n\n", true), ("", false)])
  func `are told from other text by their head`(_ text: String, _ isMail: Bool) {
    #expect(BounceMessage.looksLikeMail(Array(text.utf8)[...]) == isMail)
  }
}
