import MailTerms
import TestSupport
import Testing

@Suite struct `Message id` {
  static func id(_ text: String) -> MessageID? { MessageID(Array(text.utf8).span) }

  @Test(arguments: [
    "1TRS2B-00033h-Fn", "16VDhn-000000001bo-D342", "4c9xYz3Kq1z9vB", "3F2A1B0C9D", "a",
    "1234567", "12345678", "123456789", "123456789012345", "12345678901234567",
  ])
  func `keeps its bytes`(text: String) { #expect(Self.id(text)?.text == text) }

  @Test func `has one to 24 bytes`() {
    let letters = "abcdefghijklmnopqrstuvwxyz"
    #expect(Self.id("") == nil)
    for length in 1...24 {
      let text = String(letters.prefix(length))
      #expect(Self.id(text)?.text == text)
    }
    #expect(Self.id(String(letters.prefix(25))) == nil)
  }

  /// Exim's ids are base 62: `aB` and `Ab` are two messages.
  @Test func `is another one in another case`() {
    #expect(Self.id("1TRS2B-00033h-Fn") != Self.id("1TRS2B-00033H-Fn"))
    #expect(Self.id("1TRS2B-00033h-Fn") == Self.id("1TRS2B-00033h-Fn"))
  }

  @Test func `differs by each of its bytes`() throws {
    let text = "16VDhn-000000001bo-D342"
    let whole = try #require(Self.id(text))
    for index in text.utf8.indices {
      var other = Array(text.utf8)
      other[text.utf8.distance(from: text.startIndex, to: index)] ^= 1
      let id = try #require(Self.id(String(decoding: other, as: UTF8.self)))
      #expect(id != whole)
      #expect(id.hashValue(seed: 7) != whole.hashValue(seed: 7))
    }
    #expect(whole.hashValue(seed: 7) != whole.hashValue(seed: 8))
  }
}

@Suite struct `Slot index` {
  /// The mask makes hashes that collide: all equal, all in few places, at the table's end, or spread.
  @Test(arguments: [0, 0x7, 0xFFFF_FFF0, 0x3FF, UInt64.max], [false, true])
  func `finds what a dictionary finds`(mask: UInt64, isDense: Bool) {
    var numbers = SplitMix(state: mask &+ 1)
    var index = SlotIndex(isDense: isDense)
    var model: [Int32: UInt64] = [:]
    var wrong = 0
    let operations = mask == 0 ? 3000 : 40_000
    for _ in 0..<operations {
      let number = Int32.random(in: 0..<(mask == 0 ? 200 : 3000), using: &numbers)
      let hash = mix(UInt64(number), 0x9E37_79B9_7F4A_7C15) & mask
      let found = index.find(hash) { $0 == number }
      if (found != nil) != (model[number] != nil) { wrong += 1 }
      if let known = model[number] {
        if Bool.random(using: &numbers) {
          index.remove(known, number: number)
          model[number] = nil
        }
      } else {
        index.insert(hash, number: number)
        model[number] = hash
      }
    }
    #expect(index.count == model.count)
    for number in Int32(0)..<3000 {
      let hash = mix(UInt64(number), 0x9E37_79B9_7F4A_7C15) & mask
      let found = index.find(hash) { $0 == number }
      if found != (model[number] == nil ? nil : number) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func `lets go only of what is there`() {
    var index = SlotIndex()
    index.insert(5, number: 1)
    index.remove(5, number: 2)
    index.remove(6, number: 1)
    let found = index.find(5) { $0 == 1 }
    #expect(found == 1)
    #expect(index.count == 1)
  }
}

@Suite struct `Name table` {
  @Test func `numbers names as a dictionary does`() {
    var numbers = SplitMix(state: 551)
    var table = NameTable()
    var model: [String: UInt32] = ["": 0]
    let letters = Array("abAB.-1ü".utf8)
    var wrong = 0
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...20, using: &numbers)
      let name = (0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &numbers)]
      }
      let isFolded = Bool.random(using: &numbers)
      // Bytes that are not UTF-8 are told apart by their numbers.
      let key = (isFolded ? name.map(Address.lower) : name).map { String($0) }.joined(
        separator: " ")
      let number = table.number(of: name.span, foldingCase: isFolded)
      if let known = model[key] {
        if number != known { wrong += 1 }
      } else {
        if Int(number) != model.count { wrong += 1 }
        model[key] = number
      }
    }
    #expect(wrong == 0)
    #expect(table.count == model.count)
    #expect(model.count > 10_000)
  }

  @Test func `gives names back`() {
    var table = NameTable()
    #expect(table.name(0).isEmpty)
    let upper = table.number(of: "MX1.Example", foldingCase: false)
    let lower = table.number(of: "MX1.Example", foldingCase: true)
    #expect(table.name(upper) == "MX1.Example")
    #expect(table.name(lower) == "mx1.example")
    #expect(table.number(of: "mx1.EXAMPLE", foldingCase: true) == lower)
    let bad = table.number(of: [0x61, 0xFF].span, foldingCase: true)
    #expect(table.name(bad) == "a\u{FFFD}")
    #expect(table.count == 4)
  }

  /// Eight letters are folded at once; every byte at each of the eight places must come out right.
  @Test func `folds ASCII letters alone at every place`() {
    var table = NameTable()
    var wrong = 0
    for byte in UInt8.min ... .max {
      for place in 0..<11 {
        var name = [UInt8](repeating: UInt8(ascii: "x"), count: 11)
        name[place] = byte
        let folded = table.number(of: name.span, foldingCase: true)
        name[place] = Address.lower(byte)
        if table.number(of: name.span, foldingCase: false) != folded { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }
}

@Suite struct `Name table's order and memory of the last name` {
  @Test func `compares names by their bytes`() {
    var table = NameTable()
    let texts = ["", "a", "ab", "b", "A", "a\u{FF}", "zzzzzzzzzz", "zzzzzzzzzy", "Z"]
    let numbers = texts.map { table.number(of: $0, foldingCase: false) }
    for (a, textA) in zip(numbers, texts) {
      for (b, textB) in zip(numbers, texts) {
        let expected = textA.utf8.lexicographicallyPrecedes(textB.utf8)
        let found = table.precedes(a, b)
        #expect(found == expected, "\(textA) \(textB)")
      }
    }
  }

  @Test func `gives the number of the last name and of any other`() {
    var table = NameTable()
    var last: UInt32 = 0
    let names = ["mx1", "mx1", "mx2", "mx1", "", "MX1", "mx11", "mx1"].map { Array($0.utf8) }
    var found: [UInt32] = []
    for name in names { found.append(table.number(of: name.span, probably: &last)) }
    #expect(found == [1, 1, 2, 1, 0, 3, 4, 1])
  }

  /// Names are compared by words of several sizes, which may overlap.
  @Test func `tells names of every length apart by each of their bytes`() {
    var table = NameTable()
    var last: UInt32 = 0
    for length in 1...40 {
      let name = (0..<length).map { UInt8(65 + $0) }
      let number = table.number(of: name.span, probably: &last)
      for index in 0..<length {
        var other = name
        other[index] ^= 32
        let otherNumber = table.number(of: other.span, probably: &last)
        #expect(otherNumber != number, "\(length) \(index)")
        let again = table.number(of: name.span, probably: &last)
        #expect(again == number)
      }
    }
  }
}

@Suite struct `Slab of values` {
  @Test func `takes copies and gives its last element back`() {
    var slab = Slab<Int>(capacity: 1)
    for number in 0..<100 {
      var element = number
      slab.append(copying: &element)
    }
    var taken: [Int] = []
    while let last = slab.popLast() { taken.append(last) }
    #expect(taken == Array((0..<100).reversed()))
    #expect(slab.count == 0)
  }

  /// Such a table asks for large pages; its elements are the same.
  @Test func `holds equal elements in a large table`() {
    let count = 3 << 20
    let slab = Slab<UInt32>(repeating: 551, count: count)
    var wrong = 0
    for index in stride(from: 0, to: count, by: 1021) where slab[index] != 551 { wrong += 1 }
    #expect(wrong == 0)
    #expect(slab[count - 1] == 551)
  }

  @Test func `grows and keeps its elements`() {
    var slab = Slab<Int>(capacity: 1)
    for number in 0..<1000 { slab.append(number) }
    slab[500] = -1
    var wrong = 0
    for number in 0..<1000 where slab[number] != (number == 500 ? -1 : number) { wrong += 1 }
    #expect(wrong == 0)
    #expect(slab.count == 1000)
    slab.removeAll()
    #expect(slab.count == 0)
  }

  @Test func `lets nobody reach beyond its end`() async {
    await #expect(processExitsWith: .failure) {
      let slab = Slab<Int>(repeating: 0, count: 3)
      _ = slab[3]
    }
  }
}

@Suite struct `Hash of 64 bits` {
  /// The vectors of the reference implementation's readers.
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)])
  func `agrees with published vectors`(text: String, hash: UInt64) {
    let result = XXHash64.hash(Array(text.utf8).span)
    #expect(result == hash)
  }

  /// The vectors of xxhsum's sanity check (xxHash 0.6), with its generator of bytes.
  @Test(
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
      (1, 0, 0x4FCE_394C_C889_52D8), (1, 2_654_435_761, 0x7398_40CB_819F_A723),
      (14, 0, 0xCFFA_8DB8_81BC_3A3D), (14, 2_654_435_761, 0x5B96_1158_5EFC_C9CB),
      (101, 0, 0x0EAB_5433_84F8_78AD), (101, 2_654_435_761, 0xCAA6_5939_306F_1E21),
    ] as [(Int, UInt64, UInt64)])
  func `agrees with the sanity check of xxhsum`(length: Int, seed: UInt64, hash: UInt64) {
    var generator: UInt32 = 2_654_435_761
    var bytes: [UInt8] = []
    for _ in 0..<length {
      bytes.append(UInt8(generator >> 24))
      generator = generator &* generator
    }
    let result = XXHash64.hash(bytes.span, seed: seed)
    #expect(result == hash)
  }

  @Test func `tells apart every length and every byte`() {
    let bytes = (0..<200).map { UInt8($0) }
    var seen: Set<UInt64> = []
    for length in 0...200 {
      let beginning = Array(bytes[..<length])
      seen.insert(XXHash64.hash(beginning.span))
    }
    #expect(seen.count == 201)
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 0x80
      seen.insert(XXHash64.hash(other.span))
    }
    #expect(seen.count == 401)
  }
}
