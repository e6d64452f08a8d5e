import Glibc

/// A value behind a lock, with a condition on which threads wait for it to change.
///
/// `Synchronization.Mutex` has no condition. `@unchecked Sendable`: the two C objects live at fixed addresses and the
/// value is touched under the lock alone.
public final class Monitor<State>: @unchecked Sendable {
    @usableFromInline
    let condition = ThreadCondition()
    @usableFromInline
    var state: State

    @inlinable
    public init(_ state: State) {
        self.state = state
    }

    /// Reads or changes the value; wakes nobody.
    @inlinable
    public func withLock<R>(_ body: (inout State) -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body(&state)
    }

    /// Changes the value and wakes one waiting thread.
    @inlinable
    public func signal<R>(_ body: (inout State) -> R) -> R {
        condition.lock()
        defer {
            condition.wakeOne()
            condition.unlock()
        }
        return body(&state)
    }

    /// Changes the value and wakes every waiting thread.
    @inlinable
    public func broadcast<R>(_ body: (inout State) -> R) -> R {
        condition.lock()
        defer {
            condition.wakeAll()
            condition.unlock()
        }
        return body(&state)
    }

    /// Waits until `body` gives a value.
    @inlinable
    public func wait<R>(_ body: (inout State) -> R?) -> R {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = body(&state) { return result }
            condition.wait()
        }
    }

    /// Waits until `body` gives a value, but no longer than so many milliseconds; nil then.
    @inlinable
    public func wait<R>(milliseconds: Int, _ body: (inout State) -> R?) -> R? {
        let deadline = ThreadCondition.now + Int64(milliseconds) * 1_000_000
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = body(&state) { return result }
            guard condition.wait(until: deadline) else { return body(&state) }
        }
    }
}

/// A mutex and a condition of the system, at fixed addresses.
///
/// `@unchecked Sendable`: they are made for sharing.
@usableFromInline
final class ThreadCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    @usableFromInline
    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Sleeps only when the lock is not had for a while: it is held for nanoseconds, and sleeping costs microseconds.
    @usableFromInline
    func lock() {
        for _ in 0..<100 {
            if pthread_mutex_trylock(mutex) == 0 { return }
            sched_yield()
        }
        pthread_mutex_lock(mutex)
    }

    @usableFromInline
    func unlock() { pthread_mutex_unlock(mutex) }

    @usableFromInline
    func wakeOne() { pthread_cond_signal(condition) }

    @usableFromInline
    func wakeAll() { pthread_cond_broadcast(condition) }

    @usableFromInline
    func wait() { pthread_cond_wait(condition, mutex) }

    /// False once it is that late, by ``now``.
    @usableFromInline
    func wait(until nanoseconds: Int64) -> Bool {
        var deadline = timespec()
        deadline.tv_sec = Int(nanoseconds / 1_000_000_000)
        deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
        return pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT
    }

    /// Nanoseconds of the monotonic clock.
    @usableFromInline
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
