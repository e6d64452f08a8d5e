import Cryptography
import Encryption
import KeyManagement
import ObjectStorage
import S3Protocol

/// The object key of a new object version, and what its rows need of it.
struct NewObjectKey {
    let objectKey: ObjectKey
    let record: EncryptionRecord
    /// Committed with the object.
    ///
    /// `nil` for SSE-C, whose data key is the client's and is nowhere stored.
    let dataKeyRow: DataKeyRow?
    /// The headers that tell the client how its object is encrypted.
    let responseHeaders: [(name: String, value: String)]
}

/// The sealed object key of a version or an upload, and what it takes to open it.
struct StoredObjectKey {
    let record: EncryptionRecord
    let version: VersionID
    let bucket: BucketID
    let dataKey: DataKeyID?
    let customerKey: CustomerKey?
    /// What errors call the object.
    let name: String

    fileprivate var requiredDataKey: DataKeyID {
        get throws(Corruption) {
            guard let dataKey else { throw Corruption(what: "data key of object \"\(name)\"") }
            return dataKey
        }
    }

    fileprivate func open(under key: SecretKey) throws(Corruption) -> ObjectKey {
        let binding = KeyBinding(scheme: record.scheme, bucketID: bucket.rawValue, versionID: version.bytes)
        do {
            return try KeySealing.open(record.sealedObjectKey, under: key, binding: binding)
        } catch {
            throw Corruption(what: "object key of \"\(name)\"")
        }
    }
}

extension ServiceContext {
    /// Draws an object key for `version` and seals it as `decision` says.
    func newObjectKey(
        for version: VersionID, _ decision: EncryptionDecision, bucket: Bucket, object: ObjectName
    ) async throws -> NewObjectKey {
        let objectKey = ObjectKey()
        let scheme: EncryptionScheme
        let dataKey: DataKeys.ForWriting
        var record: EncryptionRecord
        switch decision {
        case .sseC(let customerKey):
            let binding = KeyBinding(scheme: .sseC, bucketID: bucket.id.rawValue, versionID: version.bytes)
            record = EncryptionRecord(
                scheme: .sseC,
                sealedObjectKey: KeySealing.seal(objectKey, under: customerKey.key, binding: binding),
                customerKeyCommitment: customerKey.commitment(versionID: version.bytes))
            return NewObjectKey(
                objectKey: objectKey, record: record, dataKeyRow: nil,
                responseHeaders: encryptionHeaders(record, kmsKey: nil, customerKey: customerKey))
        case .sseS3:
            scheme = .sseS3
            dataKey = try await dataKeys.sharedKey(for: bucket, scheme: .sseS3, under: dataKeys.service.defaultKey)
            record = EncryptionRecord(scheme: .sseS3, sealedObjectKey: SealedObjectKey(bytes: []))
        case .sseKMS(let key, let clientContext, let bucketKey):
            scheme = .sseKMS
            record = EncryptionRecord(scheme: .sseKMS, sealedObjectKey: SealedObjectKey(bytes: []))
            record.clientContext = clientContext?.canonicalJSON
            record.usesBucketKey = bucketKey && clientContext == nil
            if record.usesBucketKey {
                dataKey = try await dataKeys.sharedKey(for: bucket, scheme: .sseKMS, under: key)
            } else {
                var context = clientContext ?? KMSContext()
                if context.pairs[bucket.name] == nil {
                    context.pairs[bucket.name] = "\(bucket.name)/\(object.rawValue)"
                }
                dataKey = try await dataKeys.ownKey(under: key, context: context)
            }
        }
        let binding = KeyBinding(scheme: scheme, bucketID: bucket.id.rawValue, versionID: version.bytes)
        record.sealedObjectKey = KeySealing.seal(objectKey, under: dataKey.key, binding: binding)
        let kmsKey: String? =
            switch decision {
            case .sseKMS(let key, _, _): key.name
            case .sseS3, .sseC: nil
            }
        return NewObjectKey(
            objectKey: objectKey, record: record, dataKeyRow: dataKey.row,
            responseHeaders: encryptionHeaders(record, kmsKey: kmsKey, customerKey: nil))
    }

    /// Opens the object key of what is stored, with the client's key if that is what it needs.
    ///
    /// - Throws: the `InvalidRequest` and `AccessDenied` answers of SSE-C, ``Corruption`` when the key was right and the
    ///   sealed key still did not open, and the key service's errors.
    func objectKey(_ stored: StoredObjectKey) async throws -> ObjectKey {
        if let objectKey = try objectKeyAtHand(stored) { return objectKey }
        return try stored.open(under: try await dataKeys.key(of: dataKeys.row(stored.requiredDataKey)))
    }

    /// The same as far as the key service need not be asked; else nil.
    func objectKeyAtHand(_ stored: StoredObjectKey) throws -> ObjectKey? {
        try verify(stored.customerKey, opens: stored.record, version: stored.version)
        if let customerKey = stored.customerKey { return try stored.open(under: customerKey.key) }
        return try dataKeys.cachedKey(stored.requiredDataKey).map { try stored.open(under: $0) }
    }

    /// Checks that an SSE-C key was sent if and only if it is needed, and that it is the right one.
    ///
    /// What HEAD does too.
    func verify(_ customerKey: CustomerKey?, opens record: EncryptionRecord, version: VersionID) throws(S3Error) {
        switch (record.scheme, customerKey) {
        case (.sseC, let key?):
            guard let commitment = record.customerKeyCommitment,
                key.matches(commitment: commitment, versionID: version.bytes)
            else { throw S3Error(.accessDenied) }
        case (.sseC, nil):
            throw S3Error(.invalidRequest, encryptedObjectNeedsParameters)
        case (.sseS3, nil), (.sseKMS, nil):
            break
        case (.sseS3, .some), (.sseKMS, .some):
            throw S3Error(.invalidRequest, encryptedObjectNeedsParameters)
        }
    }

    func encryptionHeaders(
        _ record: EncryptionRecord, kmsKey: String?, customerKey: CustomerKey?
    ) -> [(name: String, value: String)] {
        switch record.scheme {
        case .sseS3:
            return [("x-amz-server-side-encryption", "AES256")]
        case .sseKMS:
            var headers = [("x-amz-server-side-encryption", "aws:kms")]
            if let kmsKey { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", kmsKey)) }
            if let context = record.clientContext {
                headers.append(("x-amz-server-side-encryption-context", Base64.encode(context)))
            }
            // "false" is never said: mc would then print no encryption at all.
            if record.usesBucketKey { headers.append(("x-amz-server-side-encryption-bucket-key-enabled", "true")) }
            return headers
        case .sseC:
            return [
                ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
                ("x-amz-server-side-encryption-customer-key-md5", customerKey?.keyMD5 ?? ""),
            ]
        }
    }
}

private let encryptedObjectNeedsParameters =
    "The object was stored using a form of Server Side Encryption. "
    + "The correct parameters must be provided to retrieve the object."
