import Notation
import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

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

extension JobWalk {
    /// The candidates up to the end of a key, with the rest of that key's versions, and where the next piece begins.
    func wholeKeys(
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
            let (more, following) = try await pace.current.scan(drive, scan, [JobCandidate]()) { met, version in
                met.append(JobCandidate(version))
                return version.key.elementsEqual(key) ? .proceed : .stop
            }
            all += more.filter { $0.key == key }
            guard let last = all.last else { return (all, nil) }
            guard let following, more.last?.key == key, all.count < Self.mostOfKey else {
                return (all, ScanPosition(key: last.key, order: last.order))
            }
            position = following
        }
    }

    func expire(
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
}
