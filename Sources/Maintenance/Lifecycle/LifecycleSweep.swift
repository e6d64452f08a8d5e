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
            var scan = VersionScan(bucket: bucket.id, prefix: prefix, limit: Self.scannedAtOnce)
            repeat {
                let before = walk.visited
                (walk, scan.after) = try await pace.current.work { [scan, walk] in
                    let piece = try await drive.objects.scan(scan, walk) { walk, version in walk.visit(version) }
                    return (piece.state, piece.next)
                }
                counts.scanned += walk.visited - before
                if scan.after == nil { walk.finish() }
                guard try await remove(walk.takeCandidates(), schedule, &counts) else { return }
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
