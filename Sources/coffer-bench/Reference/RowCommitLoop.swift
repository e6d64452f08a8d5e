import GRDBSQLite
import Glibc
import Synchronization
import Threading

/// Reference (a): how many 4 KiB rows a second a bare SQLite commits durably when many writers share commits.
///
/// Each writer hands one row to the committer and waits until it is on the drive. The committer takes all rows that
/// wait, inserts them in one transaction (WAL, `synchronous=FULL`), and wakes their writers. No key, no record, no
/// encryption, no HTTP: what remains is the price of durability itself.
final class RowCommitLoop: Sendable {
    private let writers: Int
    private let blob: [UInt8]
    private let queue: CommitQueue

    init(writers: Int, rowBytes: Int) {
        self.writers = writers
        blob = (0..<rowBytes).map { UInt8(truncatingIfNeeded: $0 &* 167) }
        queue = CommitQueue(writers: writers)
    }

    /// Commits rows into a new database in `directory` for so long.
    func run(directory: String, seconds: Double) throws -> RoundResult {
        let database = try RowDatabase(path: "\(directory)/rows.db")
        let start = monotonicNanoseconds()
        let end = start + UInt64(seconds * 1e9)
        let cpuBefore = ownCPUSeconds()
        let committer = startThread { [queue, blob] in
            while let batch = queue.takeAll() {
                database.insert(blob, count: batch.count)
                queue.wake(batch)
            }
        }
        let tallies = onThreads(writers) { [queue, blob] writer in
            var tally = LoadTally()
            while true {
                let begun = monotonicNanoseconds()
                guard begun < end else { return tally }
                queue.submit(writer)
                tally.complete(nanoseconds: monotonicNanoseconds() - begun, bytes: blob.count)
            }
        }
        queue.close()
        committer.join()
        return RoundResult(
            tally: tallies.reduce(into: LoadTally()) { $0.merge($1) },
            seconds: Double(monotonicNanoseconds() - start) / 1e9,
            serverCPUSeconds: ownCPUSeconds() - cpuBefore)
    }
}

/// Writers that wait for their row, by number, and one semaphore each to wake them.
private final class CommitQueue: @unchecked Sendable {
    // @unchecked: `mutex` guards `waiting` and `isClosed`; semaphores are made for sharing.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done: UnsafeMutablePointer<sem_t>
    private var waiting: [Int] = []
    private var isClosed = false

    init(writers: Int) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
        done = .allocate(capacity: writers)
        for index in 0..<writers { sem_init(done + index, 0, 0) }
    }

    deinit {
        mutex.deallocate()
        arrived.deallocate()
        done.deallocate()
    }

    /// Returns when the writer's row is committed.
    func submit(_ writer: Int) {
        pthread_mutex_lock(mutex)
        waiting.append(writer)
        if waiting.count == 1 { pthread_cond_signal(arrived) }
        pthread_mutex_unlock(mutex)
        sem_wait(done + writer)
    }

    /// All writers that wait, at least one; nil when closed.
    func takeAll() -> [Int]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(arrived, mutex)
        }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }

    func wake(_ writers: [Int]) {
        for writer in writers { sem_post(done + writer) }
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }
}
