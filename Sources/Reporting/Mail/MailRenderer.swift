internal import MailTerms
package import PatternFiles

/// Writes a report as a whole mail for `sendmail -t`: header, text and HTML (RFC 5322, RFC 2046 section 5.1.4).
///
/// Lines end in LF alone: what `sendmail` reads is local text, which the server gives its CR LF; with CR LF
/// in the input some servers would send CR CR LF.
package struct MailRenderer {
  private let page: PageRenderer
  private let envelope: MailEnvelope
  private let isQuiet: Bool

  /// Makes a renderer.
  ///
  /// - Parameters:
  ///   - page: makes the part in HTML.
  ///   - envelope: who the mail is for, and who it is from.
  ///   - isQuiet: whether warnings are left out of the text.
  package init(page: PageRenderer, envelope: MailEnvelope, isQuiet: Bool = false) {
    self.page = page
    self.envelope = envelope
    self.isQuiet = isQuiet
  }

  /// The mail.
  ///
  /// - Throws: `PatternFileError` for a template of the site that asks for what there is not.
  package func render(_ report: Report) throws(PatternFileError) -> String {
    var renderer = TextRenderer(
      style: TextStyle(columns: 78, hasColour: false, top: page.top, isQuiet: isQuiet))
    let text = QuotedPrintable.encode(renderer.render(report))
    let html = QuotedPrintable.encode(try page.mailPart(report))
    let digest = XXHash64.hash(Array((text + html).utf8).span)
    let mark = String(digest, radix: 36)
    // No line of quoted-printable text holds `=_` (RFC 2045 section 6.7).
    let boundary = "=_bouncelog_\(mark)"
    let from = Self.address(envelope.from.isEmpty ? "bouncelog@" + report.edge : envelope.from)
    var mail = MailHeader.field("From", [from])
    let to = envelope.to.filter(MailEnvelope.isAddress)
    if !to.isEmpty {
      mail += MailHeader.field("To", to.dropLast().map { $0 + "," } + to.suffix(1))
    }
    mail += MailHeader.text("Subject", subject(report))
    mail += MailHeader.field("Date", [Self.date(report.generatedAt)])
    let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
    let id = "<\(report.generatedAt.seconds).\(mark)@\(domain)>"
    mail += "Message-ID: \(id)\n"
    mail += """
      MIME-Version: 1.0
      Auto-Submitted: auto-generated
      Content-Type: multipart/alternative; boundary="\(boundary)"

      --\(boundary)
      \(Self.part("plain"))
      \(text)
      --\(boundary)
      \(Self.part("html"))
      \(html)
      --\(boundary)--

      """
    return mail
  }

  private static func part(_ type: String) -> String {
    "Content-Type: text/\(type); charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n"
  }

  /// The verdict in few words: `551: 212 failures at 3 hosts (+118), mx01.example.org 2026-11-22`.
  func subject(_ report: Report) -> String {
    func count(_ number: Int, _ noun: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
    let failures = report.failures
    let news: String
    switch Verdict(report).meaning {
    case .failure:
      news =
        count(failures.total, "failure") + " at " + count(failures.byRemoteHost.count, "host")
    case .good: news = "no failures"
    default: news = "nothing known"
    }
    let change =
      Verdict(report).meaning == .warning
      ? "" : report.change.map { " (\(PageText.asciiChange($0)))" } ?? ""
    let edge = TerminalText.shortened(TerminalText.clean(report.edge), to: 60)
    let period = PageText.period(from: report.from, to: report.to).map { " " + $0 } ?? ""
    let label = report.codes.joined(separator: ",")
    return "\(TerminalText.shortened(label, to: 40)): \(news)\(change), \(edge)\(period)"
  }

  /// An address, whatever the name of the machine is: what cannot stand in one becomes a hyphen.
  private static func address(_ text: String) -> String {
    if MailEnvelope.isAddress(text) { return text }
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let safe = parts.map { part in
      // A name that is none need not be whole, but must leave the lines short.
      let atoms = part.split(separator: ".").map { atom in
        String(
          decoding: atom.utf8.prefix(20).map { byte in
            MailEnvelope.isAtom(byte) ? byte : UInt8(ascii: "-")
          }, as: UTF8.self)
      }
      return atoms.prefix(2).joined(separator: ".")
    }
    let address = safe.joined(separator: "@")
    return MailEnvelope.isAddress(address) ? address : "bouncelog@localhost"
  }

  /// A date as RFC 5322 section 3.3 wants it: `Wed, 25 Nov 2026 01:00:00 +0100`.
  static func date(_ time: LogTime) -> String {
    guard time.isKnown else { return "Thu, 01 Jan 1970 00:00:00 -0000" }
    let seconds = time.seconds + Int64(time.utcOffset)
    let date = CalendarDate(seconds: seconds)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let days = floorDivide(seconds, 86_400)
    let weekday = weekdays[Int(days - floorDivide(days, 7) * 7)]
    let zone = time.rfc3339.suffix(6).filter { $0 != ":" }
    return
      "\(weekday), \(date.day) \(months[date.month - 1]) \(date.date.prefix(4)) \(date.clock) \(zone)"
  }
}
