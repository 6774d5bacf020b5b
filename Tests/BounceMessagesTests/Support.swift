import BounceMessages
import Glibc
import MailTerms
import TestSupport
import Testing

/// A bounce in `Samples/bounces` with what must be read from it.
struct BounceSample: Sendable, CustomTestStringConvertible {
  let name: String
  let mail: [UInt8]
  let expected: JSONValue

  var testDescription: String { name }

  /// All samples.
  static let all: [BounceSample] = {
    do { return try load() } catch { fatalError("\(error)") }
  }()

  private static func load() throws -> [BounceSample] {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let folder = here.joined(separator: "/") + "/Samples/bounces"
    guard let listing = unsafe opendir(folder) else { throw TestFailure("no \(folder)") }
    defer { unsafe closedir(listing) }
    var names: [String] = []
    while let entry = unsafe readdir(listing) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name.hasSuffix(".eml") { names.append(String(name.dropLast(4))) }
    }
    return try names.sorted().map { name in
      BounceSample(
        name: name, mail: try read("\(folder)/\(name).eml"),
        expected: try JSONValue(parsing: read("\(folder)/\(name).json")))
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    guard let stream = unsafe fopen(path, "r") else { throw TestFailure("no \(path)") }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = unsafe fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// The recipients that may be named.
  var recipients: Set<String> {
    Set(expected["failures"]?.elements.compactMap { $0["recipient"]?.text } ?? [])
  }
}

/// The fields of the contract that this module knows, of a mail as it is read.
func fields(_ reading: BounceReading) -> JSONValue {
  func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
  let message = reading.message
  let failures = (message?.failures ?? []).map { failure -> JSONValue in
    [
      "recipient": .string(failure.recipient), "remote_host": text(failure.remoteHost),
      "code": failure.reply?.code.map { .number(Double($0)) } ?? .null,
      "enhanced": text(failure.reply?.enhanced.map(\.description)),
      "reply": text(failure.reply.map { String(decoding: $0.text, as: UTF8.self) }),
    ]
  }
  return [
    "bounce_id": text(message?.bounceID), "message_id": text(message?.messageID),
    "failures": .array(failures),
  ]
}

/// An expected object without what other modules add.
func known(_ expected: JSONValue) -> JSONValue {
  let failures = (expected["failures"]?.elements ?? []).map { failure -> JSONValue in
    guard case .object(let members) = failure else { return failure }
    return .object(members.filter { !["reason", "nature", "forward_path"].contains($0.key) })
  }
  return [
    "bounce_id": expected["bounce_id"] ?? .null, "message_id": expected["message_id"] ?? .null,
    "failures": .array(failures),
  ]
}

/// A mail with other line ends.
func withLineEnds(_ mail: [UInt8], _ end: String) -> [UInt8] {
  mail.filter { $0 != 13 }.flatMap { $0 == 10 ? Array(end.utf8) : [$0] }
}

/// Reads a mail that stands in the test.
func read(_ mail: String) -> BounceReading { BounceMessage.read(Array(mail.utf8)[...]) }
