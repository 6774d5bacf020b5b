/// The short names of months in other languages than English: journalctl(1) writes them in the user's (glibc's
/// `abmon`, with or without its point), syslog daemons never do.
enum MonthName {
  /// The names of each month; no name is that of two.
  private static let names = [
    "jan janv ene gen sty led янв січ ιαν oca",
    "feb fev févr febr lut úno фев лют φεβ şub",
    "mar mars mär mrt márc bře мар бер μαρ",
    "apr avr avril abr kwi dub ápr апр кві απρ nis",
    "may mai mei maj mag máj kvě май мая тра μαΐ μάι",
    "jun juin giu cze čen čvn jún июн чер ιουν haz",
    "jul juil lug lip čec čvc júl июл лип ιουλ tem",
    "aug août ago sie srp авг сер αυγ ağu",
    "sep sept set wrz zář szept сен вер σεπ eyl",
    "okt oct out ott paź říj окт жов οκτ eki",
    "nov lis ноя лис νοε kas",
    "dez déc dic dec des gru pro дек гру δεκ ara",
  ]
  private static let numbers: [String: Int] = Dictionary(
    uniqueKeysWithValues: names.enumerated().flatMap { month, names in
      names.split(separator: " ").map { (String($0), month + 1) }
    })

  /// The number of a month, from 1 on; nil for any other word.
  static func number(of word: some Sequence<UInt8>) -> Int? {
    let name = String(decoding: Array(word), as: UTF8.self).lowercased()
    // Chinese, Japanese and Korean number their months.
    if let unit = name.last, unit == "月" || unit == "월" {
      return Int(name.dropLast()).flatMap { 1...12 ~= $0 ? $0 : nil }
    }
    return numbers[name.last == "." ? String(name.dropLast()) : name]
  }
}
