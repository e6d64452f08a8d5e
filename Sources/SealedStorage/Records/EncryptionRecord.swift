import Cryptography
package import Encryption
package import ObjectStorage

package enum ObjectIdentityKind {}

/// Sixteen random bytes drawn with each new object or upload: what its object key and its stream are bound to.
///
/// Not the version id: the same bytes may become another version (a write that lost its place is sealed anew, a copy
/// refers to the blobs of its source), and neither key nor stream must change for that.
package typealias ObjectIdentity = Identifier<ObjectIdentityKind>

/// How an object's (or an upload's) bytes are encrypted: part of its sealed record.
package struct EncryptionRecord: Sendable {
    package var scheme: EncryptionScheme
    package var identity: ObjectIdentity
    /// The object key, sealed under the data key (SSE-S3, SSE-KMS) or the client's key (SSE-C), bound to ``identity``.
    package var sealedObjectKey = SealedObjectKey(bytes: [])
    /// SSE-C: commits to the client's key, so that a wrong key and corruption differ.
    ///
    /// The key's MD5 is not kept.
    package var customerKeyCommitment: [UInt8]?
    /// SSE-KMS: the client's encryption context as canonical JSON, when it sent one.
    package var clientContext: [UInt8]?
    /// SSE-KMS with a bucket key: the data key is shared by the bucket.
    package var usesBucketKey = false

    package init(scheme: EncryptionScheme, identity: ObjectIdentity) {
        self.scheme = scheme
        self.identity = identity
    }

    /// With an identity of its own.
    init(scheme: EncryptionScheme) {
        self.init(scheme: scheme, identity: ObjectIdentity(high: SecureRandom.word(), low: SecureRandom.word()))
    }

    func binding(in bucket: BucketID) -> KeyBinding {
        KeyBinding(scheme: scheme, bucketID: bucket.rawValue, versionID: identity.bytes)
    }
}

extension EncryptionScheme {
    /// Whether clients are told the name of the key service's key.
    var namesKey: Bool {
        switch self {
        case .sseKMS, .dsseKMS: true
        case .sseS3, .sseC: false
        }
    }
}

private enum Tag: UInt8 {
    case scheme = 1, sealedObjectKey, customerKeyCommitment, clientContext, bucketKey, identity
}

extension EncryptionRecord {
    func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 160)
        encoder.put(Tag.scheme, [scheme.rawValue])
        encoder.put(Tag.sealedObjectKey, sealedObjectKey.bytes)
        if let customerKeyCommitment { encoder.put(Tag.customerKeyCommitment, customerKeyCommitment) }
        if let clientContext { encoder.put(Tag.clientContext, clientContext) }
        if usesBucketKey { encoder.put(Tag.bucketKey, [1]) }
        encoder.put(Tag.identity, identity.bytes)
        return encoder.bytes
    }

    /// - Parameter version: the version's id, which was the identity of objects before they had one of their own.
    init(decoding record: [UInt8], version: VersionID) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        var scheme: EncryptionScheme?
        var sealed: SealedObjectKey?
        self.init(scheme: .sseS3, identity: ObjectIdentity(version))
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .scheme: scheme = field.value.first.flatMap(EncryptionScheme.init(rawValue:))
            case .sealedObjectKey: sealed = SealedObjectKey(bytes: field.bytes)
            case .customerKeyCommitment: customerKeyCommitment = field.bytes
            case .clientContext: clientContext = field.bytes
            case .bucketKey: usesBucketKey = true
            case .identity:
                guard let identity = ObjectIdentity(bytes: field.value) else { throw RecordMalformed() }
                self.identity = identity
            case nil: throw RecordMalformed()
            }
        }
        guard let scheme, let sealed else { throw RecordMalformed() }
        self.scheme = scheme
        sealedObjectKey = sealed
    }
}
