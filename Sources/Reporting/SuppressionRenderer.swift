package import Aggregation
internal import Correlation
internal import MailTerms

/// Writes a list of recipients that fail hard.
package enum SuppressionRenderer {
  /// A line for each, as text: count, last failure, reason, address, reply.
  package static func text(_ entries: [SuppressionList.Entry], style: TextStyle) -> String {
    guard !entries.isEmpty else { return style.paint("No recipient fails hard", .good) + "\n" }
    let widths = (
      entries.map { String($0.count).utf8.count }.max() ?? 1,
      entries.map { $0.event.reason.word.utf8.count }.max() ?? 1,
      min(40, entries.map { TerminalText.width(TerminalText.clean($0.recipient)) }.max() ?? 1)
    )
    var text = ""
    for entry in entries {
      let recipient = TerminalText.shortened(TerminalText.clean(entry.recipient), to: widths.2)
      var line = TerminalText.padded(String(entry.count), to: widths.0, onLeft: true)
      line += "  " + String(entry.last.display.prefix(10))
      line += "  " + TerminalText.padded(entry.event.reason.word, to: widths.1)
      line += "  " + TerminalText.padded(recipient, to: widths.2)
      line += "  " + reply(entry)
      text += line.prefixColumns(style.columns) + "\n"
      if let path = entry.event.forwardPath {
        let host = TerminalText.clean(entry.event.remoteHost ?? "the server")
        text += "    \(host) says, not checked: mail to \(TerminalText.clean(path))\n"
      }
    }
    return text
  }

  /// The columns of the other forms.
  private static let columns = [
    "recipient", "count", "first", "last", "code", "enhanced", "reason", "nature", "reply",
    "remote_host", "forward_path", "message_id",
  ]

  /// Comma-separated values (RFC 4180) with a header.
  package static func csv(_ entries: [SuppressionList.Entry]) -> String {
    ([columns] + entries.map { entry in values(entry).map { $0 ?? "" } })
      .map { CSVRenderer.line($0) }.joined()
  }

  /// One object a line.
  package static func jsonLines(_ entries: [SuppressionList.Entry]) -> [UInt8] {
    var json = JSONWriter()
    for entry in entries {
      json.object { json in
        json.key("schema")
        json.value("bouncelog.suppression/1" as StaticString)
        for (name, value) in zip(columns, values(entry)) {
          json.key(name)
          if name == "count" || name == "code" {
            json.value(value.flatMap { Int($0) })
          } else {
            json.value(value)
          }
        }
      }
      json.newline()
    }
    return json.bytes
  }

  /// The addresses alone; one that no mail address can be, with a control character, is left out.
  package static func addresses(_ entries: [SuppressionList.Entry]) -> String {
    entries.map(\.recipient).filter { TerminalText.clean($0) == $0 }.map { $0 + "\n" }.joined()
  }

  private static func values(_ entry: SuppressionList.Entry) -> [String?] {
    let event = entry.event
    return [
      entry.recipient, String(entry.count), JSONRenderer.time(entry.first),
      JSONRenderer.time(entry.last), event.reply?.code.map(String.init),
      event.reply?.enhanced?.description, event.reason.word, event.nature.word,
      event.reply.map { String(decoding: $0.text, as: UTF8.self) }, event.remoteHost,
      event.forwardPath, event.messageID,
    ]
  }

  private static func reply(_ entry: SuppressionList.Entry) -> String {
    guard let reply = entry.event.reply else { return "" }
    let text = TerminalText.clean(String(decoding: reply.text, as: UTF8.self))
    return [reply.code.map(String.init), reply.enhanced?.description, text].compactMap { $0 }
      .joined(separator: " ")
  }
}
