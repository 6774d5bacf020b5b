internal import Aggregation
package import Correlation
internal import MailTerms

/// Writes reports and events in the JSON that scripts rely on.
package enum JSONRenderer {
  /// A report as one object (`bouncelog.report/1`), with a line end.
  package static func render(_ report: Report) -> [UInt8] {
    var all: [UInt8] = []
    render(report) { all += $0 }
    return all
  }

  /// A report in pieces: that of hundreds of thousands of pairs is never in memory as a whole.
  package static func render(_ report: Report, _ write: ([UInt8]) -> Void) {
    withoutActuallyEscaping(write) { write in
      var json = JSONWriter(write)
      render(report, &json)
      json.flush()
    }
  }

  private static func render(_ report: Report, _ json: inout JSONWriter) {
    json.object { json in
      json.key("schema")
      json.value("bouncelog.report/1" as StaticString)
      json.key("generated_at")
      json.value(report.generatedAt.rfc3339)
      json.key("edge")
      json.value(report.edge)
      json.key("period")
      json.object { json in
        json.key("from")
        json.value(report.from?.rfc3339)
        json.key("to")
        json.value(report.to?.rfc3339)
      }
      json.key("input")
      input(report.input, &json)
      json.key("filter")
      json.object { json in
        json.key("code")
        json.array { json in for code in report.codes { json.value(code) } }
      }
      json.key("totals")
      totals(report.totals, &json)
      if let previous = report.previous {
        json.key("previous")
        self.previous(previous, &json)
      }
      json.key("notices")
      notices(report.notices, &json)
      for section in report.sections {
        json.key(section.section.word)
        tables(section, report, &json)
      }
    }
    json.newline()
  }

  private static func input(_ input: Report.Input, _ json: inout JSONWriter) {
    json.object { json in
      json.key("files")
      json.array { json in for file in input.files { json.value(file) } }
      for (key, number) in [
        ("bytes", input.bytes), ("lines", input.lines),
        ("recognised", input.lines - input.unrecognised), ("unrecognised", input.unrecognised),
        ("lost", input.lost), ("cut", input.cut), ("evicted", input.evicted),
        ("passed_over", input.passedOver),
      ] {
        json.key(key)
        json.value(number)
      }
      json.key("longest_silence")
      if let silence = input.silence {
        json.object { json in
          json.key("from")
          json.value(silence.from.rfc3339)
          json.key("to")
          json.value(silence.to.rfc3339)
          json.key("seconds")
          json.value(Int(silence.seconds))
        }
      } else {
        json.value(nil as Int?)
      }
      json.key("limits")
      json.object { json in
        for (pattern, count) in input.limits {
          json.key(pattern)
          json.value(count)
        }
      }
    }
  }

  private static func totals(_ totals: Report.Totals, _ json: inout JSONWriter) {
    json.object { json in
      let figures: [(StaticString, Int?)] = [
        ("messages", totals.messages), ("tried", totals.tried), ("delivered", totals.delivered),
        ("deferred", totals.deferred), ("failed", totals.failed), ("rejected", totals.rejected),
        ("in_progress", totals.inProgress),
      ]
      for (key, number) in figures {
        json.key(key)
        json.value(number)
      }
    }
  }

  private static func previous(_ previous: Report.Previous, _ json: inout JSONWriter) {
    json.object { json in
      json.key("from")
      json.value(previous.from.rfc3339)
      json.key("to")
      json.value(previous.to.rfc3339)
      json.key("known_since")
      json.value(previous.knownSince?.rfc3339)
      json.key("totals")
      totals(previous.totals, &json)
      for section in Section.allCases {
        json.key(section.word)
        json.value(previous.sections[section.rawValue])
      }
    }
  }

  private static func notices(_ notices: NoticeCounts?, _ json: inout JSONWriter) {
    guard let notices else { return json.value(nil as Int?) }
    json.object { json in
      for (key, number) in [
        ("messages", notices.messages), ("without_sender", notices.withoutSender),
        ("bounced", notices.bounced), ("bounces_delivered", notices.bounces(.delivered)),
        ("bounces_deferred", notices.bounces(.deferred)),
        ("bounces_failed", notices.bounces(.failed)), ("not_told", notices.untold),
      ] {
        json.key(key)
        json.value(number)
      }
    }
  }

  private static func tables(
    _ section: Report.SectionTables, _ report: Report, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.key("total")
      json.value(section.total)
      json.key("attempts")
      json.value(section.attempts)
      for (name, columns, rows) in section.namedTables(report.dimensions) {
        self.rows(name, rows, columns, section, &json)
      }
    }
  }

  private static func rows(
    _ key: String, _ rows: [Report.Row], _ names: [String], _ section: Report.SectionTables,
    _ json: inout JSONWriter
  ) {
    json.key(key)
    json.array { json in
      for row in rows {
        json.object { json in
          for (name, text) in zip(names, row.names) {
            json.key(name)
            if name == "code" { json.value(text.flatMap { Int($0) }) } else { json.value(text) }
          }
          json.key("count")
          json.value(row.count)
          if let tried = row.tried {
            json.key("tried")
            json.value(tried)
            json.key("rate")
            json.value(rate: row.rate)
          }
          if let before = row.before {
            json.key("before")
            json.value(before)
          }
          guard key == "by_pair" else { return }
          json.key("first")
          json.value(time(row.first))
          json.key("last")
          json.value(time(row.last))
          if let lookup = section.lookup(row) {
            json.key("first_message_id")
            json.value(lookup.first.text)
            json.key("last_message_id")
            json.value(lookup.last.text)
          }
          if row.isNew {
            json.key("new")
            json.value(flag: true)
          }
        }
      }
    }
  }

  static func time(_ time: LogTime?) -> String? {
    guard let time, time.isKnown else { return nil }
    return time.rfc3339
  }

  /// An event as one line of JSON Lines (`bouncelog.event/1`).
  package static func render(_ event: MailEvent) -> [UInt8] {
    var json = JSONWriter()
    write(event, to: &json)
    json.newline()
    return json.bytes
  }

  /// An event as one object among others.
  static func write(_ event: MailEvent, to json: inout JSONWriter) {
    json.object { json in
      json.key("schema")
      json.value("bouncelog.event/1" as StaticString)
      json.key("event")
      json.value(event.kind.word)
      json.key("event_id")
      json.value(event.eventID)
      json.key("time")
      json.value(time(event.time))
      json.key("edge")
      json.value(event.edge)
      json.key("mta")
      json.value(event.mta.word)
      for (key, text) in [
        ("message_id", event.messageID), ("origin", event.origin?.word.string),
        ("sender", event.sender), ("sender_domain", event.senderDomain),
        ("recipient", event.recipient), ("recipient_domain", event.recipientDomain),
        ("original_recipient", event.originalRecipient), ("remote_host", event.remoteHost),
        ("remote_ip", event.remoteIP),
      ] {
        json.key(key)
        json.value(text)
      }
      json.key("remote_port")
      json.value(event.remotePort)
      json.key("command")
      json.value(event.command?.word.string)
      json.key("code")
      json.value(event.reply?.code)
      json.key("enhanced")
      json.value(event.reply?.enhanced?.description)
      json.key("reply")
      json.value(event.reply.map { String(decoding: $0.text, as: UTF8.self) })
      json.key("reason")
      json.value(event.reason.word)
      json.key("nature")
      json.value(event.nature.word)
      json.key("forward_path")
      json.value(event.forwardPath)
      json.key("arrived_at")
      json.value(time(event.arrivedAt))
      json.key("client_host")
      json.value(event.clientHost)
      json.key("client_ip")
      json.value(event.clientIP)
      json.key("authenticated_user")
      json.value(event.authenticatedUser)
      json.key("size")
      json.value(event.size)
      for (key, text) in [
        ("header_message_id", event.headerMessageID), ("subject", event.subject),
        ("parent_id", event.parentID), ("bounce_id", event.bounceID),
        ("remote_queue_id", event.remoteQueueID),
      ] {
        json.key(key)
        json.value(text)
      }
      json.key("attempts")
      json.value(event.attempts)
      json.key("lines")
      json.value(event.lines)
    }
  }
}
