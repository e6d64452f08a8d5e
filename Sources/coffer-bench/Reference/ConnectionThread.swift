import Glibc

/// A thread that runs the asynchronous work given to it, one job after the other: lets one connection block in plain
/// socket calls between its awaits without holding up another.
final class ConnectionThread: TaskExecutor, @unchecked Sendable {
    // @unchecked: `mutex` guards `jobs`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []

    /// The thread, and this object with it, lives as long as the process.
    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
        _ = KernelThread { [self] in
            while true { next().runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }

    private func next() -> UnownedJob {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty { pthread_cond_wait(arrived, mutex) }
        return jobs.removeFirst()
    }
}
