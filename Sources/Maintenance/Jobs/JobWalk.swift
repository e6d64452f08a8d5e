import Encryption
import KeyManagement
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

/// Moves objects' keys under another key of the key service, without reading a byte of them.
package struct KeyRotationJob: Codable, Sendable {
    package enum Encryption: Codable, Sendable {
        case sseS3
        /// - Parameter key: nil for the default key.
        case sseKMS(key: String?, context: [String: String]?)
    }

    package var bucket: String
    package var prefix: String
    package var encryption: Encryption
    package var filter: JobFilter
    /// Of the key that objects are under now; may have `*` and `?`.
    package var presentKey: String?
    package var retry: JobRetry

    package init(
        bucket: String, prefix: String, encryption: Encryption, filter: JobFilter, presentKey: String?, retry: JobRetry
    ) {
        self.retry = retry
        self.bucket = bucket
        self.prefix = prefix
        self.encryption = encryption
        self.filter = filter
        self.presentKey = presentKey
    }
}

/// Removes objects with all of their versions, or all but some.
package struct ExpirationJob: Codable, Sendable {
    package struct Rule: Codable, Sendable {
        package enum Kind: String, Codable, Sendable {
            /// Whose newest version is an object.
            case object
            /// Whose newest version is a delete marker.
            case deleted
        }

        package var kind: Kind
        /// May have `*` and `?`; empty for any.
        package var name: String
        package var filter: JobFilter
        /// Bytes.
        package var sizeLessThan: Int64?
        package var sizeGreaterThan: Int64?
        /// The newest versions that stay; 0 for none.
        package var retainedVersions: Int

        package init(
            kind: Kind, name: String, filter: JobFilter, sizeLessThan: Int64?, sizeGreaterThan: Int64?,
            retainedVersions: Int
        ) {
            self.kind = kind
            self.name = name
            self.filter = filter
            self.sizeLessThan = sizeLessThan
            self.sizeGreaterThan = sizeGreaterThan
            self.retainedVersions = retainedVersions
        }
    }

    package var bucket: String
    package var prefixes: [String]
    package var rules: [Rule]
    package var retry: JobRetry

    package init(bucket: String, prefixes: [String], rules: [Rule], retry: JobRetry) {
        self.retry = retry
        self.bucket = bucket
        self.prefixes = prefixes
        self.rules = rules
    }
}

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
    private static let atOnce = 256
    /// Versions of one key that are looked at together: of more than these, a further job removes the rest.
    private static let mostOfKey = 100_000
    /// How long is waited for a key service that does not answer.
    private static let patience = Duration.seconds(5)

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
            let (candidates, next) = try await pace.current.work { [scan] in
                let piece = try await drive.objects.scan(scan, [JobCandidate]()) { met, version in
                    met.append(JobCandidate(version))
                    return .proceed
                }
                return (piece.state, piece.next)
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

    // MARK: Keys

    private func rotate(
        _ candidates: [JobCandidate], _ rotation: KeyRotationJob, _ bucket: Bucket, _ progress: inout JobProgress,
        report: (JobProgress) async throws -> Void
    ) async throws {
        let decision: EncryptionDecision =
            switch rotation.encryption {
            case .sseS3: .sseS3
            case .sseKMS(let key, let context):
                .sseKMS(
                    key: try key.map { (name) throws(KeyServiceError) in try KeyID(name) }
                        ?? drive.keys.service.defaultKey,
                    clientContext: context.map { KMSContext($0) }, bucketKey: false)
            }
        for candidate in candidates where !candidate.isMarker {
            guard rotation.filter.fits(modified: candidate.modified, start: job.started) else { continue }
            guard let key = candidate.name else {
                progress.objectsFailed += 1
                continue
            }
            do {
                let isDone = try await pace.current.work {
                    try await rotate(key, candidate, rotation, bucket, as: decision)
                }
                if isDone { progress.objects += 1 }
            } catch SealedStorageError.noSuchKey, SealedStorageError.noSuchVersion {
                // It was removed meanwhile.
            } catch let error as CancellationError {
                throw error
            } catch {
                progress.objectsFailed += 1
                if progress.cause == nil { progress.cause = "\(key.rawValue): \(error)" }
            }
            progress.lastObject = key.rawValue
            try await rest(rests().keyRotation)
            try await report(progress)
        }
    }

    /// False for what the job is not about.
    private func rotate(
        _ key: ObjectName, _ candidate: JobCandidate, _ rotation: KeyRotationJob, _ bucket: Bucket,
        as decision: EncryptionDecision
    ) async throws -> Bool {
        let selector: VersionSelector = candidate.isNull ? .null : .id(candidate.version)
        var attempt = 1
        while true {
            do {
                let object = try drive.objects.requireWithBody(bucket, key: key, version: selector)
                guard object.record.encryption.scheme != .sseC else { return false }
                let attributes = object.record.attributes
                guard rotation.filter.fits(tags: attributes.tags, metadata: attributes.metadata) else { return false }
                if let pattern = rotation.presentKey {
                    guard let name = object.keyName, GlobPattern(pattern).matches(name) else { return false }
                }
                try await drive.objects.rekey(key, in: bucket, version: selector, as: decision)
                return true
            } catch KeyServiceError.unavailable {
                // What is away comes back, and is waited for.
                try await Task.sleep(for: Self.patience)
                guard !isCancelled() else { throw CancellationError() }
            } catch let error as StorageError {
                // Somebody was faster, or there was too much to do; what else fails, fails again.
                guard case .overloaded = error, attempt < rotation.retry.attempts else { throw error }
                attempt += 1
                try await Task.sleep(for: .milliseconds(rotation.retry.delay))
            }
        }
    }

    // MARK: Removal

    /// The candidates up to the end of a key, with the rest of that key's versions, and where the next piece begins.
    private func wholeKeys(
        _ candidates: [JobCandidate], _ next: ScanPosition?, _ bucket: Bucket
    ) async throws -> (candidates: [JobCandidate], after: ScanPosition?) {
        guard var position = next, let key = candidates.last?.key else { return (candidates, next) }
        if let firstOfLast = candidates.firstIndex(where: { $0.key == key }), firstOfLast > 0 {
            // It comes again with the next piece.
            let before = candidates[firstOfLast - 1]
            return (Array(candidates[..<firstOfLast]), ScanPosition(key: before.key, order: before.order))
        }
        // One key has more versions than a piece.
        var all = candidates
        while true {
            let scan = VersionScan(bucket: bucket.id, prefix: key, after: position, limit: Self.atOnce)
            let (more, following) = try await pace.current.work {
                let piece = try await drive.objects.scan(scan, [JobCandidate]()) { met, version in
                    met.append(JobCandidate(version))
                    return version.key.elementsEqual(key) ? .proceed : .stop
                }
                return (piece.state, piece.next)
            }
            all += more.filter { $0.key == key }
            guard let last = all.last else { return (all, nil) }
            guard let following, more.last?.key == key, all.count < Self.mostOfKey else {
                return (all, ScanPosition(key: last.key, order: last.order))
            }
            position = following
        }
    }

    private func expire(
        _ candidates: [JobCandidate], _ expiration: ExpirationJob, _ bucket: Bucket, _ progress: inout JobProgress,
        report: (JobProgress) async throws -> Void
    ) async throws {
        var rest = candidates[...]
        while let newest = rest.first {
            let versions = rest.prefix { $0.key == newest.key }
            rest = rest.dropFirst(versions.count)
            guard let key = newest.name else {
                progress.objectsFailed += 1
                continue
            }
            guard let rule = try expiration.rules.first(where: { try fits($0, key, newest, bucket) }) else { continue }
            let doomed = versions.dropFirst(rule.retainedVersions)
            // The newest last: the others go because of it.
            for version in doomed.reversed() {
                let candidate = PurgeCandidate(key: key, version: version.version, newest: newest.version)
                switch try await purge(candidate, bucket, expiration.retry) {
                case .removed, .hidden:
                    if version.isMarker { progress.deleteMarkers += 1 } else { progress.objects += 1 }
                case .kept, nil: break
                case .held, .damaged, .failed:
                    if version.isMarker { progress.deleteMarkersFailed += 1 } else { progress.objectsFailed += 1 }
                }
            }
            progress.lastObject = key.rawValue
            try await self.rest(rests().expiration)
            try await report(progress)
        }
    }

    private func purge(
        _ candidate: PurgeCandidate, _ bucket: Bucket, _ retry: JobRetry
    ) async throws -> ExpiryOutcome? {
        var attempt = 1
        while true {
            let outcome = try await pace.current.work {
                try await drive.objects.purge([candidate], in: bucket, at: drive.latestTime).first
            }
            guard case .failed(let error) = outcome else { return outcome }
            // A drive that takes no writes takes none of the next either.
            if let error = error as? StorageError, case .closed = error { throw error }
            guard attempt < retry.attempts else { return outcome }
            attempt += 1
            try await Task.sleep(for: .milliseconds(retry.delay))
        }
    }

    private func fits(
        _ rule: ExpirationJob.Rule, _ key: ObjectName, _ newest: JobCandidate, _ bucket: Bucket
    ) throws -> Bool {
        guard newest.isMarker == (rule.kind == .deleted),
            rule.name.isEmpty || GlobPattern(rule.name).matches(key.rawValue),
            rule.filter.fits(modified: newest.modified, start: job.started)
        else { return false }
        if newest.isMarker { return !rule.filter.asksForRecord }
        if let bound = rule.sizeLessThan, newest.size >= bound { return false }
        if let bound = rule.sizeGreaterThan, newest.size <= bound { return false }
        guard rule.filter.asksForRecord else { return true }
        let selector: VersionSelector = newest.isNull ? .null : .id(newest.version)
        guard let object = try drive.objects.find(bucket, key: key, version: selector) else { return false }
        return rule.filter.fits(tags: object.record.attributes.tags, metadata: object.record.attributes.metadata)
    }

    private func rest(_ duration: Duration) async throws {
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
