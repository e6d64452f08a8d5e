package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Puts `tags` in the place of those that a version has; all else of it stays, its time too.
    ///
    /// - Returns: the version as it was.
    /// - Throws: as ``require(_:key:version:)``; `StorageError.overloaded` when the object was changed by others whenever this was to be.
    @discardableResult
    package func setTags(
        _ tags: ObjectTags, of bucket: Bucket, key: ObjectName, version selector: VersionSelector,
        notice: ChangeNotice? = nil
    ) async throws -> StoredObject {
        for _ in 0..<greatestTagAttempts {
            let object = try require(bucket, key: key, version: selector)
            let version = object.version
            let sealed = try records.retagged(version, tags)
            let outcome = try await replaceRecord(of: object, in: bucket, by: sealed, notice)
            switch outcome {
            case .swapped: return object
            // Another record of the version, or another version: what there is now is tagged.
            case .changed: continue
            }
        }
        throw StorageError.overloaded
    }
}

extension Objects {
    /// Puts another record in the place of the one that was read, and tells of that.
    func replaceRecord(
        of object: StoredObject, in bucket: Bucket, by sealed: [UInt8], _ notice: ChangeNotice?
    ) async throws -> SwapOutcome {
        let columns = object.columns
        let told =
            try notice.map { notice in
                let event = notice.event(columns, object.record, sequence: store.nextOrder())
                return [try events.prepare(event, of: notice)]
            } ?? []
        return try await events.commit(told, isMade: { $0 == .swapped }) {
            try await store.replaceRecord(
                of: columns.version, bucket.id, key: columns.key, sealed: sealed, replacing: object.version.sealed,
                events: told.flatMap(\.rows))
        }
    }
}

/// How often tags are put when each time another change of the object was faster.
private let greatestTagAttempts = 100
