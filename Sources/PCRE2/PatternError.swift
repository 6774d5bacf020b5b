internal import CPCRE2

/// Why a regular expression could not be compiled.
package struct PatternError: Error, CustomStringConvertible, Sendable {
  /// PCRE2's error number.
  package let code: Int32

  /// The byte offset in the pattern where the error was noticed.
  package let offset: Int

  /// The pattern itself.
  package let pattern: String

  /// PCRE2's own sentence for the error.
  package var description: String {
    var text = [UInt8](repeating: 0, count: 256)
    let length = unsafe text.withUnsafeMutableBufferPointer { buffer in
      unsafe pcre2_get_error_message_8(code, buffer.baseAddress, buffer.count)
    }
    return String(decoding: text.prefix(max(0, Int(length))), as: UTF8.self)
  }
}
