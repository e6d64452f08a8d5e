import Glibc
import Synchronization

/// Where a store has the time from.
package struct StoreClock: Sendable {
    /// Microseconds since 1970.
    package var wallMicroseconds: @Sendable () -> Int64
    /// Milliseconds of a clock that is never set back.
    package var monotonicMilliseconds: @Sendable () -> Int64

    package init(
        wallMicroseconds: @escaping @Sendable () -> Int64, monotonicMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.wallMicroseconds = wallMicroseconds
        self.monotonicMilliseconds = monotonicMilliseconds
    }

    /// Milliseconds since 1970.
    var wallMilliseconds: Int64 { wallMicroseconds() / 1000 }

    /// The machine's.
    package static let system = StoreClock {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    } monotonicMilliseconds: {
        ObjectStorage.monotonicMilliseconds()
    }
}

/// Milliseconds of a clock that is never set back.
func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}

/// Nanoseconds of a clock that is never set back.
func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// Strictly increasing numbers that stay close to the microseconds since 1970.
final class OrderClock: Sendable {
    private let last: Atomic<Int64>
    private let time: StoreClock

    /// Begins after every order that the catalogue holds, even if the wall clock was set back since.
    init(after stored: Int64, _ time: StoreClock) {
        self.time = time
        last = Atomic(stored < Self.greatest ? stored : 0)
    }

    /// From here on, an order is a damaged one: what has it is alone with it.
    static let greatest = Int64.max / 2

    /// Begins again after a greater order that was met elsewhere.
    func raise(to order: Int64) {
        var previous = last.load(ordering: .relaxed)
        while previous < order, order < Self.greatest {
            let (exchanged, original) = last.weakCompareExchange(
                expected: previous, desired: order, ordering: .relaxed)
            if exchanged { return }
            previous = original
        }
    }

    func next() -> Int64 {
        let microseconds = time.wallMicroseconds()
        var previous = last.load(ordering: .relaxed)
        while true {
            let next = max(microseconds, previous + 1)
            let (exchanged, original) = last.weakCompareExchange(
                expected: previous, desired: next, ordering: .relaxed)
            if exchanged { return next }
            previous = original
        }
    }
}
