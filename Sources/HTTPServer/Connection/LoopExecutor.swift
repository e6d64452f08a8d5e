import NIOCore
import Threading

/// Runs the tasks of one event loop's requests on that loop.
///
/// Jobs made runnable on the loop itself wait in a queue that is emptied at the end of the network event that made
/// them, so a trivial request costs no trip through the loop's own queue. Jobs from elsewhere wait in another one, for
/// which the loop is woken once however many there are: a commit answers dozens of uploads.
///
/// Unchecked: everything mutable but the jobs from elsewhere is touched on the loop only.
package final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    let loop: any EventLoop
    /// Called after each batch of jobs.
    var afterJobs: () -> Void = {}

    private var jobs = CircularBuffer<UnownedJob>()
    /// From other threads; as long as there are any, the loop has been told.
    private let arrivals = ShortLock<[UnownedJob]>([])
    private var isRunning = false
    private var isScheduled = false

    /// Jobs in a row before other sockets of the loop have their turn.
    private static let batch = 256

    init(loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard loop.inEventLoop else {
            let isFirst = arrivals.withLock { arrivals in
                arrivals.append(job)
                return arrivals.count == 1
            }
            if isFirst { loop.execute { self.turn { self.takeArrivals() } } }
            return
        }
        jobs.append(job)
        if !isRunning { schedule() }
    }

    private func takeArrivals() {
        arrivals.withLock { arrivals in
            jobs.append(contentsOf: arrivals)
            arrivals.removeAll(keepingCapacity: true)
        }
    }

    /// Does the work of one network event and then runs the jobs it made runnable.
    ///
    /// On the loop only.
    func turn(_ work: () -> Void) {
        guard !isRunning else { return work() }
        isRunning = true
        work()
        var budget = Self.batch
        while budget > 0, let job = jobs.popFirst() {
            budget -= 1
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        afterJobs()
        isRunning = false
        if !jobs.isEmpty { schedule() }
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.execute {
            self.isScheduled = false
            self.turn {}
        }
    }
}
