import Glibc
package import Synchronization

/// A value behind a lock that is held for nanoseconds: a look into a dictionary, a counter.
///
/// `Synchronization.Mutex` hands itself to the thread that waited longest. With more event loops than processors, one
/// preempted holder then makes every later visitor queue and be switched in and out. This lock never queues while it can
/// help it: who finds it taken lets another thread run and tries again.
package struct ShortLock<State>: ~Copyable, Sendable {
    @usableFromInline
    package let mutex: Mutex<State>

    @inlinable
    package init(_ state: sending State) {
        mutex = Mutex(state)
    }

    @inlinable
    package borrowing func withLock<R, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending R
    ) throws(Failure) -> sending R {
        for _ in 0..<1000 {
            if let result = try mutex.withLockIfAvailable(body) { return result }
            sched_yield()
        }
        return try mutex.withLock(body)
    }
}
