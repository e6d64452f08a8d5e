import Encryption
package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Seals an object's key anew as `decision` says, and those of its annotations.
    ///
    /// Neither their bytes nor anything else about them changes.
    /// Who has kept the former sealed key, and may use the key that it was sealed under, can still open the bytes: to end that
    /// takes a copy, which encrypts them anew.
    /// - Parameter decision: SSE-S3 or SSE-KMS.
    /// - Throws: as ``require(_:key:version:)`` and ``untilSwapped(_:)``; `customerKeyRequired` for an object under a
    ///   customer's key, `layeredEncryption` for one in two layers; what drive and key service do. Nothing has changed then.
    package func rekey(
        _ key: ObjectName, in bucket: Bucket, version: VersionSelector = .current, as decision: EncryptionDecision
    ) async throws {
        try await untilSwapped {
            let object = try requireWithBody(bucket, key: key, version: version)
            // Its scheme would say that there is one; AWS refuses it too.
            guard object.record.encryption.scheme != .dsseKMS else { throw SealedStorageError.layeredEncryption }
            let objectKey = try await keys.open(object.key(nil))
            let new = try await keys.seal(
                objectKey, of: object.record.encryption.identity, as: decision, in: bucket, for: key)
            guard let dataKey = new.dataKeyRow else { preconditionFailure("a customer's key has no row") }
            let rekeyed = RekeyedVersion(object.version, sealed: try seal(object, new.record, under: dataKey))
            let annotations = try await rekeyedAnnotations(of: object, as: new.record, under: dataKey)
            return ((), try await store.rekey(rekeyed, annotations: annotations, under: dataKey))
        }
    }

    private func seal(_ object: StoredObject, _ encryption: EncryptionRecord, under dataKey: DataKeyRow) throws
        -> [UInt8]
    {
        var columns = object.columns
        columns.dataKey = dataKey.id
        return try records.seal(object.record.encrypted(as: encryption), columns)
    }

    /// - Parameters:
    ///   - encryption: that the object is to have.
    ///   - dataKey: that it is to be sealed under.
    private func rekeyedAnnotations(
        of object: StoredObject, as encryption: EncryptionRecord, under dataKey: DataKeyRow
    ) async throws -> [RekeyedVersion] {
        guard try hasAnnotations(object) else { return [] }
        let rows = try await annotationRows(of: object)
        let annotations = try await store.offload {
            try rows.compactMap { row -> StoredObject? in
                // One that is gone meanwhile: the commit misses it.
                guard let found = try store.findAtHand(row.columns.bucket, key: row.columns.key, .rowAndDataKey) else {
                    return nil
                }
                return StoredObject(found, try records.openOnce(found.version))
            }
        }
        let owner = StoredObjectKey(
            record: encryption, bucket: object.columns.bucket, dataKey: dataKey, customerKey: nil,
            name: object.columns.key)
        let secrets = try await keys.secrets(of: [owner] + annotations.map { $0.key(nil) })
        return try await store.offload {
            try annotations.map { annotation in
                let resealed = try keys.reseal(annotation.key(nil), as: owner, secrets)
                return RekeyedVersion(annotation.version, sealed: try seal(annotation, resealed, under: dataKey))
            }
        }
    }
}
