import Glibc
import Synchronization

/// A plain thread, for code that blocks.
final class KernelThread: Sendable {
    private let thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(result == 0, "cannot start a thread")
        self.thread = thread
    }

    /// Waits for its end; exactly once.
    func join() { pthread_join(thread, nil) }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// Runs `body` on `count` threads at once and collects what each returns, in no particular order.
func onThreads<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> R) -> [R] {
    let results = Results<R>()
    let threads = (0..<count).map { index in
        KernelThread {
            let result = body(index)
            results.values.withLock { $0.append(result) }
        }
    }
    threads.forEach { $0.join() }
    return results.values.withLock { $0 }
}

private final class Results<R: Sendable>: Sendable {
    let values = Mutex<[R]>([])
}
