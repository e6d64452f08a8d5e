package import ObjectStorage
package import S3Protocol

/// A version that is to be removed for good, as a walk has met it.
package struct PurgeCandidate: Sendable {
    package let key: ObjectName
    package let version: VersionID
    /// The version that was the newest of the key when it was judged: when there is another, nothing is removed.
    package let newest: VersionID

    package init(key: ObjectName, version: VersionID, newest: VersionID) {
        self.key = key
        self.version = version
        self.newest = newest
    }
}

/// A version of an object that a rule removes with all of its versions.
package struct ExpiredObjectVersion: Sendable {
    package let key: [UInt8]
    package let version: VersionID
    /// The current one, whose age, size and tags decide.
    package let newest: VersionID

    package init(key: [UInt8], version: VersionID, newest: VersionID) {
        self.key = key
        self.version = version
        self.newest = newest
    }
}

private enum PurgeRefusal: Error {
    case changed
    case held
}

extension Objects {
    /// Removes versions for good, in one transaction: each goes only if it is what was met, and nothing locks it.
    ///
    /// The newest version of a key comes behind the others: while it is there, it is what the rest was judged by.
    /// - Parameter time: milliseconds since 1970.
    /// - Returns: what became of each, in their order.
    package func purge(
        _ candidates: [PurgeCandidate], in bucket: Bucket, at time: Int64
    ) async throws -> [ExpiryOutcome] {
        try await purge(candidates, in: bucket, at: time, by: "Internal: batch") { _ in true }
    }

    /// Removes versions of expired objects, as ``purge(_:in:at:)`` does, as long as a rule removes the newest one with all
    /// others when all of it is known.
    package func expire(
        _ versions: [ExpiredObjectVersion], in bucket: Bucket, by schedule: LifecycleSchedule, at time: Int64
    ) async throws -> [ExpiryOutcome] {
        var outcomes = [ExpiryOutcome](repeating: .kept, count: versions.count)
        var candidates: [PurgeCandidate] = []
        var places: [Int] = []
        for (place, version) in versions.enumerated() {
            guard let text = String(validating: version.key, as: UTF8.self), let key = try? ObjectName(text) else {
                outcomes[place] = .damaged("key of a version in the bucket of number \(bucket.id.rawValue)")
                continue
            }
            candidates.append(PurgeCandidate(key: key, version: version.version, newest: version.newest))
            places.append(place)
        }
        guard !candidates.isEmpty else { return outcomes }
        let removed = try await purge(candidates, in: bucket, at: time, by: "Internal: lifecycle") { newest in
            guard !newest.columns.flags.contains(.deleteMarker) else { return false }
            var matching: [Int] = []
            schedule.rules(of: Array(newest.columns.key.utf8), into: &matching)
            return schedule.removesAllVersions(
                of: LifecycleSchedule.Version(
                    size: newest.columns.size, modified: newest.columns.modified, standing: .current),
                matching, tags: try records.openOnce(newest).attributes.tags, at: time)
        }
        for (place, outcome) in zip(places, removed) { outcomes[place] = outcome }
        return outcomes
    }

    /// - Parameter admits: whether this newest version of a key is one that the key's versions go for.
    private func purge(
        _ candidates: [PurgeCandidate], in bucket: Bucket, at time: Int64, by agent: String,
        _ admits: @escaping @Sendable (StoredVersion) throws -> Bool
    ) async throws -> [ExpiryOutcome] {
        let source = EventSource(
            region: "", principal: "", address: "", userAgent: agent, requestID: "", endpoint: "", time: time)
        let deletions = candidates.map { candidate in
            ObjectDeletion(
                key: candidate.key, version: .id(candidate.version),
                notice: ChangeNotice(
                    .removedDelete, bucket: bucket.name, configuration: bucket.notification, source: source)
            ) { found in try judge(candidate, found, in: bucket, at: time, admits) }
        }
        return try await delete(bucket, deletions, at: time).map { result in
            switch result {
            case .success: return .removed
            case .failure(let error):
                switch error {
                case PurgeRefusal.changed, StorageError.overloaded: return .kept
                case PurgeRefusal.held: return .held
                case let corruption as Corruption: return .damaged(corruption.what)
                default: return .failed(error)
                }
            }
        }
    }

    private func judge(
        _ candidate: PurgeCandidate, _ found: StoredVersion?, in bucket: Bucket, at time: Int64,
        _ admits: (StoredVersion) throws -> Bool
    ) throws -> ObjectDeletion.Requirement {
        guard let found, found.columns.version == candidate.version else { throw PurgeRefusal.changed }
        let newest =
            candidate.version == candidate.newest
            ? found : try store.findAtHand(bucket.id, key: candidate.key.rawValue, version: .current, .row)?.version
        guard let newest, newest.columns.version == candidate.newest, try admits(newest) else {
            throw PurgeRefusal.changed
        }
        if found.columns.flags.contains(.deleteMarker) {
            _ = try records.etag(of: found)
        } else {
            let attributes = try records.openOnce(found).attributes
            guard attributes.lock.permitsRemoval(at: time, bypassesGovernance: false) else { throw PurgeRefusal.held }
        }
        return ObjectDeletion.Requirement(expectation: .exactly(found))
    }
}
