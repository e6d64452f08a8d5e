import Encryption
import KeyManagement
import S3Protocol

/// How a new object is to be encrypted: what the client asked, else the bucket's rule, else the server's setting, else
/// SSE-S3.
///
/// There is no case for "not at all".
enum EncryptionDecision: Sendable {
    case sseS3
    case sseKMS(key: KeyID, clientContext: KMSContext?, bucketKey: Bool)
    case sseC(CustomerKey)

    init(_ requested: RequestedEncryption, bucket: Bucket, service: ServiceContext) throws {
        let defaultKey = service.dataKeys.service.defaultKey
        switch requested {
        case .sseC(let headers):
            self = .sseC(CustomerKey(headers))
        case .sseS3:
            self = .sseS3
        case .sseKMS(let keyID, let context, let bucketKey):
            self = .sseKMS(
                key: try keyID.map { try KeyID($0) } ?? defaultKey, clientContext: context.map { KMSContext($0) },
                bucketKey: bucketKey)
        case .none:
            let rule = try bucket.record.encryption
            switch rule?.algorithm {
            case .sseS3:
                self = .sseS3
            case .sseKMS(let keyID):
                self = .sseKMS(
                    key: try keyID.map { try KeyID($0) } ?? defaultKey, clientContext: nil,
                    bucketKey: rule?.bucketKeyEnabled ?? false)
            case nil:
                self =
                    service.settings.autoEncryption
                    ? .sseKMS(key: defaultKey, clientContext: nil, bucketKey: false) : .sseS3
            }
        }
    }

    /// Whether the object's ETag is the MD5 of its bytes.
    ///
    /// AWS promises that for SSE-S3 only.
    var etagIsMD5: Bool {
        switch self {
        case .sseS3: true
        case .sseKMS, .sseC: false
        }
    }
}

extension CustomerKey {
    init(_ headers: CustomerKeyHeaders) {
        self.init(key: headers.key, keyMD5: headers.keyMD5)
    }
}
