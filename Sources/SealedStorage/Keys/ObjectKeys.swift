import Cryptography
import Encryption
import KeyManagement
import ObjectStorage
import S3Protocol

/// The object key of a new object or upload, and what its rows need of it.
struct NewObjectKey {
    let objectKey: ObjectKey
    let record: EncryptionRecord
    /// The data key's row, to be committed with the object.
    ///
    /// `nil` for SSE-C, whose data key is the client's and is nowhere stored.
    let dataKeyRow: DataKeyRow?
    let applied: AppliedEncryption
}

/// The sealed object key of a version or an upload, and what it takes to open it.
struct StoredObjectKey {
    let record: EncryptionRecord
    let bucket: BucketID
    /// `nil` for a customer's key, and when its row is missing.
    let dataKey: DataKeyRow?
    let customerKey: CustomerKey?
    /// How errors and log lines name the object.
    let name: String

    fileprivate var requiredDataKey: DataKeyRow {
        get throws(Corruption) {
            guard let dataKey else { throw Corruption(what: "data key of object \"\(name)\"") }
            return dataKey
        }
    }

    fileprivate func open(under key: SecretKey) throws(Corruption) -> ObjectKey {
        do {
            return try KeySealing.open(record.sealedObjectKey, under: key, binding: record.binding(in: bucket))
        } catch {
            throw Corruption(what: "object key of \"\(name)\"")
        }
    }
}

/// Makes, seals and opens the keys that objects are encrypted with.
struct ObjectKeys: Sendable {
    private let dataKeys: DataKeys
    private let records: SealedRecords

    /// - Parameter records: whose key the outer layers' keys are derived from.
    init(_ dataKeys: DataKeys, _ records: SealedRecords) {
        self.dataKeys = dataKeys
        self.records = records
    }

    /// Draws an object key and seals it as `decision` says.
    ///
    /// - Parameter identity: what the sealed key is bound to; never used for another one.
    func make(
        _ decision: EncryptionDecision, in bucket: Bucket, for object: ObjectName,
        identity: ObjectIdentity = ObjectIdentity()
    ) async throws -> NewObjectKey {
        try await seal(ObjectKey(), of: identity, as: decision, in: bucket, for: object)
    }

    /// Seals an object key as `decision` says.
    ///
    /// - Parameters:
    ///   - objectKey: with that of the outer layer, if the bytes that it encrypts have two.
    ///   - identity: what the streams are bound to that the key encrypts. Of bytes that are stored already it is that of the
    ///     object or upload which they were written for.
    func seal(
        _ objectKey: ObjectKey, of identity: ObjectIdentity, as decision: EncryptionDecision, in bucket: Bucket,
        for object: ObjectName
    ) async throws -> NewObjectKey {
        let dataKey: DataKeys.ForWriting
        var record: EncryptionRecord
        let applied: AppliedEncryption
        switch decision {
        case .sseC(let customerKey):
            record = EncryptionRecord(scheme: .sseC, identity: identity)
            record.customerKeyCommitment = customerKey.commitment(versionID: identity.bytes)
            record.sealedObjectKey = KeySealing.seal(
                objectKey, under: customerKey.key, binding: record.binding(in: bucket.id))
            return NewObjectKey(
                objectKey: objectKey, record: record, dataKeyRow: nil, applied: .sseC(keyMD5: customerKey.keyMD5))
        case .sseS3:
            record = EncryptionRecord(scheme: .sseS3, identity: identity)
            dataKey = try await dataKeys.sharedKey(for: bucket, scheme: .sseS3, under: dataKeys.service.defaultKey)
            applied = .sseS3
        case .sseKMS(let key, let clientContext, let bucketKey):
            record = EncryptionRecord(scheme: .sseKMS, identity: identity)
            record.clientContext = clientContext?.canonicalJSON
            record.usesBucketKey = bucketKey && clientContext == nil
            if record.usesBucketKey {
                dataKey = try await dataKeys.sharedKey(for: bucket, scheme: .sseKMS, under: key)
            } else {
                dataKey = try await ownKey(under: key, clientContext, in: bucket, for: object)
            }
            applied = .sseKMS(kmsKey: key.name, clientContext: record.clientContext, bucketKey: record.usesBucketKey)
        case .dsseKMS(let key, let clientContext):
            record = EncryptionRecord(scheme: .dsseKMS, identity: identity)
            record.clientContext = clientContext?.canonicalJSON
            dataKey = try await ownKey(under: key, clientContext, in: bucket, for: object)
            applied = .dsseKMS(kmsKey: key.name, clientContext: record.clientContext)
        }
        record.sealedObjectKey = KeySealing.seal(objectKey, under: dataKey.key, binding: record.binding(in: bucket.id))
        return NewObjectKey(
            objectKey: try layered(objectKey, record), record: record, dataKeyRow: dataKey.row, applied: applied)
    }

    /// Draws an object key for what belongs to a stored object, and seals it as that one's is: under the same data key.
    ///
    /// - Parameter bucket: the number of the bucket that its row is to have.
    func make(as stored: StoredObjectKey, in bucket: BucketID) async throws -> NewObjectKey {
        var record = EncryptionRecord(scheme: stored.record.scheme, identity: ObjectIdentity())
        record.clientContext = stored.record.clientContext
        record.usesBucketKey = stored.record.usesBucketKey
        let dataKey = try stored.requiredDataKey
        let secret = try await secret(of: dataKey)
        let objectKey = ObjectKey()
        record.sealedObjectKey = KeySealing.seal(objectKey, under: secret, binding: record.binding(in: bucket))
        return NewObjectKey(
            objectKey: try layered(objectKey, record), record: record, dataKeyRow: dataKey,
            applied: applied(record, dataKey: dataKey, customerKey: nil))
    }

    private func secret(of dataKey: DataKeyRow) async throws -> SecretKey {
        if let cached = dataKeys.cachedKey(dataKey) { cached } else { try await dataKeys.key(of: dataKey) }
    }

    /// The data keys that some object keys are sealed under; the key service is asked once for each at most.
    func secrets(of stored: [StoredObjectKey]) async throws -> [DataKeyID: SecretKey] {
        var secrets: [DataKeyID: SecretKey] = [:]
        for key in stored {
            let dataKey = try key.requiredDataKey
            if secrets[dataKey.id] == nil { secrets[dataKey.id] = try await secret(of: dataKey) }
        }
        return secrets
    }

    /// Seals the object key of what belongs to a stored object anew, as that one's is: under the same data key.
    ///
    /// - Parameter secrets: the data keys of both.
    func reseal(
        _ stored: StoredObjectKey, as owner: StoredObjectKey, _ secrets: [DataKeyID: SecretKey]
    ) throws -> EncryptionRecord {
        guard let former = secrets[try stored.requiredDataKey.id], let secret = secrets[try owner.requiredDataKey.id]
        else { preconditionFailure("the keys of all were asked for") }
        var record = EncryptionRecord(scheme: owner.record.scheme, identity: stored.record.identity)
        record.clientContext = owner.record.clientContext
        record.usesBucketKey = owner.record.usesBucketKey
        record.sealedObjectKey = KeySealing.seal(
            try stored.open(under: former), under: secret, binding: record.binding(in: stored.bucket))
        return record
    }

    private func ownKey(
        under key: KeyID, _ clientContext: KMSContext?, in bucket: Bucket, for object: ObjectName
    ) async throws -> DataKeys.ForWriting {
        var context = clientContext ?? KMSContext()
        if context.pairs[bucket.name] == nil { context.pairs[bucket.name] = "\(bucket.name)/\(object.rawValue)" }
        return try await dataKeys.ownKey(under: key, context: context)
    }

    /// The object key with that of the layer around it, if the bytes have two.
    private func layered(_ objectKey: ObjectKey, _ record: EncryptionRecord) throws(KeyServiceError) -> ObjectKey {
        record.scheme == .dsseKMS ? objectKey.inside(try records.outerObjectKey(of: record.identity)) : objectKey
    }

    /// Whether what is stored is encrypted by the scheme and under the key service's key that `decision` names.
    ///
    /// Never of SSE-C: the server does not know which keys of a client are one.
    func isEncrypted(_ record: EncryptionRecord, _ dataKey: DataKeyRow?, as decision: EncryptionDecision) -> Bool {
        guard let dataKey else { return false }
        switch (decision, record.scheme) {
        case (.sseS3, .sseS3): return dataKey.kmsKey.hasSameBytes(as: dataKeys.service.defaultKey.name)
        case (.sseKMS(let key, _, _), .sseKMS): return dataKey.kmsKey.hasSameBytes(as: key.name)
        case (.dsseKMS(let key, _), .dsseKMS): return dataKey.kmsKey.hasSameBytes(as: key.name)
        case (.sseS3, .sseKMS), (.sseS3, .sseC), (.sseS3, .dsseKMS), (.sseKMS, .sseS3), (.sseKMS, .sseC),
            (.sseKMS, .dsseKMS), (.dsseKMS, .sseS3), (.dsseKMS, .sseKMS), (.dsseKMS, .sseC), (.sseC, _):
            return false
        }
    }

    /// Opens the object key of what is stored, with the client's key if that is what it needs.
    ///
    /// - Throws: the refusals of ``verify(_:opens:)``, ``Corruption`` when the key was right and the sealed key still did
    ///   not open, and the key service's errors.
    func open(_ stored: StoredObjectKey) async throws -> ObjectKey {
        if let objectKey = try openAtHand(stored) { return objectKey }
        return try layered(stored.open(under: try await dataKeys.key(of: stored.requiredDataKey)), stored.record)
    }

    /// Opens it where the key service need not be asked; else nil.
    func openAtHand(_ stored: StoredObjectKey) throws -> ObjectKey? {
        try verify(stored.customerKey, opens: stored.record)
        if let customerKey = stored.customerKey { return try stored.open(under: customerKey.key) }
        return try dataKeys.cachedKey(stored.requiredDataKey).map {
            try layered(stored.open(under: $0), stored.record)
        }
    }

    /// Checks that a customer's key was sent if and only if it is needed, and that it is the right one.
    func verify(_ customerKey: CustomerKey?, opens record: EncryptionRecord) throws(SealedStorageError) {
        switch (record.scheme, customerKey) {
        case (.sseC, let key?):
            guard let commitment = record.customerKeyCommitment,
                key.matches(commitment: commitment, versionID: record.identity.bytes)
            else { throw .wrongCustomerKey }
        case (.sseC, nil): throw .customerKeyRequired
        case (.sseS3, nil), (.sseKMS, nil), (.dsseKMS, nil): break
        case (.sseS3, .some), (.sseKMS, .some), (.dsseKMS, .some): throw .customerKeyNotApplicable
        }
    }

    /// What clients are told of an encryption.
    ///
    /// - Parameter customerKey: the key that came with the request, which an answer names.
    func applied(
        _ record: EncryptionRecord, dataKey: DataKeyRow?, customerKey: CustomerKey?
    ) -> AppliedEncryption {
        switch record.scheme {
        case .sseS3: .sseS3
        case .sseKMS:
            .sseKMS(
                kmsKey: dataKey?.kmsKey, clientContext: record.clientContext,
                bucketKey: record.usesBucketKey)
        case .dsseKMS: .dsseKMS(kmsKey: dataKey?.kmsKey, clientContext: record.clientContext)
        case .sseC: .sseC(keyMD5: customerKey?.keyMD5)
        }
    }
}
