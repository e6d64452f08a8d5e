package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Puts `tags` in the place of those that a version has; all else of it stays, its time too.
    ///
    /// - Returns: the version as it was.
    /// - Throws: as ``require(_:key:version:)``; `StorageError.overloaded` when the object was changed by others whenever this was to be.
    @discardableResult
    package func setTags(
        _ tags: ObjectTags, of bucket: Bucket, key: ObjectName, version selector: VersionSelector
    ) async throws -> StoredObject {
        for _ in 0..<greatestTagAttempts {
            let object = try require(bucket, key: key, version: selector)
            let version = object.version
            let outcome = try await store.replaceRecord(
                of: version.columns.version, bucket.id, key: version.columns.key,
                sealed: try records.retagged(version, tags), replacing: version.sealed)
            switch outcome {
            case .swapped: return object
            // Another record of the version, or another version: what there is now is tagged.
            case .changed: continue
            }
        }
        throw StorageError.overloaded
    }
}

/// How often tags are put when each time another change of the object was faster.
private let greatestTagAttempts = 100
