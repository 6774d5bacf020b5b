internal import MailTerms

/// The header fields at the head of a mail or of one of its parts (RFC 5322 section 2.2).
struct HeaderBlock {
  /// One field.
  struct Field {
    /// The name in lower case.
    var name: String
    /// The value, with a line feed where it was folded, and no blanks around that.
    var folded: [UInt8]

    /// The value as one line.
    var value: [UInt8] { folded.map { $0 == 10 ? 0x20 : $0 } }
  }

  /// The most bytes of one field that are kept.
  static let fieldCapacity = 64 << 10
  /// The most bytes of all fields together that are kept.
  static let capacity = 256 << 10
  private static let fieldLimit = 2_000

  private(set) var fields: [Field] = []
  /// Where the body starts.
  private(set) var end: Int
  /// Whether an empty line has ended it, and not the end of the bytes.
  private(set) var isClosed = false
  private var size = 0

  /// Reads the block at the start of some bytes; it ends behind an empty line, or where a delimiter of
  /// MIME stands.
  ///
  /// A line that can be no field and is not indented belongs to the `Received` field above it: web pages
  /// lose the indentation of what was pasted into them.
  init(_ bytes: Bytes) {
    end = bytes.startIndex
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let (line, next) = bytes.line(at: at)
      if line.isEmpty {
        end = next
        isClosed = true
        return
      }
      if line.starts(with: [0x2D, 0x2D]) { break }
      if line[line.startIndex] == 0x20 || line[line.startIndex] == 0x09 {
        extend(by: line)
      } else if let colon = Self.colon(in: line) {
        add(line[..<colon.name], line[(colon.at + 1)...])
      } else if fields.isEmpty {
        // No header at all: all of it is body.
        return
      } else if fields.last?.name == "received" {
        extend(by: line)
      }
      at = next
    }
    end = at
  }

  /// The number of fields.
  var count: Int { fields.count }

  /// A field's value as one line, of the first field of that name.
  func first(_ name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }

  /// The values of all fields of a name, in their order.
  func all(_ name: String) -> [[UInt8]] { fields.filter { $0.name == name }.map(\.value) }

  /// Where the name of a line's field ends, and where its colon is; nil if the line begins with no name.
  static func colon(in line: Bytes) -> (name: Int, at: Int)? {
    var at = line.startIndex
    while at < line.endIndex, line[at] > 0x20, line[at] < 0x7F, line[at] != UInt8(ascii: ":") {
      at += 1
    }
    let name = at
    // RFC 5322 section 4.5: blanks before the colon were allowed once.
    while at < line.endIndex, line[at] == 0x20 || line[at] == 0x09 { at += 1 }
    guard name > line.startIndex, at < line.endIndex, line[at] == UInt8(ascii: ":") else {
      return nil
    }
    return (name, at)
  }

  private mutating func add(_ name: Bytes, _ value: Bytes) {
    guard fields.count < Self.fieldLimit, name.count < 100, size < Self.capacity else { return }
    let value = value.trimmed.prefix(Self.fieldCapacity)
    size += name.count + value.count
    fields.append(Field(name: Address.lowercased(name.text), folded: Array(value)))
  }

  private mutating func extend(by line: Bytes) {
    guard let last = fields.indices.last, size < Self.capacity else { return }
    let room = Self.fieldCapacity - fields[last].folded.count - 1
    guard room > 0 else { return }
    let part = line.trimmed.prefix(room)
    size += part.count + 1
    fields[last].folded.append(10)
    fields[last].folded.append(contentsOf: part)
  }
}
