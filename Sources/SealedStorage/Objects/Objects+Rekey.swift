import Encryption
package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Seals an object's key anew as `decision` says; neither its bytes nor anything else about it changes.
    ///
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
            guard object.record.encryption.scheme != .dsseKMS else { throw SealedStorageError.layeredEncryption }
            let objectKey = try await keys.open(object.key(nil))
            let new = try await keys.seal(
                objectKey, of: object.record.encryption.identity, as: decision, in: bucket, for: key)
            guard let dataKey = new.dataKeyRow else { preconditionFailure("a customer's key has no row") }
            var columns = object.columns
            columns.dataKey = dataKey.id
            let sealed = try records.seal(object.record.encrypted(as: new.record), columns)
            return ((), try await store.rekey(object.version, under: dataKey, sealed: sealed))
        }
    }
}
