internal import Alerting
internal import MailTerms
internal import Reporting

/// What a site's program is told of an alert that began or ended, as one JSON object.
enum AlertNotice {
  /// The object (`bouncelog.alert/1`), with a line end.
  static func json(_ answer: AlertAnswer, now: Int64) -> String {
    var json = JSONWriter()
    json.object { json in
      json.key("schema")
      json.value("bouncelog.alert/1" as StaticString)
      json.key("alert")
      json.value(answer.rule.name)
      json.key("time")
      json.value(LogTime.local(now * 1_000_000).rfc3339)
      json.key("status")
      json.value(answer.status.word)
      json.key("measure")
      json.value(answer.rule.measure.rawValue)
      json.key("per_seconds")
      json.value(Int(answer.rule.per))
      json.key("warning")
      json.value(answer.rule.warning?.description)
      json.key("critical")
      json.value(answer.rule.critical?.description)
      json.key("begun")
      json.array { json in
        for figure in answer.begun {
          json.object { json in
            json.key("status")
            json.value(figure.status.word)
            for (group, name) in zip(answer.rule.by, figure.names) {
              json.key(String(group.rawValue.map { $0 == "-" ? "_" : $0 }))
              json.value(name)
            }
            json.key("value")
            json.value(figure.value.isFinite ? figure.value : nil)
            json.key("tried")
            json.value(figure.tried)
          }
        }
      }
      json.key("ended")
      json.array { json in for subject in answer.ended { json.value(subject) } }
    }
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
