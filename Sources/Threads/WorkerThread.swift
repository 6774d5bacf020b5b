internal import Glibc

/// A thread of the system for work beside this one's.
package struct WorkerThread {
  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Starts a thread; nil where the system gives none, and the work is not begun.
  package init?(_ work: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(Work(work)).toOpaque()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context)
    guard code == 0 else {
      unsafe Unmanaged<Work>.fromOpaque(context).release()
      return nil
    }
    self.thread = thread
  }

  /// Waits for its end.
  package func join() { pthread_join(thread, nil) }

  /// Lets it end whenever it will.
  package func detach() { pthread_detach(thread) }

  /// Does some work in as many threads, this one among them, and waits for all; where the system gives no
  /// thread, fewer do it.
  package static func run(_ count: Int, _ work: @escaping @Sendable () -> Void) {
    let others = (1..<max(1, count)).compactMap { _ in WorkerThread(work) }
    work()
    for other in others { other.join() }
  }
}
