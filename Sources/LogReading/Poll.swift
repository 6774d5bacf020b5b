import Glibc

/// Waits until one of some descriptors can be read, and tells which can.
///
/// A descriptor at its end or in error counts as readable, since a read would not wait; a negative
/// one is passed over. A signal ends the wait with nothing readable.
func pollReadable(_ descriptors: [Int32], milliseconds: Int32) -> [Bool] {
  var requests = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  let ready = unsafe poll(&requests, nfds_t(requests.count), milliseconds)
  return requests.map { ready > 0 && $0.revents != 0 }
}

/// Milliseconds of a clock that is never set.
package func monotonicMilliseconds() -> Int {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
