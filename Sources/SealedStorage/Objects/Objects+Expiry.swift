package import ObjectStorage
package import S3Protocol

/// A version that a lifecycle rule may remove, as a scan has met it: nothing of it is known to be authentic yet.
package struct ExpiryCandidate: Sendable {
    package enum Kind: Sendable {
        /// The newest of its key, and no delete marker.
        case current
        /// The only one of its key, and a delete marker.
        case loneDeleteMarker
        /// Another one has taken its place, and it is behind so many objects that are not current either.
        case noncurrent(newer: Int64)
    }

    package let key: [UInt8]
    package let version: VersionID
    package let kind: Kind

    package init(key: [UInt8], version: VersionID, kind: Kind) {
        self.key = key
        self.version = version
        self.kind = kind
    }
}

/// What became of a candidate.
package enum ExpiryOutcome: Sendable {
    /// The version is gone for good.
    case removed
    /// A delete marker hides it now.
    case hidden
    /// It is another one by now, or no rule removes it when all of it is known.
    case kept
    /// A retention or a legal hold keeps it.
    case held
    /// It did not open, and stays.
    case damaged(String)
    /// It stays, and may go the next time.
    case failed(any Error)
}

private enum ExpiryRefusal: Error {
    case kept
    case held
}

extension Objects {
    /// Shows a piece of a bucket's versions; see ``ObjectStorage/ObjectStore/scanVersions(_:_:_:)``.
    package func scan<State: Sendable>(
        _ request: VersionScan, _ initial: State,
        _ visit: @escaping @Sendable (inout State, ScannedVersion) -> ScanStep
    ) async throws(StorageError) -> (state: State, next: ScanPosition?) {
        try await store.scanVersions(request, initial, visit)
    }

    /// Removes the candidates that rules remove, in one transaction: each is looked up, opened and judged again, and goes
    /// only if that is still what is there, and where it stands, when the transaction commits.
    ///
    /// Of one key's versions the older ones come first: a version may be the reason why the next one goes.
    /// - Parameter time: milliseconds since 1970: that of the rules, and of delete markers.
    /// - Returns: what became of each, in their order.
    package func expire(
        _ candidates: [ExpiryCandidate], in bucket: Bucket, by schedule: LifecycleSchedule, at time: Int64
    ) async throws -> [ExpiryOutcome] {
        var outcomes = [ExpiryOutcome](repeating: .kept, count: candidates.count)
        var deletions: [ObjectDeletion] = []
        var places: [Int] = []
        for (place, candidate) in candidates.enumerated() {
            guard let text = String(validating: candidate.key, as: UTF8.self), let key = try? ObjectName(text) else {
                outcomes[place] = .damaged("key of a version in the bucket of number \(bucket.id.rawValue)")
                continue
            }
            let selector: VersionSelector =
                switch candidate.kind {
                case .current: .current
                case .loneDeleteMarker, .noncurrent: .id(candidate.version)
                }
            var matching: [Int] = []
            schedule.rules(of: candidate.key, into: &matching)
            let deletion = ObjectDeletion(
                key: key, version: selector, notice: Self.notice(of: candidate, in: bucket, at: time)
            ) { [matching] found in
                try judge(candidate, found, schedule, matching, at: time)
            }
            deletions.append(deletion)
            places.append(place)
        }
        guard !deletions.isEmpty else { return outcomes }
        for (place, result) in zip(places, try await delete(bucket, deletions, at: time)) {
            outcomes[place] = Self.outcome(result)
        }
        return outcomes
    }

    /// What targets and listeners are told: as of a client's deletion, by the server itself.
    private static func notice(of candidate: ExpiryCandidate, in bucket: Bucket, at time: Int64) -> ChangeNotice {
        let name: EventName =
            switch candidate.kind {
            case .current, .noncurrent: .removedDelete
            case .loneDeleteMarker: .expiredMarker
            }
        let source = EventSource(
            region: "", principal: "", address: "", userAgent: "Internal: lifecycle", requestID: "", endpoint: "",
            time: time)
        return ChangeNotice(name, bucket: bucket.name, configuration: bucket.notification, source: source)
    }

    private static func outcome(_ result: Result<DeletedObject, any Error>) -> ExpiryOutcome {
        switch result {
        case .success(let deleted): return deleted.isNewMarker ? .hidden : .removed
        case .failure(let error):
            switch error {
            case ExpiryRefusal.kept: return .kept
            case ExpiryRefusal.held: return .held
            // It stands otherwise than where it was judged: the next scan sees how.
            case SealedStorageError.overtaken: return .kept
            case let corruption as Corruption: return .damaged(corruption.what)
            case let error as StorageError where error.isCorrupt: return .damaged("\(error)")
            default: return .failed(error)
            }
        }
    }

    private func judge(
        _ candidate: ExpiryCandidate, _ found: StoredVersion?, _ schedule: LifecycleSchedule, _ matching: [Int],
        at time: Int64
    ) throws -> ObjectDeletion.Requirement {
        guard let found, found.columns.version == candidate.version else { throw ExpiryRefusal.kept }
        let isMarker = found.columns.flags.contains(.deleteMarker)
        // Its columns are bound to its record: from here on its times and size are what was written.
        var attributes = ObjectAttributes()
        if isMarker { _ = try records.etag(of: found) } else { attributes = try records.openOnce(found).attributes }
        let standing: LifecycleSchedule.Standing
        var next: StoredVersion?
        switch candidate.kind {
        case .current:
            guard !isMarker else { throw ExpiryRefusal.kept }
            standing = .current
        case .loneDeleteMarker:
            guard isMarker else { throw ExpiryRefusal.kept }
            standing = .loneDeleteMarker
        case .noncurrent(let newer):
            next = try store.findNextNewerAtHand(than: found)
            guard let next else { throw ExpiryRefusal.kept }
            _ = try records.etag(of: next)
            standing = .noncurrent(since: next.columns.modified, newer: newer)
        }
        let version = LifecycleSchedule.Version(
            size: found.columns.size, modified: found.columns.modified, standing: standing)
        let newer = schedule.newerObjects(toRemove: version, matching, tags: attributes.tags, at: time)
        guard let newer else { throw ExpiryRefusal.kept }
        guard let next else {
            return ObjectDeletion.Requirement(expectation: .exactly(found), standing: isMarker ? .alone : .any)
        }
        guard attributes.lock.permitsRemoval(at: time, bypassesGovernance: false) else { throw ExpiryRefusal.held }
        return ObjectDeletion.Requirement(
            expectation: .exactly(found),
            standing: .noncurrent(behind: next.columns.version, newerObjects: newer))
    }
}
