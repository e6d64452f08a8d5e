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
        let source = EventSource(
            region: "", principal: "", address: "", userAgent: "Internal: batch", requestID: "", endpoint: "",
            time: time)
        let deletions = candidates.map { candidate in
            ObjectDeletion(
                key: candidate.key, version: .id(candidate.version),
                notice: ChangeNotice(
                    .removedDelete, bucket: bucket.name, configuration: bucket.notification, source: source)
            ) { found in try judge(candidate, found, in: bucket, at: time) }
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
        _ candidate: PurgeCandidate, _ found: StoredVersion?, in bucket: Bucket, at time: Int64
    ) throws -> ObjectDeletion.Requirement {
        guard let found, found.columns.version == candidate.version else { throw PurgeRefusal.changed }
        if candidate.version != candidate.newest {
            let newest = try store.findAtHand(bucket.id, key: candidate.key.rawValue, version: .current, .row)
            guard newest?.version.columns.version == candidate.newest else { throw PurgeRefusal.changed }
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
