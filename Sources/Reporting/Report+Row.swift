package import MailTerms

extension Report {
  /// The texts of a row.
  ///
  /// There may be hundreds of thousands of pairs, so that two texts take no array.
  package struct Names: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var one: String?
    private var two: String?
    private var others: [String?] = []
    private let number: UInt8

    /// Takes the texts in their order.
    package init(_ texts: some Collection<String?>) {
      number = UInt8(texts.count)
      var rest = texts[...]
      one = rest.popFirst() ?? nil
      two = rest.popFirst() ?? nil
      others = Array(rest)
    }

    /// Takes two texts.
    package init(_ one: String?, _ two: String?) {
      self.one = one
      self.two = two
      number = 2
    }

    package init(arrayLiteral texts: String?...) { self.init(texts) }

    package var count: Int { Int(number) }
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(_ index: Int) -> String? {
      switch index {
      case 0: one
      case 1: two
      default: others[index - 2]
      }
    }
  }

  /// A row of a table.
  // There may be hundreds of thousands: numbers have four bytes, and stand where times leave room.
  package struct Row: Sendable {
    /// What the row is about; more than one text for a pair or a group.
    package var names: Names
    /// It was not seen in the days that are known.
    package var isNew = false
    private var beforeOrNone: Int32 = -1
    private var lookupOrNone: Int32 = -1
    private let counted: UInt32
    /// When the first and the last line of the row were logged; unknown in tables that do not tell.
    package var first = LogTime.unknown
    private var triedOrNone: Int32
    package var last = LogTime.unknown

    /// Makes a row.
    package init(
      names: Names, count: Int, tried: Int? = nil, first: LogTime = .unknown,
      last: LogTime = .unknown
    ) {
      self.names = names
      counted = UInt32(clamping: count)
      triedOrNone = tried.map { Int32(clamping: $0) } ?? -1
      self.first = first
      self.last = last
    }

    /// Makes the row in which others stand together; it has no names.
    package init(sumOf rows: some Collection<Row>) {
      func sum(_ figure: (Row) -> Int?) -> Int? {
        rows.contains { figure($0) != nil } ? rows.reduce(0) { $0 + (figure($1) ?? 0) } : nil
      }
      self.init(names: [], count: sum(\.count) ?? 0, tried: sum(\.tried))
      before = sum(\.before)
    }

    /// Distinct (message, recipient).
    package var count: Int { Int(counted) }

    /// Recipients delivered or failed there; nil in tables that have no such figure.
    package var tried: Int? { triedOrNone < 0 ? nil : Int(triedOrNone) }

    /// The row without what was tried, which says nothing of a client or a probe.
    var withoutTried: Row {
      var row = self
      row.triedOrNone = -1
      return row
    }

    /// The count in the period before; nil where nothing is compared.
    package var before: Int? {
      get { beforeOrNone < 0 ? nil : Int(beforeOrNone) }
      set { beforeOrNone = newValue.map { Int32(clamping: $0) } ?? -1 }
    }

    /// The place of the row's messages in `SectionTables.lookups`; nil without any.
    package var lookup: Int? {
      get { lookupOrNone < 0 ? nil : Int(lookupOrNone) }
      set { lookupOrNone = newValue.map { Int32(clamping: $0) } ?? -1 }
    }

    /// The share of the tried that `count` is; nil where it is none: a deferral is no try that ended.
    package var rate: Double? {
      guard let tried, tried > 0, count <= tried else { return nil }
      return Double(count) / Double(tried)
    }
  }
}
