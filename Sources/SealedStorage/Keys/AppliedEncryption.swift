/// How an object or upload is encrypted, as its clients are told.
package enum AppliedEncryption: Sendable {
    case sseS3
    /// - kmsKey: the name of the key service's key that wraps the data key now.
    /// - clientContext: the client's encryption context as canonical JSON, when it sent one.
    case sseKMS(kmsKey: String?, clientContext: [UInt8]?, bucketKey: Bool)
    /// In two layers; otherwise as `sseKMS`, without a bucket key.
    case dsseKMS(kmsKey: String?, clientContext: [UInt8]?)
    /// - keyMD5: base64, as the client sent it with this request; `nil` when it sent no key.
    case sseC(keyMD5: String?)

    /// The name of the key service's key that a client is told of; nil where it is told of none.
    package var kmsKey: String? {
        switch self {
        case .sseS3, .sseC: nil
        case .sseKMS(let key, _, _), .dsseKMS(let key, _): key
        }
    }
}
