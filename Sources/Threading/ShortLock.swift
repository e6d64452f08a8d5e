import Glibc

/// A value behind a lock that is held for nanoseconds: a look into a dictionary, a counter.
///
/// `Synchronization.Mutex` hands itself to the thread that waited longest. With more event loops than processors, one
/// preempted holder then makes every later visitor queue and be switched in and out. This lock never queues while it can
/// help it: who finds it taken lets another thread run and tries again.
///
/// A class over plain memory and `public`, because the compiler specialises its methods in other modules, which it does
/// not for generic types that cannot be copied, nor for what is `package`.
///
/// `@unchecked Sendable`: the value is touched under the lock alone.
public final class ShortLock<State>: @unchecked Sendable {
    @usableFromInline
    let mutex = ThreadMutex()
    @usableFromInline
    let state: UnsafeMutablePointer<State>

    @inlinable
    public init(_ state: sending State) {
        self.state = .allocate(capacity: 1)
        self.state.initialize(to: state)
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Always inlined: as a call of a generic function it would cost as much again as what is done under the lock.
    @inlinable
    @inline(__always)
    public func withLock<R, Failure: Error>(
        _ body: (inout State) throws(Failure) -> R
    ) throws(Failure) -> R {
        mutex.acquire()
        defer { mutex.release() }
        return try body(&state.pointee)
    }
}

/// A mutex of the system at a fixed address.
///
/// `@unchecked Sendable`: it is made for sharing.
@usableFromInline
final class ThreadMutex: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    @usableFromInline
    init() {
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    @usableFromInline
    func acquire() {
        for _ in 0..<1000 {
            if pthread_mutex_trylock(mutex) == 0 { return }
            sched_yield()
        }
        pthread_mutex_lock(mutex)
    }

    @usableFromInline
    func release() {
        pthread_mutex_unlock(mutex)
    }
}
