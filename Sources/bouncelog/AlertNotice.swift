internal import Alerting
internal import MailTerms
internal import Reporting

/// What a site's program is told of an alert that began, changed its grade or ended, as one JSON object.
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
      for (word, figures) in [("begun", answer.begun), ("changed", answer.changed)] {
        json.key(word)
        json.array { json in
          for figure in figures { write(figure, answer.rule, to: &json) }
        }
      }
      json.key("ended")
      json.array { json in for subject in answer.ended { json.value(subject) } }
    }
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static func write(
    _ figure: AlertAnswer.Figure, _ rule: AlertRule, to json: inout JSONWriter
  ) {
    json.object { json in
      json.key("status")
      json.value(figure.status.word)
      for (group, name) in zip(rule.by, figure.names) {
        json.key(String(group.rawValue.map { $0 == "-" ? "_" : $0 }))
        json.value(name)
      }
      if let log = figure.log {
        json.key("log")
        json.value(log)
      }
      json.key("value")
      json.value(figure.value.isFinite ? figure.value : nil)
      json.key("tried")
      json.value(figure.tried)
    }
  }
}
