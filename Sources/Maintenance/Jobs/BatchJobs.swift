import Cryptography
import FoundationEssentials
package import Logging
package import SealedStorage
package import Threading

/// The jobs of a drive: started, worked on one after another, remembered, and gone on with after a restart.
///
/// They are one sealed record; a job that was acknowledged is in it.
package final class BatchJobs: Sendable {
    /// Jobs that are remembered: the oldest that have ended give way to new ones.
    package static let mostJobs = 100
    /// Bytes of their documents together: all of them are one record, which is written anew as they go on.
    package static let mostBytes = 1 << 20
    private static let setting = "batch-jobs"
    /// How often the progress is kept.
    private static let saving = Duration.seconds(10)

    private struct State {
        var jobs: [BatchJob] = []
        var isLoaded = false
        var cancelled: Set<String> = []
    }

    private let drive: SealedDrive
    private let clock: @Sendable () -> Int64
    private let pace: Adjustable<Pace>
    private let rests: @Sendable () -> (keyRotation: Duration, expiration: Duration)
    let notify: @Sendable (JobNotice, [UInt8]) async throws -> Void
    let logger: Logger
    private let state = ShortLock(State())
    private let following = Monitor(())
    private let ended = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let wake = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - clock: milliseconds since 1970.
    ///   - rests: what is waited after each object.
    ///   - notify: takes a JSON document to whom a job's end is told; throws when it is not taken.
    package init(
        drive: SealedDrive, clock: @escaping @Sendable () -> Int64, pace: Adjustable<Pace> = Adjustable(.background),
        rests: @escaping @Sendable () -> (keyRotation: Duration, expiration: Duration) = { (.zero, .zero) },
        notify: @escaping @Sendable (JobNotice, [UInt8]) async throws -> Void = { _, _ in }, logger: Logger
    ) {
        self.drive = drive
        self.clock = clock
        self.pace = pace
        self.rests = rests
        self.notify = notify
        self.logger = logger
    }

    // MARK: What administrators ask for

    package enum Refusal: Error {
        /// As many jobs as are remembered are still running.
        case tooMany
        /// What keeps the drive from remembering one.
        case storage(any Error)
    }

    /// Remembers a job, which is begun when those before it have ended.
    package func start(
        _ work: BatchJob.Work, user: String, description: String, notice: JobNotice? = nil
    ) async throws(Refusal) -> BatchJob {
        let type =
            switch work {
            case .keyRotation: "keyrotate"
            case .expiration: "expire"
            }
        let job = BatchJob(
            work, id: "\(type)-\(Self.randomName()):-1", user: user, started: clock(), description: description,
            notice: notice)
        do {
            try load()
            try await change { jobs in
                while jobs.count >= Self.mostJobs
                    || !jobs.isEmpty && jobs.reduce(job.byteCount, { $0 + $1.byteCount }) > Self.mostBytes
                {
                    guard let oldest = jobs.firstIndex(where: \.progress.hasEnded) else { throw Refusal.tooMany }
                    jobs.remove(at: oldest)
                }
                jobs.append(job)
            }
        } catch {
            throw error as? Refusal ?? .storage(error)
        }
        wake.continuation.yield()
        return job
    }

    /// All of them, the oldest first.
    package func all() throws -> [BatchJob] {
        try load()
        return state.withLock { $0.jobs }
    }

    package func job(_ id: String) throws -> BatchJob? { try all().first { $0.id == id } }

    /// Ends a job and forgets it; one that is not there is what is wanted.
    package func cancel(_ id: String) async throws {
        try load()
        state.withLock { state in
            // Of others there is nothing to end.
            if state.jobs.contains(where: { $0.id == id && !$0.progress.hasEnded }) { state.cancelled.insert(id) }
        }
        try await change { jobs in jobs.removeAll { $0.id == id } }
    }

    // MARK: Work

    /// Works until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try load()
                break
            } catch let corruption as Corruption {
                logger.error("the batch jobs are lost", metadata: ["cause": "\(corruption)"])
                state.withLock { $0.isLoaded = true }
            } catch {
                // The catalogue is locked; somebody else says so.
                guard (try? await Task.sleep(for: .seconds(5))) != nil else { return }
            }
        }
        async let _ = tellOfEnds()
        for await _ in wakeUps {
            while let job = state.withLock({ state in state.jobs.first { !$0.progress.hasEnded } }) {
                guard !Task.isCancelled else { return }
                await work(on: job)
            }
        }
    }

    /// One at once, for what was there before, and one for each new job.
    private var wakeUps: AsyncStream<Void> {
        wake.continuation.yield()
        return wake.stream
    }

    /// One at once, for what was there before, and one for each job that ends.
    var endings: AsyncStream<Void> {
        ended.continuation.yield()
        return ended.stream
    }

    /// The first that has ended, and of which somebody is to be told.
    var jobToTellOf: BatchJob? {
        state.withLock { state in state.jobs.first { $0.progress.hasEnded && $0.progress.noticeIsDue == true } }
    }

    func settleNotice(of id: String) async throws {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return }
            state.jobs[index].progress.noticeIsDue = nil
        }
        try await change { jobs in
            guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
            jobs[index].progress.noticeIsDue = nil
        }
    }

    private func work(on job: BatchJob) async {
        let began = clock()
        logger.notice("a batch job goes on", metadata: ["job": "\(job.id)", "bucket": "\(job.bucket)"])
        var progress = job.progress
        do {
            var saved = ContinuousClock.now
            let walk = JobWalk(drive: drive, job: job, pace: pace, rests: rests) { [self] in isCancelled(job.id) }
            try await walk.run(&progress) { [self] progress in
                guard !isCancelled(job.id) else { throw CancellationError() }
                note(progress, of: job.id)
                guard saved.duration(to: .now) >= Self.saving else { return }
                saved = .now
                try await save(progress, of: job.id)
            }
            progress.state = progress.objectsFailed + progress.deleteMarkersFailed > 0 ? .failed : .complete
        } catch is CancellationError {
            // By an administrator, who has it forgotten; or because the process ends, and goes on with it the next time.
            state.withLock { _ = $0.cancelled.remove(job.id) }
            if Task.isCancelled { try? await save(progress, of: job.id) }
            return
        } catch {
            progress.state = .failed
            progress.cause = "\(error)"
        }
        progress.updated = clock()
        if job.notice != nil { progress.noticeIsDue = true }
        state.withLock { _ = $0.cancelled.remove(job.id) }
        note(progress, of: job.id)
        do {
            try await save(progress, of: job.id)
        } catch {
            logger.error("a batch job's end was not kept", metadata: ["job": "\(job.id)", "cause": "\(error)"])
        }
        logger.notice(
            "a batch job has ended",
            metadata: [
                "job": "\(job.id)", "state": "\(progress.state.rawValue)", "objects": "\(progress.objects)",
                "failed": "\(progress.objectsFailed)", "milliseconds": "\(clock() - began)",
                "cause": "\(progress.cause ?? "none")",
            ])
        ended.continuation.yield()
    }

    private func isCancelled(_ id: String) -> Bool { state.withLock { $0.cancelled.contains(id) } || Task.isCancelled }

    private func note(_ progress: JobProgress, of id: String) {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return }
            state.jobs[index].progress = progress
            state.jobs[index].progress.updated = clock()
        }
    }

    // MARK: The record

    private func save(_ progress: JobProgress, of id: String) async throws {
        try await change { jobs in
            guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
            jobs[index].progress = progress
            jobs[index].progress.updated = clock()
        }
    }

    private func load() throws {
        guard !state.withLock({ $0.isLoaded }) else { return }
        let jobs = try drive.records.secretSetting(Self.setting).map(Self.decoded) ?? []
        state.withLock { state in
            guard !state.isLoaded else { return }
            state.jobs = jobs
            state.isLoaded = true
        }
    }

    /// Changes the record, which memory follows.
    private func change(_ body: (inout [BatchJob]) throws -> Void) async throws {
        try await drive.records.updateSecretSetting(Self.setting, ifDamaged: .replace) { present in
            // What cannot be read was told of at the start, and gives way.
            var jobs = (try? present.map(Self.decoded)) ?? []
            try body(&jobs)
            return try JSONEncoder().encode(jobs).map { $0 }
        }
        try following.withLock { _ in Result { try follow() } }.get()
    }

    /// Takes into memory what is stored now: of two changes the later one comes last, whoever is here first.
    private func follow() throws {
        let jobs = try drive.records.secretSetting(Self.setting).map(Self.decoded) ?? []
        state.withLock { state in
            // Only this process works on them: what it knows of one is never behind what was kept, whatever the clock says.
            let known = Dictionary(state.jobs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            state.jobs = jobs.map { known[$0.id] ?? $0 }
        }
    }

    private static func decoded(_ bytes: [UInt8]) throws -> [BatchJob] {
        do {
            return try JSONDecoder().decode([BatchJob].self, from: Data(bytes))
        } catch {
            throw Corruption(what: "record of the batch jobs")
        }
    }

    private static let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")

    private static func randomName() -> String {
        String((0..<22).map { _ in alphabet[Int(SecureRandom.word() % UInt64(alphabet.count))] })
    }
}
