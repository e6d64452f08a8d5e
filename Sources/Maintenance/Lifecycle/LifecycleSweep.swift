import Logging
import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

/// One walk over a bucket, which removes what its rules say.
///
/// Nothing of it is kept: one that is broken off is begun anew, and finds less to do.
struct LifecycleSweep {
    let drive: SealedDrive
    let bucket: Bucket
    let configuration: LifecycleConfiguration
    let calendar: LifecycleCalendar
    /// Milliseconds since 1970.
    let time: Int64
    let pace: Adjustable<Pace>
    let logger: Logger

    /// Versions of a piece of the walk: some milliseconds on one of the threads that listings have.
    private static let scannedAtOnce = 512
    /// Versions that one commit removes: writes of clients wait for it.
    private static let removedAtOnce = 32
    /// Damaged versions that are named in the log.
    private static let namedDamage = 20

    /// - Throws: what keeps the walk from going on; what was removed stays removed.
    func run(_ counts: inout LifecycleCounts) async throws {
        let schedule = LifecycleSchedule(configuration, calendar)
        for prefix in schedule.keyPrefixes {
            var walk = LifecycleWalk(schedule, at: time)
            var kept: Set<[UInt8]> = []
            var scan = VersionScan(bucket: bucket.id, prefix: prefix, limit: Self.scannedAtOnce)
            repeat {
                let before = walk.visited
                (walk, scan.after) = try await pace.current.scan(drive, scan, walk) { walk, version in
                    walk.visit(version)
                }
                counts.scanned += walk.visited - before
                if scan.after == nil { walk.finish() }
                // What goes whole, first: a delete marker on top of it would keep it.
                guard try await remove(walk.takeExpired(), keeping: &kept, schedule, &counts),
                    try await remove(walk.takeCandidates(), schedule, &counts)
                else { return }
            } while scan.after != nil
        }
        guard isCurrent else { return }
        let (aborted, damaged) = try await drive.uploads.abort(in: bucket, by: schedule, at: time)
        counts.uploadsAborted += aborted
        for corruption in damaged { note(corruption.what, &counts) }
    }

    /// Whether these are still the bucket's rules: of others another sweep is made.
    private var isCurrent: Bool {
        guard !Task.isCancelled, let name = try? BucketName(bucket.name), let present = try? drive.buckets.bucket(name)
        else { return false }
        return present.id == bucket.id && present.lifecycle == configuration
    }

    /// False when the bucket has other rules meanwhile.
    private func remove(
        _ candidates: [ExpiryCandidate], _ schedule: LifecycleSchedule, _ counts: inout LifecycleCounts
    ) async throws -> Bool {
        var rest = candidates[...]
        while !rest.isEmpty {
            guard isCurrent else { return false }
            let batch = Array(rest.prefix(Self.removedAtOnce))
            rest = rest.dropFirst(batch.count)
            let outcomes = try await pace.current.work {
                try await drive.objects.expire(batch, in: bucket, by: schedule, at: time)
            }
            for (candidate, outcome) in zip(batch, outcomes) { try count(candidate, outcome, &counts) }
        }
        return isCurrent
    }

    /// The same of objects that go with all of their versions: older ones first.
    ///
    /// - Parameter kept: keys of which a version stayed: with the newest gone, that one would be the object.
    private func remove(
        _ expired: [ExpiredObjectVersion], keeping kept: inout Set<[UInt8]>, _ schedule: LifecycleSchedule,
        _ counts: inout LifecycleCounts
    ) async throws -> Bool {
        for isNewest in [false, true] {
            var rest = expired.filter { ($0.version == $0.newest) == isNewest && !(isNewest && kept.contains($0.key)) }[
                ...]
            while !rest.isEmpty {
                guard isCurrent else { return false }
                let batch = Array(rest.prefix(Self.removedAtOnce))
                rest = rest.dropFirst(batch.count)
                let outcomes = try await pace.current.work {
                    try await drive.objects.expire(batch, in: bucket, by: schedule, at: time)
                }
                for (version, outcome) in zip(batch, outcomes) {
                    if case .removed = outcome {} else { kept.insert(version.key) }
                    let candidate = ExpiryCandidate(
                        key: version.key, version: version.version, kind: isNewest ? .current : .noncurrent(newer: 0))
                    try count(candidate, outcome, &counts)
                }
            }
        }
        // The last key may go on in the next piece.
        kept = kept.filter { $0 == expired.last?.key }
        return isCurrent
    }

    private func count(
        _ candidate: ExpiryCandidate, _ outcome: ExpiryOutcome, _ counts: inout LifecycleCounts
    ) throws {
        switch outcome {
        case .removed:
            switch candidate.kind {
            case .current: counts.expired += 1
            case .loneDeleteMarker: counts.deleteMarkersRemoved += 1
            case .noncurrent: counts.noncurrentRemoved += 1
            }
        case .hidden: counts.hidden += 1
        case .kept: break
        case .held: counts.held += 1
        case .damaged(let what): note(what, &counts)
        case .failed(let error):
            counts.failed += 1
            // What fails otherwise than by damage is nothing of this version alone.
            throw error
        }
    }

    private func note(_ what: String, _ counts: inout LifecycleCounts) {
        counts.damaged += 1
        guard counts.damaged <= Self.namedDamage else { return }
        logger.error(
            "a lifecycle rule met damage, and left it", metadata: ["bucket": "\(bucket.name)", "what": "\(what)"])
    }
}
