internal import Glibc

/// A lock that threads can wait at, until another one has changed what it guards.
@safe package final class Monitor: @unchecked Sendable {
  // @unchecked: both are made to be used by several threads.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  /// Makes a monitor that nobody holds.
  package init() {
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  /// Does some work while no other thread holds the monitor.
  package func locked<Value>(_ body: () -> Value) -> Value {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// Lets others in until one of them calls `wakeAll`, by who holds it; what was waited for may not have come yet.
  package func wait() { unsafe pthread_cond_wait(changed, lock) }

  /// Wakes all who wait, by who holds it.
  package func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
