import MailTerms
import Testing

@Suite struct `Status meanings` {
  @Test(arguments: [
    (551, "the recipient is not here; many servers send it for other reasons"),
    (421, "the server is not available and closes the connection"),
    (499, "not now: the client may try again"), (599, "no: the client should not try again"),
  ])
  func `of reply codes`(_ code: Int, _ meaning: String) {
    #expect(StatusMeanings.meaning(of: code) == meaning)
    #expect(StatusMeanings.meaning(of: 99) == nil)
  }

  @Test(arguments: [
    (5, 1, 1, "no such mailbox, for good"), (4, 2, 2, "the mailbox is full, for now"),
    (5, 7, 606, "about security or policy, for good; the number itself is not registered"),
    (5, 99, 1, "about something else, for good; the number itself is not registered"),
    (2, 1, 5, "the address is valid"),
  ])
  func `of enhanced codes`(_ category: UInt8, _ subject: UInt16, _ detail: UInt16, _ words: String)
  {
    let code = EnhancedCode(category: category, subject: subject, detail: detail)
    #expect(StatusMeanings.meaning(of: code) == words)
  }
}
