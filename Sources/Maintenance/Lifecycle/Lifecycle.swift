package import Logging
import ObjectStorage
package import S3Protocol
package import SealedStorage
package import Threading

/// Removes what the lifecycle rules of buckets say: each bucket once a day, and whenever its rules have changed.
package final class Lifecycle: Sendable {
    private let drive: SealedDrive
    private let calendar: LifecycleCalendar
    /// Milliseconds since 1970.
    private let clock: @Sendable () -> Int64
    private let pace: Adjustable<Pace>
    private let logger: Logger
    private let watcher: Watcher
    private let state = ShortLock(State())

    /// Is told of every walk over a bucket, and why it failed.
    package typealias Watcher = @Sendable (_ bucket: String, Duration, (any Error)?) -> Void

    private struct State {
        var totals = LifecycleCounts()
        /// The buckets that were swept to their end, with the day of that and their rules then.
        var swept: [BucketID: Sweep] = [:]
        var clockIsBehind = false
    }

    private struct Sweep {
        let configuration: LifecycleConfiguration
        /// Nil when it was broken off.
        let day: Int64?
        /// Milliseconds since 1970.
        let time: Int64
    }

    /// How long a sweep that was broken off is not begun anew, in milliseconds: it may have read much.
    private static let patience: Int64 = 3_600_000
    /// How far the clock may be behind the latest time on the drive: steps of a clock that is being set.
    private static let clockTolerance: Int64 = 15 * 60_000

    package convenience init(
        drive: SealedDrive, calendar: LifecycleCalendar, clock: @escaping @Sendable () -> Int64,
        pace: Pace = .background, logger: Logger
    ) {
        self.init(drive: drive, calendar: calendar, clock: clock, pace: Adjustable(pace), logger: logger)
    }

    /// - Parameter pace: may be changed while it runs.
    package init(
        drive: SealedDrive, calendar: LifecycleCalendar, clock: @escaping @Sendable () -> Int64,
        pace: Adjustable<Pace>, watcher: @escaping Watcher = { _, _, _ in }, logger: Logger
    ) {
        self.watcher = watcher
        self.drive = drive
        self.calendar = calendar
        self.clock = clock
        self.pace = pace
        self.logger = logger
    }

    /// What was done since the start.
    package var totals: LifecycleCounts { state.withLock { $0.totals } }

    /// Looks every minute for a new day and new rules, until it is cancelled.
    package func run() async {
        let interval = calendar.isCivil ? Duration.seconds(60) : .milliseconds(max(20, calendar.length / 20))
        while !Task.isCancelled {
            await sweep(at: clock())
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }

    /// Sweeps the buckets that have not been swept on this day under their present rules; one bucket's trouble is not
    /// that of the others.
    ///
    /// - Parameter time: milliseconds since 1970.
    package func sweep(at time: Int64) async {
        guard isPlausible(time) else { return }
        var present: Set<BucketID> = []
        var after: String?
        while true {
            let page = drive.buckets.sorted.page(after: after, limit: 256)
            for listed in page.buckets {
                guard !Task.isCancelled else { return }
                guard let name = try? BucketName(listed.name), let bucket = try? drive.buckets.bucket(name),
                    let configuration = bucket.lifecycle
                else { continue }
                present.insert(bucket.id)
                guard needsSweep(bucket, configuration, at: time) else { continue }
                await sweep(bucket, configuration, at: time)
            }
            guard page.isTruncated, let last = page.buckets.last else { break }
            after = last.name
        }
        state.withLock { state in state.swept = state.swept.filter { present.contains($0.key) } }
    }

    private func needsSweep(_ bucket: Bucket, _ configuration: LifecycleConfiguration, at time: Int64) -> Bool {
        // Without midnights something may be due at any time.
        guard calendar.isCivil, let last = state.withLock({ $0.swept[bucket.id] }) else { return true }
        if last.configuration != configuration { return true }
        guard let day = last.day else { return !(last.time..<last.time + Self.patience).contains(time) }
        return day != calendar.day(of: time)
    }

    private func sweep(_ bucket: Bucket, _ configuration: LifecycleConfiguration, at time: Int64) async {
        var counts = LifecycleCounts()
        let began = ContinuousClock.now
        let sweep = LifecycleSweep(
            drive: drive, bucket: bucket, configuration: configuration, calendar: calendar, time: time, pace: pace,
            logger: logger)
        var failure: (any Error)?
        do {
            try await sweep.run(&counts)
        } catch StorageError.noSuchBucket {
            // It was deleted meanwhile.
        } catch {
            failure = error
        }
        state.withLock { state in
            state.totals += counts
            state.swept[bucket.id] = Sweep(
                configuration: configuration, day: failure == nil ? calendar.day(of: time) : nil, time: time)
        }
        let duration = began.duration(to: .now)
        watcher(bucket.name, duration, failure)
        tell(counts, of: bucket, took: duration, failure)
    }

    private func tell(_ counts: LifecycleCounts, of bucket: Bucket, took duration: Duration, _ failure: (any Error)?) {
        var metadata: Logger.Metadata = [
            "bucket": "\(bucket.name)", "milliseconds": "\(Int64(duration / .milliseconds(1)))",
        ]
        for (name, path) in LifecycleCounts.all where counts[keyPath: path] > 0 {
            metadata[name] = "\(counts[keyPath: path])"
        }
        if let failure, !(failure is CancellationError) {
            metadata["cause"] = "\(failure)"
            logger.error("the bucket's lifecycle was broken off, and is begun anew", metadata: metadata)
        } else if counts.isQuiet {
            logger.debug("the bucket's lifecycle found nothing to do", metadata: metadata)
        } else {
            logger.notice("the bucket's lifecycle", metadata: metadata)
        }
    }

    /// Whether the clock may be believed: one that is behind what was written here is wrong, or was.
    private func isPlausible(_ time: Int64) -> Bool {
        let latest = drive.latestTime
        let isBehind = time < latest - Self.clockTolerance
        let wasBehind = state.withLock { state in
            defer { state.clockIsBehind = isBehind }
            return state.clockIsBehind
        }
        if isBehind, !wasBehind {
            logger.error(
                "the clock is behind the latest time on the drive: lifecycle rules wait until it has passed",
                metadata: ["behind-seconds": "\((latest - time) / 1000)"])
        }
        return !isBehind
    }
}
