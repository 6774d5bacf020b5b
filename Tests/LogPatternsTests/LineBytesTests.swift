import MailTerms
import TestSupport
import Testing

@testable import LogPatterns

/// What a scanner finds sixteen bytes at a time is what a look at each byte finds.
@Suite struct `Bytes of a line`: ~Copyable {
  private let padded = PaddedLine()

  @Test func `ends a run where a look at each byte does`() {
    var random = SplitMix(state: 551)
    let bytes = Array("aZ09_-.:/+=@ \t\r\n[](){}<>\"\\|,;~é\u{0}".utf8)
    for _ in 0..<4000 {
      let isLong = random.next(below: 2) == 0
      let text = (0..<random.next(below: 60)).map { _ in
        isLong && random.next(below: 20) > 0
          ? UInt8(ascii: "a") + UInt8(random.next(below: 6))
          : bytes[random.next(below: bytes.count)]
      }
      let line = padded.hold(text.span)
      let start = random.next(below: text.count + 1)
      func end(_ belongs: (UInt8) -> Bool) -> Int {
        text[start...].firstIndex { !belongs($0) } ?? text.count
      }
      func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_")
      }
      func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte &- 9 < 5 }
      #expect(line.endOfWord(from: start) == end { !isSpace($0) })
      #expect(line.endOfName(from: start) == end { !isSpace($0) && $0 != UInt8(ascii: ":") })
      #expect(line.endOfWordBytes(from: start) == end(isWord))
      #expect(
        line.endOfPlain(from: start) == end { isWord($0) || Array("-./+=".utf8).contains($0) })
      #expect(
        line.endOfAddressDigits(from: start)
          == end { $0 &- 48 < 11 || $0 == 46 || ($0 | 0x20) &- 97 < 6 })
      #expect(line.endOfDigits(from: start) == end { $0 &- 48 < 10 })
      let at = text[start...].lastIndex(of: UInt8(ascii: "@"))
      #expect(line.lastOffset(of: UInt8(ascii: "@"), in: start..<text.count) == at)
    }
  }

  @Test func `finds words and bytes where a look at each place does`() {
    var random = SplitMix(state: 551)
    for _ in 0..<4000 {
      let letters = Array(" quedas".utf8)
      let text = (0..<random.next(below: 70)).map { _ in letters[random.next(below: 7)] }
      let bytes = text + Array(" que".utf8)
      let line = padded.hold(bytes.span)
      let start = random.next(below: bytes.count + 1)
      func first(_ words: String) -> Int? {
        let words = Array(words.utf8)
        return (start..<bytes.count).first { bytes[$0...].starts(with: words) }
      }
      #expect(line.offset(from: start, of: " que") == first(" que"))
      #expect(line.offset(from: start, of: "ss") == first("ss"))
      #expect(line.offset(near: start, of: UInt8(ascii: "d")) == first("d"))
      #expect(line.offset(from: start, of: UInt8(ascii: "d")) == first("d"))
    }
  }

  @Test func `takes ids of any length as they stand`() {
    let text = Array("3PvXkh2Lz5zNqb13PvXkh2Lz".utf8)
    for start in 0..<3 {
      for count in 0...(text.count - start) {
        let line = padded.hold(text.span)
        let id = line.id(in: start..<(start + count))
        #expect(id == MessageID(text[start..<(start + count)].span))
      }
    }
  }

  @Test(
    arguments: [
      ("1TRS2B-00033h-Fn", 16), ("16VDhn-000000001bo-D342", 23), ("1TRS2B-00033h-F", nil),
      ("16VDhn-000000001bo-D34", nil), ("1TRS2B-00033h_Fn", nil), ("1TRS2B_00033h-Fn", nil),
      ("1TRS2é-00033h-Fn", nil), ("_TRS2B-00033h-F_", 16),
    ] as [(String, Int?)])
  func `knows message ids`(text: String, end: Int?) {
    let line = padded.hold(Array(text.utf8).span)
    let found = line.endOfID(at: 0)
    #expect(found == end)
    if let found {
      let id = line.id(in: 0..<found)
      #expect(id?.text == text)
    }
  }

  @Test(arguments: [
    ("4F9D19", true), ("4F9D1", false), ("4F9D195432C4F9D195432", true),
    ("4A9D195432C4F9D1954321", false), ("4f9d19", false), ("3PvXkh2Lz5zN", true),
    ("3PvXkh2Lz5z", false), ("3PvXkh2Lz5zNqb13PvXkh2Lz", true),
    ("3PvXkh2Lz5zNqb13PvXkh2Lzz", false),
    ("3PvXkh2LA5zN", false), ("3PvXkh2Lz5zNqb13PvXke2Lz", false), ("4F9D19_", false),
  ])
  func `knows queue ids`(text: String, isID: Bool) {
    for behind in ["", ": removed", " ", "-x"] {
      let line = padded.hold(Array((text + behind).utf8).span)
      #expect(line.endOfQueueID(at: 0) == (isID ? text.utf8.count : nil))
    }
  }
}
