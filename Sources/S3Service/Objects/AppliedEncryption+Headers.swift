import Cryptography
import SealedStorage

extension AppliedEncryption {
    /// The headers that tell the client how its object is encrypted.
    var headers: [(name: String, value: String)] {
        switch self {
        case .sseS3: return Self.ofSSES3
        case .sseKMS(let kmsKey, let clientContext, let bucketKey):
            var headers = Self.headers("aws:kms", kmsKey, clientContext)
            // "false" is never said: mc would then print no encryption at all.
            if bucketKey { headers.append(("x-amz-server-side-encryption-bucket-key-enabled", "true")) }
            return headers
        case .dsseKMS(let kmsKey, let clientContext):
            return Self.headers("aws:kms:dsse", kmsKey, clientContext)
        case .sseC(let keyMD5):
            var headers = [("x-amz-server-side-encryption-customer-algorithm", "AES256")]
            if let keyMD5 { headers.append(("x-amz-server-side-encryption-customer-key-md5", keyMD5)) }
            return headers
        }
    }

    private static func headers(
        _ algorithm: String, _ kmsKey: String?, _ clientContext: [UInt8]?
    ) -> [(name: String, value: String)] {
        var headers = [(name: "x-amz-server-side-encryption", value: algorithm)]
        if let kmsKey { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", kmsKey)) }
        if let clientContext {
            headers.append(("x-amz-server-side-encryption-context", Base64.encode(clientContext)))
        }
        return headers
    }

    private static let ofSSES3 = [(name: "x-amz-server-side-encryption", value: "AES256")]
}
