import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

/// A version as the walk has met it.
struct JobCandidate: Sendable {
    let key: [UInt8]
    let version: VersionID
    let order: Int64
    let size: Int64
    let modified: Int64
    let isMarker: Bool
    let isNull: Bool
}

/// One walk of a job over the versions of its bucket.
struct JobWalk {
    let drive: SealedDrive
    let job: BatchJob
    let pace: Adjustable<Pace>
    let rests: @Sendable () -> (keyRotation: Duration, expiration: Duration)
    let isCancelled: @Sendable () -> Bool

    /// Versions of a piece.
    static let atOnce = 256
    /// Versions of one key that are looked at together: of more than these, a further job removes the rest.
    static let mostOfKey = 100_000
    /// How long is waited for a key service that does not answer.
    static let patience = Duration.seconds(5)

    /// The job cannot go on.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter report: is told after every piece, and may throw to end the walk; what was done stays done.
    func run(
        _ progress: inout JobProgress, report: (JobProgress) async throws -> Void
    ) async throws {
        let prefixes: [String]
        switch job.work {
        case .keyRotation(let rotation): prefixes = [rotation.prefix]
        case .expiration(let expiration): prefixes = expiration.prefixes.isEmpty ? [""] : expiration.prefixes
        }
        while progress.prefix < prefixes.count {
            let bucket = try bucket
            var scan = VersionScan(bucket: bucket.id, prefix: Array(prefixes[progress.prefix].utf8), limit: Self.atOnce)
            if let key = progress.afterKey { scan.after = ScanPosition(key: key, order: progress.afterOrder) }
            let (candidates, next) = try await pace.current.scan(drive, scan, [JobCandidate]()) { met, version in
                met.append(JobCandidate(version))
                return .proceed
            }
            switch job.work {
            case .keyRotation(let rotation):
                try await rotate(candidates, rotation, bucket, &progress, report: report)
            case .expiration(let expiration):
                // The last key of a piece may go on in the next one.
                let (whole, after) = try await wholeKeys(candidates, next, bucket)
                try await expire(whole, expiration, bucket, &progress, report: report)
                progress.afterKey = after?.key
                progress.afterOrder = after?.order ?? 0
                if after == nil { progress.prefix += 1 }
                try await report(progress)
                continue
            }
            progress.afterKey = next?.key
            progress.afterOrder = next?.order ?? 0
            if next == nil { progress.prefix += 1 }
            try await report(progress)
        }
    }

    /// The job's bucket as it is now.
    private var bucket: Bucket {
        get throws {
            guard let bucket = drive.buckets.bucket(named: job.bucket) else {
                throw Failure(description: "there is no bucket \(job.bucket) any more")
            }
            return bucket
        }
    }

    func rest(_ duration: Duration) async throws {
        if duration > .zero { try await Task.sleep(for: duration) }
    }
}

extension JobCandidate {
    init(_ version: ScannedVersion) {
        self.init(
            key: Array(version.key), version: version.version, order: version.order, size: version.size,
            modified: version.modified, isMarker: version.flags.contains(.deleteMarker),
            isNull: version.flags.contains(.nullVersion))
    }

    /// `nil` for a damaged one.
    var name: ObjectName? { String(validating: key, as: UTF8.self).flatMap { try? ObjectName($0) } }
}
