import GRDB
import Glibc
import TestSupport

/// Runs the built bouncelog to its end, in UTC unless the environment says otherwise.
func bouncelog(
  _ arguments: [String], input: String = "", environment: [String] = ["TZ=UTC"]
) throws -> Program.Outcome {
  try Program.run(
    Program.built("bouncelog"), arguments, input: input.utf8, environment: environment)
}

/// Starts bouncelog and leaves it running.
func started(_ arguments: [String]) throws -> Program {
  try Program(Program.built("bouncelog"), arguments, environment: ["TZ=UTC"])
}

/// Changes what is kept in a state's folder behind bouncelog's back.
func change(state folder: String, _ statement: String) throws {
  let database = try DatabaseQueue(path: "\(folder)/state.sqlite")
  try database.write { try $0.execute(sql: statement) }
  try database.close()
}

/// A failure with 551 for each number, at a time so many seconds from now, in UTC.
func failures(_ numbers: Range<Int>, at seconds: Int) -> String {
  var moment = time(nil) + seconds
  var parts = unsafe tm()
  unsafe gmtime_r(&moment, &parts)
  var text = [CChar](repeating: 0, count: 32)
  _ = unsafe strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
  let stamp = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return numbers.map { number in
    let id = "1xVD00-00\(1000 + number)-10"
    return """
      \(stamp) \(id) <= a@acme.example H=(c) [192.0.2.9] P=esmtp S=300
      \(stamp) \(id) ** bob@d1.test R=all T=rs H=mx.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 no
      \(stamp) \(id) Completed

      """
  }.joined()
}

/// The JSON that `report --format json` gives for some files.
func json(_ arguments: [String], input: String = "") throws -> JSONValue {
  let outcome = try bouncelog(["report", "--format", "json"] + arguments, input: input)
  guard outcome.status == 0 else {
    throw TestFailure("exit code \(outcome.status): \(outcome.errors)")
  }
  return try JSONValue(parsing: outcome.output.utf8)
}

/// Three messages on two days: acme fails twice with 551 and once with 550, bcorp once with 551.
let monday = """
  2026-11-23 10:00:00 1xVA00-000001-01 <= alice@acme.example H=(c) [192.0.2.9] P=esmtp S=300
  2026-11-23 10:00:01 1xVA00-000001-01 ** bob@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 5.1.1 not our customer
  2026-11-23 10:00:01 1xVA00-000001-01 ** eva@d2.test R=all T=rs H=mx.d2.test [192.0.2.2]: SMTP error from remote mail server after RCPT TO:<eva@d2.test>: 551 user does not exist
  2026-11-23 10:00:02 1xVA00-000001-01 Completed
  2026-11-23 23:59:00 1xVB00-000001-01 <= root@bcorp.example H=(c) [192.0.2.9] P=esmtp S=300

  """
let tuesday = """
  2026-11-24 00:00:01 1xVB00-000001-01 ** bob@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<bob@d1.test>: 551 5.1.1 not our customer
  2026-11-24 00:00:02 1xVB00-000001-01 Completed
  2026-11-24 12:00:00 1xVC00-000001-01 <= alice@acme.example H=(c) [192.0.2.9] P=esmtp S=300
  2026-11-24 12:00:01 1xVC00-000001-01 ** dan@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<dan@d1.test>: 550 no such user
  2026-11-24 12:00:01 1xVC00-000001-01 ** x@fail.example R=failr : 551 User not local
  2026-11-24 12:00:02 1xVC00-000001-01 => gus@d1.test R=all T=rs H=mx1.d1.test [192.0.2.1] C="250 ok"
  2026-11-24 12:00:02 1xVC00-000001-01 Completed

  """
let failureLine = String(tuesday.split(separator: "\n")[0]) + "\n"
