package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Puts `tags` in the place of those that a version has; all else of it stays, its time too.
    ///
    /// - Returns: the version as it was.
    /// - Throws: as ``require(_:key:version:)`` and ``untilSwapped(_:)``.
    @discardableResult
    package func setTags(
        _ tags: ObjectTags, of bucket: Bucket, key: ObjectName, version selector: VersionSelector,
        notice: ChangeNotice? = nil
    ) async throws -> StoredObject {
        try await replaceRecord(of: key, selector, in: bucket, notice) { try records.retagged($0.version, tags) }
    }

    /// Puts another record in the place of a version's.
    ///
    /// - Parameter change: the record to be there, sealed, or nil when nothing changes; it runs again on what others have
    ///   put there meanwhile, of another version when that has become the one that is selected.
    /// - Returns: the version as it was.
    /// - Throws: what `change` does, as ``require(_:key:version:)``, and as ``untilSwapped(_:)``.
    @discardableResult
    func replaceRecord(
        of key: ObjectName, _ selector: VersionSelector, in bucket: Bucket, _ notice: ChangeNotice? = nil,
        _ change: (StoredObject) throws -> [UInt8]?
    ) async throws -> StoredObject {
        try await untilSwapped {
            let object = try require(bucket, key: key, version: selector)
            guard let sealed = try change(object) else { return (object, .swapped) }
            let columns = object.columns
            var told: [PreparedEvent] = []
            if let notice {
                let event = notice.event(columns, object.record, sequence: store.nextOrder())
                told.append(try events.prepare(event, of: notice))
            }
            let outcome = try await events.commit(told, isMade: { $0 == .swapped }) {
                try await store.replaceRecord(
                    of: columns.version, bucket.id, key: columns.key, sealed: sealed,
                    replacing: object.version.sealed, events: told.flatMap(\.rows))
            }
            return (object, outcome)
        }
    }

    /// Makes an attempt to change what is stored, and another one as long as other changes were faster.
    ///
    /// - Throws: what the attempts do, and `conditionalConflict` after a hundred of them.
    func untilSwapped<Found>(_ attempt: () async throws -> (Found, SwapOutcome)) async throws -> Found {
        for _ in 1...Self.greatestAttempts {
            let (found, outcome) = try await attempt()
            switch outcome {
            case .swapped: return found
            case .changed: continue
            }
        }
        throw SealedStorageError.conditionalConflict
    }
}
