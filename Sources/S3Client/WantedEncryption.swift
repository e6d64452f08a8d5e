import Cryptography
import Notation

/// How what is written is to be encrypted, or how what was written with a customer's key is to be read.
package enum WantedEncryption: Sendable {
    /// As the bucket says.
    case ofBucket
    case managed
    /// Under a key of the key service; its default key when there is none.
    case keyService(key: String?)
    /// 32 bytes that the server does not keep.
    case customer([UInt8])

    /// Headers of a write.
    var ofWrite: [(name: String, value: String)] {
        switch self {
        case .ofBucket: []
        case .managed: [("x-amz-server-side-encryption", "AES256")]
        case .keyService(let key):
            [("x-amz-server-side-encryption", "aws:kms")]
                + (key.map { [("x-amz-server-side-encryption-aws-kms-key-id", $0)] } ?? [])
        case .customer: ofRead
        }
    }

    /// Headers of a read, and of an upload's parts.
    var ofRead: [(name: String, value: String)] {
        switch self {
        case .ofBucket, .managed, .keyService: []
        case .customer(let key): Self.customer(key, prefix: "x-amz-server-side-encryption-customer-")
        }
    }

    /// Headers of a copy about what it reads.
    var ofCopySource: [(name: String, value: String)] {
        switch self {
        case .ofBucket, .managed, .keyService: []
        case .customer(let key):
            Self.customer(key, prefix: "x-amz-copy-source-server-side-encryption-customer-")
        }
    }

    private static func customer(_ key: [UInt8], prefix: String) -> [(name: String, value: String)] {
        [
            (prefix + "algorithm", "AES256"), (prefix + "key", Base64.encode(key)),
            (prefix + "key-md5", Base64.encode(Digest.hash(.md5, key))),
        ]
    }
}
