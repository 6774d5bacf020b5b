internal import Correlation
internal import MailTerms
package import Tracing

extension JSONRenderer {
  /// Stories as one object (`bouncelog.trace/1`), with a line end.
  ///
  /// - Parameters:
  ///   - total: how many stories there are, also those that are not given.
  ///   - withLines: whether each message has its lines as logged.
  package static func render(
    _ stories: some Sequence<Story>, of total: Int, query: TraceQuery,
    _ findings: TraceSearch.Findings, withLines: Bool
  ) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("schema")
      json.value("bouncelog.trace/1" as StaticString)
      json.key("query")
      json.value(query.text)
      json.key("searched")
      json.object { json in
        json.key("files")
        json.value(findings.files)
        json.key("lines")
        json.value(findings.searchedLines)
        json.key("bytes")
        json.value(findings.searchedBytes)
        json.key("first")
        json.value(time(findings.first))
        json.key("last")
        json.value(time(findings.last))
      }
      json.key("found")
      json.value(total)
      json.key("left_out_lines")
      json.value(findings.droppedLines)
      json.key("messages")
      json.array { json in
        for (number, story) in stories.enumerated() {
          for message in story.messages {
            write(message, story: number, withLines ? findings.lines : nil, &json)
          }
        }
      }
    }
    json.newline()
    return json.bytes
  }

  private static func write(
    _ message: TracedMessage, story: Int, _ lines: [TracedLine]?, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.key("story")
      json.value(story)
      json.key("is_hit")
      json.value(flag: message.isHit)
      for (key, text) in [
        ("message_id", message.id), ("mta", message.mta.word), ("edge", message.edge),
        ("sender", message.sender), ("received_at", time(message.receivedAt)),
        ("client_host", message.clientHost), ("client_ip", message.clientIP),
        ("authenticated_user", message.authenticatedUser),
      ] {
        json.key(key)
        json.value(text)
      }
      json.key("size")
      json.value(message.size)
      for (key, text) in [
        ("header_message_id", message.headerMessageID), ("subject", message.subject),
        ("state", message.state.rawValue), ("fate", message.fate),
      ] {
        json.key(key)
        json.value(text)
      }
      json.key("links")
      json.array { json in
        for relation in message.relations {
          json.object { json in
            json.key("relation")
            json.value(relation.word)
            json.key("message_id")
            json.value(relation.messageID)
            json.key("found")
            json.value(flag: relation.place != nil)
          }
        }
      }
      json.key("events")
      json.array { json in for event in message.events { write(event, to: &json) } }
      json.key("notes")
      json.array { json in for step in message.steps { note(step, &json) } }
      if let lines {
        json.key("lines")
        json.array { json in
          for place in message.lines where lines.indices.contains(place) {
            json.value(String(decoding: lines[place].bytes, as: UTF8.self))
          }
        }
      }
    }
  }

  /// What no event tells: tries at single hosts, and what became of the message in the queue.
  private static func note(_ step: TracedMessage.Step, _ json: inout JSONWriter) {
    let (kind, text): (StaticString, String?) =
      switch step.event {
      case .attempt(let text): ("attempt", text)
      case .passedOn(let text): ("passed_on", text)
      case .note(let text): ("note", text)
      case .completed: ("completed", nil)
      case .received, .outcome: ("", nil)
      }
    guard kind.utf8CodeUnitCount > 0 else { return }
    json.object { json in
      json.key("time")
      json.value(time(step.time))
      json.key("kind")
      json.value(kind)
      json.key("text")
      json.value(text)
    }
  }
}
