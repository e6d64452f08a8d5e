import Cryptography
import ObjectStorage
package import S3Protocol

extension Objects {
    /// Gives an object another key in its bucket, in the place of what is there; in one commit, so that at no moment it has
    /// both keys, or none.
    ///
    /// Everything about it stays as it is, its encryption and annotations too: neither a customer's key nor the key service's
    /// is needed. Where a bucket has versions, the other key gets a new one, of the time of the renaming, and with the
    /// retention that the bucket gives if it has none; a delete marker hides the former key, whose versions stay.
    ///
    /// - Parameters:
    ///   - key: another one than the object's.
    ///   - sourceConditions: of the object.
    ///   - conditions: of what has the other key.
    ///   - time: milliseconds since 1970.
    /// - Returns: the identifier of the version that was added, as clients are told it; nil where none was.
    /// - Throws: `noSuchKey`, `preconditionFailed`, `conditionalConflict`; what the drive does. Nothing has changed then.
    @discardableResult
    package func rename(
        _ object: ObjectName, to key: ObjectName, in bucket: Bucket, if sourceConditions: Preconditions,
        replacing conditions: Preconditions, notice: ChangeNotice? = nil, at time: Int64
    ) async throws -> String? {
        var rule = bucket.versioningRule
        var order = store.nextOrder()
        for attempt in 1...Self.greatestAttempts {
            guard let source = try findWithBody(bucket, key: object) else { throw SealedStorageError.noSuchKey }
            try require(sourceConditions, of: source.record.etag, source.columns)
            let place = VersionPlace(
                order: order, of: key.rawValue, rule, expecting: try expectation(conditions, bucket, key))
            guard let annotations = try await shareAnnotations(of: source) else { continue }
            let outcome: MoveOutcome
            do {
                outcome = try await move(source, to: key, at: place, rule, annotations, in: bucket, notice, at: time)
            } catch {
                discard(annotations.copied.map(\.body))
                throw error
            }
            guard outcome != .moved else {
                return place.flags.contains(.nullVersion) ? nil : place.version.hex
            }
            discard(annotations.copied.map(\.body))
            switch outcome {
            case .moved, .sourceChanged, .refused(.stored), .refused(.changed): break
            case .refused(.versioningChanged(let present)): rule = present
            case .refused(.staleOrder(let newest)):
                order = store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt)
            }
        }
        throw SealedStorageError.conditionalConflict
    }

    private func move(
        _ source: StoredObject, to key: ObjectName, at place: VersionPlace, _ rule: VersioningRule,
        _ annotations: SharedAnnotations, in bucket: Bucket, _ notice: ChangeNotice?, at time: Int64
    ) async throws -> MoveOutcome {
        let keepsVersions = rule.versioning != .unversioned
        let from = source.columns
        let columns = VersionColumns(
            bucket: from.bucket, key: key.rawValue, version: place.version, order: place.order, size: from.size,
            // A version that came to be long ago would have taken the place of the ones below it then.
            modified: keepsVersions ? time : from.modified, flags: place.flags, dataKey: from.dataKey,
            body: from.body, blob: from.blob)
        // The object key stays sealed as it is: for the bucket and the stream, which are the same.
        let record = source.record.with(try lockedByDefault(source.record.attributes, in: bucket))
        let shared = try await sharedBody(of: source, keepsChecksums: true)
        var version = try await newVersion(columns, record, shared, dataKey: nil)
        version.annotations = try await self.annotations(annotations.copied, of: columns)
        var told = try prepare(notice, columns, record)
        version.events = told.flatMap(\.rows)
        // To who follows a bucket, an object has come and another one is gone.
        var marker: NewVersion?
        if keepsVersions {
            let hidden = VersionPlace(order: place.order, of: from.key, rule, expecting: .none)
            let made = try deleteMarker(of: from.key, in: bucket, at: hidden, modified: time, notice)
            marker = made.marker
            if let event = made.told { told.append(event) }
        } else if let gone = notice?.with(.removedDelete) {
            let event = try events.prepare(gone.event(from, nil, sequence: place.order), of: gone)
            version.events += event.rows
            told.append(event)
        }
        return try await events.commit(told, isMade: { $0 == .moved }) { [version, marker] in
            try await store.move(
                version, expecting: place.expectation,
                from: MoveSource(source.version, annotations: annotations.versions, leaving: marker))
        }
    }

    /// Checks conditions on what has a key now, and makes of them what the commit is to find.
    private func expectation(
        _ conditions: Preconditions, _ bucket: Bucket, _ key: ObjectName
    ) throws -> Expectation {
        guard !conditions.isEmpty else { return .none }
        guard let current = try find(bucket, key: key) else {
            guard conditions.ifMatch == nil else { throw SealedStorageError.preconditionFailed }
            return .absent
        }
        try require(conditions, of: current.record.etag, current.columns)
        return .current(current.columns.version)
    }

    private func require(
        _ conditions: Preconditions, of etag: ETag, _ columns: VersionColumns
    ) throws(SealedStorageError) {
        switch conditions.evaluateCopySource(etag: etag, modified: columns.modified) {
        case .proceed: break
        case .notModified, .failed: throw .preconditionFailed
        }
    }
}
