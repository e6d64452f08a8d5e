import Cryptography
import ObjectStorage
package import S3Protocol

extension Objects {
    /// Gives an object another key in its bucket, in the place of what is there; in one commit, so that at no moment it has
    /// both keys, or none.
    ///
    /// Everything about it stays as it is, its time and its encryption too: neither a customer's key nor the key service's is
    /// needed.
    /// - Parameters:
    ///   - key: another one than the object's.
    ///   - sourceConditions: of the object.
    ///   - conditions: of what has the other key.
    /// - Throws: `versionedBucket`, `annotatedObject`, `noSuchKey`, `preconditionFailed`, `conditionalConflict`; what the drive does. Nothing has changed then.
    package func rename(
        _ object: ObjectName, to key: ObjectName, in bucket: Bucket, if sourceConditions: Preconditions,
        replacing conditions: Preconditions, notice: ChangeNotice? = nil
    ) async throws {
        guard bucket.versioning == .unversioned else { throw SealedStorageError.versionedBucket }
        var order = store.nextOrder()
        for attempt in 1...Self.greatestAttempts {
            guard let source = try findWithBody(bucket, key: object) else { throw SealedStorageError.noSuchKey }
            try require(sourceConditions, of: source.record.etag, source.columns)
            let expectation = try expectation(conditions, bucket, key)
            let from = source.columns
            let columns = VersionColumns(
                bucket: from.bucket, key: key.rawValue, version: VersionID(order: order, random: SecureRandom.word()),
                order: order, size: from.size, modified: from.modified, flags: from.flags, dataKey: from.dataKey,
                body: from.body, blob: from.blob)
            let shared = try await sharedBody(of: source, keepsChecksums: true)
            // The object key stays sealed as it is: for the bucket and the stream, which are the same.
            var version = try await newVersion(columns, source.record, shared, dataKey: nil)
            // To who follows a bucket, an object has come and another one is gone.
            var told = try prepare(notice, columns, source.record)
            if let gone = notice?.with(.removedDelete) {
                told.append(try events.prepare(gone.event(from, nil, sequence: order), of: gone))
            }
            version.events = told.flatMap(\.rows)
            let outcome = try await events.commit(told, isMade: { $0 == .moved }) {
                try await store.move(version, expecting: expectation, from: source.version)
            }
            switch outcome {
            case .moved: return
            case .annotated: throw SealedStorageError.annotatedObject
            case .sourceChanged, .refused(.stored), .refused(.changed): break
            case .refused(.versioningChanged): throw SealedStorageError.versionedBucket
            case .refused(.staleOrder(let newest)):
                order = store.nextOrder(after: newest) + Self.lead(afterAttempts: attempt)
            }
        }
        throw SealedStorageError.conditionalConflict
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
