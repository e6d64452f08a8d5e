import Threading

/// A thread that runs the asynchronous work given to it, one job after the other: lets one connection block in plain
/// socket calls between its awaits without holding up another.
final class ConnectionThread: TaskExecutor {
    private let jobs = Monitor(FIFOQueue<UnownedJob>())

    /// The thread, and this object with it, lives as long as the process.
    init() {
        _ = startThread { [self] in
            while true { jobs.wait { $0.popFirst() }.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.signal { $0.append(job) }
    }
}
