import MailTerms
import TestSupport
import Testing

@Suite struct `Time reader` {
  /// 2026-11-25 00:00 UTC.
  static let reference: Int64 = 1_795_564_800

  static func read(
    _ stamp: String, zone: String = "", reference: Int64 = reference, year: Int? = nil
  ) -> LogTime {
    var reader = TimeReader(reference: reference, fixedYear: year)
    return reader.read(Array(stamp.utf8).span, zone: Array(zone.utf8).span)
  }

  /// What `date -u -d ... +%s` says, and the same moment in RFC 3339.
  static let stamps: [(String, String, Int64, String)] = [
    ("2026-11-24 02:11:36", "+0000", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("2026-11-24 02:11:36.934", "+0000", 1_795_486_296_934_000, "2026-11-24T02:11:36.934+00:00"),
    ("2026-11-24 02:11:36.9", "+0000", 1_795_486_296_900_000, "2026-11-24T02:11:36.900+00:00"),
    ("2026-11-24 02:11:36.934567", "Z", 1_795_486_296_934_567, "2026-11-24T02:11:36.934567+00:00"),
    (
      "2026-11-24 02:11:36.934567891", "Z", 1_795_486_296_934_567,
      "2026-11-24T02:11:36.934567+00:00"
    ),
    ("2026-11-24 02:11:36", "+0100", 1_795_482_696_000_000, "2026-11-24T02:11:36+01:00"),
    ("2026-11-24 02:11:36", "-0330", 1_795_498_896_000_000, "2026-11-24T02:11:36-03:30"),
    ("2026-11-24 02:11:36", "+05:30", 1_795_466_496_000_000, "2026-11-24T02:11:36+05:30"),
    ("2026-11-24T02:11:36Z", "", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("2026-11-24T02:11:36.250Z", "", 1_795_486_296_250_000, "2026-11-24T02:11:36.250+00:00"),
    ("2026-11-24T02:11:36+01:00", "", 1_795_482_696_000_000, "2026-11-24T02:11:36+01:00"),
    ("2026-11-24T02:11:36.1-0800", "", 1_795_515_096_100_000, "2026-11-24T02:11:36.100-08:00"),
    ("2011:02:08-10:29:42", "+0000", 1_297_160_982_000_000, "2011-02-08T10:29:42+00:00"),
    ("1970-01-01 00:00:00", "Z", 0, "1970-01-01T00:00:00+00:00"),
    ("1969-12-31 23:59:59.5", "Z", -500_000, "1969-12-31T23:59:59.500+00:00"),
    ("2000-02-29 12:00:00", "Z", 951_825_600_000_000, "2000-02-29T12:00:00+00:00"),
    ("2016-12-31 23:59:60", "Z", 1_483_228_800_000_000, "2017-01-01T00:00:00+00:00"),
    ("Nov 24 02:11:36", "Z", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("Nov 24 02:11:36.934", "Z", 1_795_486_296_934_000, "2026-11-24T02:11:36.934+00:00"),
    ("Nov  4 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("Nov 04 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("Nov 4 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("nov 24 02:11:36", "Z", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("nov. 24 02:11:36.934", "Z", 1_795_486_296_934_000, "2026-11-24T02:11:36.934+00:00"),
    ("Νοε 04 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("ноя  4 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("11月 04 02:11:36", "Z", 1_793_758_296_000_000, "2026-11-04T02:11:36+00:00"),
    ("Mär 4 02:11:36", "Z", 1_772_590_296_000_000, "2026-03-04T02:11:36+00:00"),
    ("2026-11-24 02:11:36", "UTC", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("2026-11-24 02:11:36", "GMT", 1_795_486_296_000_000, "2026-11-24T02:11:36+00:00"),
    ("2026-11-24 02:11:36", "+01", 1_795_482_696_000_000, "2026-11-24T02:11:36+01:00"),
    ("2026-11-24 02:11:36", "-03", 1_795_497_096_000_000, "2026-11-24T02:11:36-03:00"),
    ("1795486296.123456", "", 1_795_486_296_123_456, "2026-11-24T02:11:36.123456+00:00"),
    ("1795486296.5", "", 1_795_486_296_500_000, "2026-11-24T02:11:36.500+00:00"),
  ]

  @Test(arguments: stamps)
  func `reads a stamp`(stamp: String, zone: String, microseconds: Int64, rfc3339: String) {
    let time = Self.read(stamp, zone: zone)
    #expect(time.microseconds == microseconds)
    #expect(time.rfc3339 == rfc3339)
  }

  @Test(arguments: [
    "", "2026-11-24", "2026-11-24 02:11", "2026-02-29 00:00:00", "2100-02-29 00:00:00",
    "2026-13-01 00:00:00", "2026-00-01 00:00:00", "2026-04-31 00:00:00", "2026-11-00 00:00:00",
    "2026-11-32 00:00:00", "2026-11-24 25:00:00", "2026-11-24 02:60:00",
    "2026-11-24 02:11:61", "2026-1x-24 02:11:36",
    "Nov 31 02:11:36", "Nov  0 02:11:36", "Nov 24 24:11:36", "Nov 24 02:60:36", "Nov 24 02:11:61",
    "Nvo 24 02:11:36", "13月 24 02:11:36", "Nov 244 02:11:36",
    "Nov 24 02:11", "Nov. 9 02:11", "Feb 30 00:00:00", "no date at all here",
  ])
  func `knows no time for a date that does not exist`(stamp: String) {
    #expect(Self.read(stamp, zone: "Z") == .unknown)
  }

  @Test(arguments: ["2026-11-24 24:00:01", "20x6-11-24 02:11:36", "2026-11-24 0::11:36"])
  func `knows no time for an hour or a digit that does not exist`(stamp: String) {
    #expect(Self.read(stamp, zone: "Z") == .unknown)
  }

  @Test(arguments: ["x", "0100", "+010", "+01000", "+01:0", "UTX", "CET", "GM", "ZZ", "+", "+1"])
  func `knows no time for a zone that is none`(zone: String) {
    #expect(Self.read("2026-11-24 02:11:36", zone: zone) == .unknown)
  }

  /// What was worked out for one day must not be used for another moment or at the edge of a year.
  @Test func `works a year out anew where it can differ`() {
    var reader = TimeReader(reference: 1_767_225_600)  // 2026-01-01 00:00 UTC
    func read(_ stamp: String) -> String {
      reader.read(Array(stamp.utf8).span, zone: Array("Z".utf8).span).rfc3339
    }
    #expect(read("Jan  1 23:00:00") == "2026-01-01T23:00:00+00:00")
    #expect(read("Jan  2 00:00:00") == "2026-01-02T00:00:00+00:00")
    #expect(read("Jan  2 00:00:01") == "2025-01-02T00:00:01+00:00")
    #expect(read("Jan  2 00:00:00") == "2026-01-02T00:00:00+00:00")
    #expect(read("Dec 31 10:00:00") == "2025-12-31T10:00:00+00:00")
    #expect(read("Dec 31 11:00:01") == "2025-12-31T11:00:01+00:00")
    #expect(read("Feb 29 11:00:01") == "2024-02-29T11:00:01+00:00")
    reader.reference += 400 * 86_400
    #expect(read("Feb 29 11:00:01") == "2024-02-29T11:00:01+00:00")
    #expect(read("Dec 31 11:00:01") == "2026-12-31T11:00:01+00:00")
    reader.fixedYear = 2020
    #expect(read("Dec 31 11:00:02") == "2020-12-31T11:00:02+00:00")
  }

  /// The second date is that of the newest line or of the file: 00:10 of the new year, and so on.
  @Test(
    arguments: [
      ("Dec 31 23:59:59", "2027-01-01 00:10:00", "2026-12-31"),
      ("Jan  1 00:00:10", "2027-01-01 00:10:00", "2027-01-01"),
      ("Jan  1 00:00:10", "2026-12-31 23:59:00", "2027-01-01"),
      ("Jan  3 00:00:10", "2026-12-31 23:59:00", "2026-01-03"),
      ("Nov 24 02:11:36", "2026-11-24 02:11:36", "2026-11-24"),
      ("Nov 25 02:11:35", "2026-11-24 02:11:36", "2026-11-25"),
      ("Nov 26 02:11:36", "2026-11-24 02:11:36", "2025-11-26"),
      ("Feb 29 12:00:00", "2026-06-01 00:00:00", "2024-02-29"),
      ("Feb 29 12:00:00", "2024-06-01 00:00:00", "2024-02-29"),
      ("Feb 29 12:00:00", "2024-02-01 00:00:00", "2020-02-29"),
      ("Feb 29 12:00:00", "2103-06-01 00:00:00", "2096-02-29"),
    ] as [(String, String, String)])
  func `works out a year that the stamp has not`(stamp: String, now: String, date: String) {
    let reference = Self.read(now, zone: "Z").seconds
    #expect(Self.read(stamp, zone: "Z", reference: reference).display.prefix(10) == date)
  }

  /// A reader remembers minutes; lines of several are mixed, in every form.
  @Test func `reads mixed minutes as a new reader does`() {
    var random = SplitMix(state: 551)
    var reader = TimeReader(reference: Self.reference)
    let forms = [
      "2026-11-24 ", "2026-11-24T", "2026-10-24 ", "Nov 24 ", "Oct 24 ", "Nov  4 ", "Dec 31 ",
    ]
    for _ in 0..<4000 {
      let form = forms[random.next(below: forms.count)]
      let clock =
        "0\(random.next(below: 3)):0\(random.next(below: 4)):\(random.next(below: 7))\(random.next(below: 10))"
      let ends = [
        "", "", "", ".551", ".551934+01:00", ".000551+01:00", ".551934-03:30", ".55193x+01:00",
      ]
      let stamp = form + clock + ends[random.next(below: ends.count)]
      let zone = ["", "", "+0100"][random.next(below: 3)]
      let bytes = Array(stamp.utf8)
      let zoneBytes = Array(zone.utf8)
      let time = reader.read(bytes.span, zone: zoneBytes.span)
      #expect(time == Self.read(stamp, zone: zone), "\(stamp) \(zone)")
    }
  }

  @Test func `forgets what it knew of a year when the reference changes`() {
    var reader = TimeReader(reference: Self.reference)
    let stamp = Array("Nov 24 02:11:36".utf8)
    let nothing: [UInt8] = []
    let this = reader.read(stamp.span, zone: nothing.span)
    let again = reader.read(stamp.span, zone: nothing.span)
    reader.reference -= 365 * 86_400
    let before = reader.read(stamp.span, zone: nothing.span)
    #expect(this.seconds == again.seconds)
    #expect(this.seconds - before.seconds == 365 * 86_400)
  }

  @Test func `takes the year that it is told`() {
    #expect(Self.read("Nov 24 02:11:36", zone: "Z", year: 2011).display == "2011-11-24 02:11:36")
    #expect(Self.read("Feb 29 02:11:36", zone: "Z", year: 2011) == .unknown)
    #expect(Self.read("2026-11-24 02:11:36", zone: "Z", year: 2011).display.prefix(4) == "2026")
  }

  @Test func `gives one stamp the same time wherever it stands in a log`() {
    let stamps = [
      "2026-11-24 02:11:36", "2026-11-24 02:11:37", "2026-11-24 02:12:00", "2026-11-24T02:11:36",
      "2026-11-25 02:11:36", "Nov 24 02:11:36", "2026-11-24 03:11:36.5", "2026-99-24 02:11:36",
      "2026-11-24 02:11:61", "2027-11-24 02:11:36",
    ]
    let zones = ["Z", "+0100", "-0330"]
    var reader = TimeReader(reference: Self.reference)
    for round in 0..<200 {
      let stamp = stamps[round * 7 % stamps.count]
      let zone = zones[round * 5 % zones.count]
      let time = reader.read(Array(stamp.utf8).span, zone: Array(zone.utf8).span)
      #expect(time == Self.read(stamp, zone: zone), "\(stamp) \(zone)")
    }
  }
}
