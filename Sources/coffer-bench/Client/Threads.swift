import Synchronization
import Threading

/// Starts a thread for code that blocks; without it there is nothing to measure.
func startThread(_ body: @escaping @Sendable () -> Void) -> SystemThread {
    do throws(SystemThreadError) { return try SystemThread(name: "coffer-bench", body) } catch {
        fatalError("cannot start a thread: error \(error.code)")
    }
}

/// Runs `body` on `count` threads at once and collects what each returns, in no particular order.
func onThreads<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> R) -> [R] {
    let results = Results<R>()
    let threads = (0..<count).map { index in
        startThread {
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
