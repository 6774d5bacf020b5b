internal import Glibc
internal import MailTerms

/// The machine's clock, zone, name, processors and user.
enum SystemClock {
  /// How many threads are worth while: one a processor, up to four, since one of them joins what all parse.
  static var processors: Int { min(4, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

  /// Seconds since 1970, UTC.
  static var now: Int64 { Int64(time(nil)) }

  /// Nanoseconds since 1970, UTC.
  static var nanoseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The offset of the process's zone at a moment, in seconds east of UTC.
  static func utcOffset(at seconds: Int64) -> Int32 {
    var moment = time_t(seconds)
    var broken = unsafe tm()
    unsafe localtime_r(&moment, &broken)
    return unsafe Int32(broken.tm_gmtoff)
  }

  /// The present with the process's zone.
  static var logTime: LogTime {
    let seconds = now
    return LogTime(microseconds: seconds * 1_000_000, utcOffset: utcOffset(at: seconds))
  }

  /// This machine's name.
  static var hostName: String {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return "localhost" }
    return unsafe withUnsafeBytes(of: name.nodename) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The name of the user who runs this process.
  static var userName: String {
    guard let entry = unsafe getpwuid(getuid()) else { return "root" }
    return unsafe String(cString: entry.pointee.pw_name)
  }

  /// The home of the user who runs this process, as the machine's list of users has it.
  static var userHome: String? {
    guard let entry = unsafe getpwuid(getuid()) else { return nil }
    return unsafe String(cString: entry.pointee.pw_dir)
  }

  /// Makes a zone the process's own: a name such as `Europe/Berlin`, `UTC`, or an offset `+02:00`.
  ///
  /// - Returns: false for a zone that this machine does not know.
  static func setZone(_ zone: String) -> Bool {
    guard let value = variable(ofZone: zone) else { return false }
    unsafe setenv("TZ", value, 1)
    tzset()
    return true
  }

  /// What the variable TZ must be for a zone; nil for one that this machine does not know.
  static func variable(ofZone zone: String) -> String? {
    if zone == "UTC" { return zone }
    if let sign = zone.first, sign == "+" || sign == "-" {
      let parts = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hours = UInt8(parts[0]),
        let minutes = UInt8(parts[1]), hours < 24, minutes < 60
      else { return nil }
      // POSIX counts offsets west of Greenwich (POSIX.1 section 8.3, TZ).
      return "<\(sign)\(parts[0])>\(sign == "+" ? "-" : "+")\(parts[0]):\(parts[1])"
    }
    guard !zone.isEmpty, !zone.hasPrefix("/"), !zone.contains(".."),
      unsafe access("/usr/share/zoneinfo/\(zone)", R_OK) == 0
    else { return nil }
    return zone
  }
}
