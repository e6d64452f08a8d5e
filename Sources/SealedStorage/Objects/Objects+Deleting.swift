package import ObjectStorage
package import S3Protocol

/// One object, or one version of one, of those that a request deletes together.
package struct ObjectDeletion: Sendable {
    package let key: ObjectName
    /// The version that goes for good; the current one stands for the object, which the bucket's versioning may keep.
    package let version: VersionSelector
    package let conditions: DeletePreconditions
    /// Whether retention in governance mode is no obstacle.
    package let bypassesGovernance: Bool
    /// What is to be told once it is deleted; `nil` where nobody is to be told.
    package let notice: ChangeNotice?
    /// Judges what is there instead of the conditions, again whenever that was changed.
    let judge: Judge?

    /// Throws to refuse the deletion of the version that is there, nil for none.
    typealias Judge = @Sendable (StoredVersion?) throws -> Requirement

    /// What the committing transaction must find.
    struct Requirement {
        let expectation: Expectation
        var standing = VersionStanding.any
    }

    package init(
        key: ObjectName, version: VersionSelector = .current, conditions: DeletePreconditions,
        bypassesGovernance: Bool = false, notice: ChangeNotice? = nil
    ) {
        self.key = key
        self.version = version
        self.conditions = conditions
        self.bypassesGovernance = bypassesGovernance
        self.notice = notice
        judge = nil
    }

    init(key: ObjectName, version: VersionSelector, notice: ChangeNotice?, judge: @escaping Judge) {
        self.key = key
        self.version = version
        conditions = DeletePreconditions()
        bypassesGovernance = false
        self.notice = notice
        self.judge = judge
    }
}

/// What a deletion has done.
package struct DeletedObject: Hashable, Sendable {
    /// The version that is gone, or the delete marker that was made, as clients are told it; nil where a bucket without
    /// versioning has lost an object.
    package let versionID: String?
    /// Whether that is a delete marker.
    package let isDeleteMarker: Bool
    /// Whether it is one that was made.
    var isNewMarker = false
}

extension Objects {
    /// Deletes an object, as the bucket's versioning has it, or one version of it; one that is not there counts as deleted.
    ///
    /// - Throws: `preconditionFailed`, `conditionalConflict`, `locked`, and `noSuchKey` for an object that is not there of
    ///   which a tag is expected.
    @discardableResult
    package func delete(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector = .current, conditions: DeletePreconditions,
        bypassesGovernance: Bool = false, notice: ChangeNotice? = nil, at time: Int64
    ) async throws -> DeletedObject {
        let deletion = ObjectDeletion(
            key: key, version: version, conditions: conditions, bypassesGovernance: bypassesGovernance,
            notice: notice)
        return try await delete(bucket, [deletion], at: time)[0].get()
    }

    /// Makes several deletions, in one transaction.
    ///
    /// - Parameter time: that of delete markers: milliseconds since 1970.
    /// - Returns: for each in turn what it has done, or what has kept it from that.
    package func delete(
        _ bucket: Bucket, _ deletions: [ObjectDeletion], at time: Int64
    ) async throws -> [Result<DeletedObject, any Error>] {
        var results = [Result<DeletedObject, any Error>](
            repeating: .failure(SealedStorageError.conditionalConflict), count: deletions.count)
        var rule = bucket.versioningRule
        var pending = deletions.indices.map { PendingDeletion(index: $0, finding: .nothingYet) }
        // What is judged may stand otherwise each time it is looked at, and can be judged another time.
        let attempts = deletions.contains { $0.judge != nil } ? Self.greatestJudgements : Self.greatestAttempts
        for attempt in 1...attempts {
            let (ready, refused) = try await prepare(
                pending, of: deletions, bucket, rule, attempt: attempt, at: time)
            for (index, error) in refused { results[index] = .failure(error) }
            guard !ready.isEmpty else { return results }
            let outcomes = try await delete(ready.map(\.deletion), in: bucket, ready.compactMap(\.told))
            pending.removeAll()
            for (one, outcome) in zip(ready, outcomes) {
                let wanted = deletions[one.index]
                if let told = one.told { outcome.hasChanged ? events.made(told) : events.undone(told) }
                switch outcome {
                case .removed(let columns): results[one.index] = .success(wanted.result(removing: columns))
                case .absent: results[one.index] = .success(wanted.result(removing: nil))
                case .marked:
                    results[one.index] = .success(
                        DeletedObject(versionID: one.marker?.clientID, isDeleteMarker: true, isNewMarker: true))
                case .failed(let error): results[one.index] = .failure(error)
                case .changed(let current):
                    pending.append(PendingDeletion(index: one.index, finding: .found(current)))
                case .staleOrder(let newest):
                    pending.append(PendingDeletion(index: one.index, finding: .nothingYet, newest: newest))
                case .versioningChanged(let present):
                    rule = present
                    pending.append(PendingDeletion(index: one.index, finding: .nothingYet))
                }
            }
            if pending.isEmpty { return results }
        }
        // Somebody was always faster.
        for one in pending where deletions[one.index].conditions.isEmpty {
            results[one.index] = .failure(SealedStorageError.overtaken)
        }
        return results
    }

    private static let greatestJudgements = 3

    private struct PendingDeletion: Sendable {
        enum DriveFinding: Sendable {
            case nothingYet
            /// The last attempt has found this version in the place of the one to be deleted.
            case found(StoredVersion?)
        }

        let index: Int
        let finding: DriveFinding
        /// An order that the key's newest version has; nil when none is known.
        var newest: Int64?
    }

    private struct ReadyDeletion: Sendable {
        let index: Int
        let deletion: Deletion
        let told: PreparedEvent?

        var marker: VersionColumns? {
            switch deletion.change {
            case .marker(let marker): marker.columns
            case .version, .onlyVersion: nil
            }
        }
    }

    /// Evaluates conditions on what is there, and seals delete markers: on a thread of the drive's where that may be many.
    private func prepare(
        _ pending: [PendingDeletion], of deletions: [ObjectDeletion], _ bucket: Bucket, _ rule: VersioningRule,
        attempt: Int, at time: Int64
    ) async throws -> (ready: [ReadyDeletion], refused: [(index: Int, error: any Error)]) {
        let prepareAll = { @Sendable () -> (ready: [ReadyDeletion], refused: [(index: Int, error: any Error)]) in
            var ready: [ReadyDeletion] = []
            var refused: [(index: Int, error: any Error)] = []
            ready.reserveCapacity(pending.count)
            for one in pending {
                do {
                    let (deletion, told) = try prepare(
                        one, deletions[one.index], bucket, rule, attempt: attempt, at: time)
                    ready.append(ReadyDeletion(index: one.index, deletion: deletion, told: told))
                } catch {
                    refused.append((one.index, error))
                }
            }
            return (ready, refused)
        }
        return pending.count == 1 ? prepareAll() : try await store.offload { prepareAll() }
    }

    private func prepare(
        _ pending: PendingDeletion, _ deletion: ObjectDeletion, _ bucket: Bucket, _ rule: VersioningRule,
        attempt: Int, at time: Int64
    ) throws -> (Deletion, PreparedEvent?) {
        let key = deletion.key.rawValue
        let requirement = try requirement(pending, deletion, bucket, rule.versioning, at: time)
        let expectation = requirement.expectation
        guard deletion.version == .current, rule.versioning != .unversioned else {
            let told = try prepare(deletion.notice, removing: deletion.version, of: deletion.key, in: bucket)
            let change =
                deletion.version == .current ? Deletion.Change.onlyVersion : .version(deletion.version)
            return (
                Deletion(
                    key: key, change, expecting: expectation, standing: requirement.standing, events: told?.rows ?? []),
                told
            )
        }
        let order = pending.newest.map { store.nextOrder(after: $0) + Self.lead(afterAttempts: attempt) }
        let place = VersionPlace(
            order: order ?? store.nextOrder(), of: key, rule, expecting: expectation)
        let (marker, told) = try deleteMarker(of: key, in: bucket, at: place, modified: time, deletion.notice)
        return (Deletion(key: key, .marker(marker), expecting: expectation), told)
    }

    /// A delete marker, and what its commit is to tell.
    func deleteMarker(
        of key: String, in bucket: Bucket, at place: VersionPlace, modified: Int64, _ notice: ChangeNotice?
    ) throws -> (marker: NewVersion, told: PreparedEvent?) {
        let columns = VersionColumns(
            bucket: bucket.id, key: key, version: place.version, order: place.order, size: 0, modified: modified,
            flags: place.flags.union(.deleteMarker), dataKey: nil, body: .none, blob: nil)
        let notice = notice?.with(.removedMarkerCreated)
        let told = try notice.map { try events.prepare($0.event(columns, nil), of: $0) }
        let marker = NewVersion(
            columns: columns, sealed: try records.sealDeleteMarker(columns), body: .none, dataKey: nil,
            events: told?.rows ?? [])
        return (marker, told)
    }

    /// What the removal of a version is to tell.
    private func prepare(
        _ notice: ChangeNotice?, removing version: VersionSelector, of key: ObjectName, in bucket: Bucket
    ) throws -> PreparedEvent? {
        guard let notice = notice?.ofRemoval else { return nil }
        var event = ObjectEvent(
            notice.name, bucket: notice.bucket, key: key.rawValue, sequence: store.nextOrder(),
            source: notice.source)
        switch version {
        case .current: break
        case .null: event.versionID = nullVersionID
        case .id(let id): event.versionID = id.hex
        }
        return try events.prepare(event, of: notice)
    }

    /// As above, of a version that has been listed.
    func prepare(_ notice: ChangeNotice?, removing columns: VersionColumns) throws -> PreparedEvent? {
        guard let notice = notice?.ofRemoval else { return nil }
        return try events.prepare(notice.event(columns, nil, sequence: store.nextOrder()), of: notice)
    }

    /// Commits deletions; what was to be told of them is undone when nothing came of it, else the caller's to settle.
    func delete(
        _ deletions: [Deletion], in bucket: Bucket, _ told: [PreparedEvent]
    ) async throws -> [DeletionOutcome] {
        do {
            return try await store.delete(bucket.id, deletions)
        } catch {
            for event in told { events.undone(event) }
            throw error
        }
    }

    private func requirement(
        _ pending: PendingDeletion, _ deletion: ObjectDeletion, _ bucket: Bucket, _ versioning: BucketVersioning,
        at time: Int64
    ) throws -> ObjectDeletion.Requirement {
        guard let judge = deletion.judge else {
            let expectation = try expectation(pending, deletion, bucket, versioning, at: time)
            return ObjectDeletion.Requirement(expectation: expectation)
        }
        switch pending.finding {
        case .found(let current): return try judge(current)
        case .nothingYet:
            return try judge(
                store.findAtHand(bucket.id, key: deletion.key.rawValue, version: deletion.version, .row)?.version)
        }
    }

    private func expectation(
        _ pending: PendingDeletion, _ deletion: ObjectDeletion, _ bucket: Bucket, _ versioning: BucketVersioning,
        at time: Int64
    ) throws -> Expectation {
        switch pending.finding {
        case .found(let current): return try expectation(deletion, current, at: time)
        case .nothingYet:
            // Nothing is asked of it, unless it may be locked.
            let isLockable = versioning == .locked && deletion.version != .current
            guard !deletion.conditions.isEmpty || isLockable else { return .none }
            let found = try store.findAtHand(
                bucket.id, key: deletion.key.rawValue, version: deletion.version, .row)
            return try expectation(deletion, found?.version, at: time)
        }
    }

    /// What a deletion asks of what is there; an object that is not there fulfils any condition but that of a tag, as it is
    /// not deleted.
    private func expectation(
        _ deletion: ObjectDeletion, _ current: StoredVersion?, at time: Int64
    ) throws -> Expectation {
        let conditions = deletion.conditions
        guard let current else {
            // A version that is gone is as who removes it wants it.
            guard conditions.ifMatch == nil || deletion.version != .current else { throw SealedStorageError.noSuchKey }
            return .absent
        }
        if !conditions.isEmpty {
            let etag = try records.etag(of: current)
            // A delete marker has neither tag nor size.
            guard !current.columns.flags.contains(.deleteMarker) else { throw SealedStorageError.preconditionFailed }
            try refuse(
                conditions.evaluate(etag: etag, modified: current.columns.modified, size: current.columns.size))
        }
        guard deletion.version != .current else { return .current(current.columns.version) }
        try requireUnlocked(current, deletion, at: time)
        return .exactly(current)
    }
}

extension DeletionOutcome {
    fileprivate var hasChanged: Bool {
        switch self {
        case .removed, .marked: true
        case .absent, .changed, .staleOrder, .versioningChanged, .failed: false
        }
    }
}

extension ObjectDeletion {
    fileprivate func result(removing removed: VersionColumns?) -> DeletedObject {
        let versionID: String? =
            switch version {
            case .current: nil
            case .null: nullVersionID
            case .id(let id): id.hex
            }
        return DeletedObject(
            versionID: versionID,
            isDeleteMarker: version != .current && removed?.flags.contains(.deleteMarker) == true)
    }
}
