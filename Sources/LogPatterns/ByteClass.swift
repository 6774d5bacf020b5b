/// A class of bytes as PCRE2 reads it in its C locale: a bit for each ASCII byte.
struct ByteClass {
  private let low: UInt64
  private let high: UInt64

  /// Whether a byte is in the class; all above ASCII are.
  func contains(_ byte: UInt8) -> Bool {
    if byte >= 128 { return true }
    return (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
  }

  /// `[^\s@"()<>,:;\\]`, the local part of an address that needs no quotes.
  static var local: ByteClass {
    ByteClass(low: 0xA3FF_ECFA_FFFF_C1FF, high: 0xFFFF_FFFF_EFFF_FFFE)
  }
  /// `[^\s@"()<>,:;\[\]]`, a domain.
  static var domain: ByteClass {
    ByteClass(low: 0xA3FF_ECFA_FFFF_C1FF, high: 0xFFFF_FFFF_D7FF_FFFE)
  }
  /// `[^<>"\s\\]`, a path without quotes and backslashes.
  static var path: ByteClass {
    ByteClass(low: 0xAFFF_FFFA_FFFF_C1FF, high: 0xFFFF_FFFF_EFFF_FFFF)
  }
}
