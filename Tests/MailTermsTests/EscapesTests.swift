import MailTerms
import Testing

@Suite struct `Escaped bytes` {
  @Test(
    arguments: [
      (#"plain"#, Array("plain".utf8)),
      (#"f\303\244hig"#, Array("fähig".utf8)),
      (#"tab#011end"#, Array("tab\tend".utf8)),
      (#"\000\377"#, [0x00, 0xFF]),
      (#"\033[31m"#, [0x1B] + Array("[31m".utf8)),
      (#"\400"#, Array(#"\400"#.utf8)),
      (#"\12"#, Array(#"\12"#.utf8)),
      (#"\128"#, Array(#"\128"#.utf8)),
      (#"a\n551 b"#, Array(#"a\n551 b"#.utf8)),
      (#"\back"#, Array(#"\back"#.utf8)),
      (#"#5.1.1"#, Array(#"#5.1.1"#.utf8)),
      (#"\\101"#, Array(#"\A"#.utf8)),
      (#"\"#, Array(#"\"#.utf8)),
      (#""#, []),
    ] as [(String, [UInt8])])
  func `are decoded from three octal digits`(escaped: String, bytes: [UInt8]) {
    #expect(Escapes.decode(Array(escaped.utf8)[...]) == bytes)
  }

  @Test func `are decoded for every byte, in both forms`() {
    for byte in UInt8.min ... .max {
      let digits = String(byte, radix: 8)
      let octal = String(repeating: "0", count: 3 - digits.utf8.count) + digits
      #expect(Escapes.decode(Array("<\\\(octal)>".utf8)[...]) == [0x3C, byte, 0x3E])
      #expect(Escapes.decode(Array("<#\(octal)>".utf8)[...]) == [0x3C, byte, 0x3E])
    }
  }

  @Test func `have only a backslash outside of a log`() {
    let text = Array(#"n\303\251, #123"#.utf8)
    #expect(Escapes.decode(text[...], isLogged: false) == Array("né, #123".utf8))
  }

  @Test func `are decoded in a slice`() {
    let line = Array(#"C="\101\102""#.utf8)
    #expect(Escapes.decode(line[3..<7]) == Array("A".utf8))
  }

  @Test(arguments: [
    (#"plain"#, #"plain"#),
    (#"via \"smtp\" \\ 551"#, #"via "smtp" \ 551"#),
    (#"250-ok\\n250 done"#, #"250-ok\n250 done"#),
    (#"\303"#, #"\303"#),
    (#"end\"#, #"end\"#),
    (#"\\\""#, #"\""#),
    (#""#, #""#),
  ])
  func `of a quoted field are undone`(quoted: String, text: String) {
    #expect(Escapes.unquote(Array(quoted.utf8)[...]) == Array(text.utf8))
  }
}
