import ObjectStorage
package import S3Protocol

extension Objects {
    /// Puts `tags` in the place of those that an object has; all else of it stays, its time too.
    ///
    /// - Throws: `noSuchKey`; `StorageError.overloaded` when the object was changed by others whenever this was to be.
    package func setTags(_ tags: ObjectTags, of bucket: Bucket, key: ObjectName) async throws {
        for _ in 0..<greatestTagAttempts {
            guard let object = try find(bucket, key: key) else { throw SealedStorageError.noSuchKey }
            let version = object.version
            let outcome = try await store.replaceRecord(
                of: version.columns.version, bucket.id, key: version.columns.key,
                sealed: try records.retagged(version, tags), replacing: version.sealed)
            switch outcome {
            case .swapped: return
            // Another record of the version, or another version: what there is now is tagged.
            case .changed: continue
            }
        }
        throw StorageError.overloaded
    }
}

/// How often tags are put when each time another change of the object was faster.
private let greatestTagAttempts = 100
