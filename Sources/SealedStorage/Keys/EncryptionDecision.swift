package import Encryption
package import KeyManagement
package import S3Protocol

/// How a new object is to be encrypted: what the client asked, else the bucket's rule, else the server's setting, else
/// SSE-S3.
///
/// Every object is encrypted, so no case says that one is not.
package enum EncryptionDecision: Sendable {
    case sseS3
    case sseKMS(key: KeyID, clientContext: KMSContext?, bucketKey: Bool)
    case sseC(CustomerKey)
    /// In two layers; a bucket key is not for them.
    case dsseKMS(key: KeyID, clientContext: KMSContext?)

    /// - Parameters:
    ///   - defaultKey: the key service's, where neither request nor bucket names one.
    ///   - autoEncryption: SSE-KMS instead of SSE-S3 where nothing decides.
    /// - Throws: `invalidKeyID`; and what keeps the bucket's rule from being read, where nothing else decides.
    package init(
        _ requested: RequestedEncryption, bucket: Bucket, defaultKey: KeyID, autoEncryption: Bool
    ) throws {
        switch requested {
        case .sseC(let headers):
            self = .sseC(CustomerKey(headers))
        case .sseS3:
            self = .sseS3
        case .sseKMS(let keyID, let context, let bucketKey):
            self = .sseKMS(
                key: try Self.key(keyID) ?? defaultKey, clientContext: context.map { KMSContext($0) },
                // A saving of calls and no protection: of a rule that cannot be read it is not asked.
                bucketKey: bucketKey ?? (try? bucket.record.encryption)?.bucketKeyEnabled ?? false)
        case .dsseKMS(let keyID, let context):
            self = .dsseKMS(
                key: try Self.key(keyID) ?? defaultKey, clientContext: context.map { KMSContext($0) })
        case .none:
            let rule = try bucket.record.encryption
            switch rule?.algorithm {
            case .sseS3:
                self = .sseS3
            case .sseKMS(let keyID):
                self = .sseKMS(
                    key: try Self.key(keyID) ?? defaultKey, clientContext: nil,
                    bucketKey: rule?.bucketKeyEnabled ?? false)
            case .dsseKMS(let keyID):
                self = .dsseKMS(key: try Self.key(keyID) ?? defaultKey, clientContext: nil)
            case nil:
                self =
                    autoEncryption
                    ? .sseKMS(key: defaultKey, clientContext: nil, bucketKey: false) : .sseS3
            }
        }
    }

    private static func key(_ name: String?) throws(KeyServiceError) -> KeyID? {
        guard let name else { return nil }
        return try KeyID(name)
    }

    /// Whether AWS promises that the object's ETag is the MD5 of its bytes: for SSE-S3 only.
    package var promisesMD5: Bool {
        switch self {
        case .sseS3: true
        case .sseKMS, .sseC, .dsseKMS: false
        }
    }
}

extension CustomerKey {
    package init(_ headers: CustomerKeyHeaders) {
        self.init(key: headers.key, keyMD5: headers.keyMD5)
    }
}
