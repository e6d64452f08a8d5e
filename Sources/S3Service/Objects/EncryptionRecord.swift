import Encryption

/// How an object's (or an upload's) bytes are encrypted: part of its sealed record.
struct EncryptionRecord: Sendable {
    var scheme: EncryptionScheme
    /// The object key, sealed under the data key (SSE-S3, SSE-KMS) or the client's key (SSE-C), bound to the version.
    var sealedObjectKey: SealedObjectKey
    /// SSE-C: commits to the client's key, so that a wrong key and corruption differ.
    ///
    /// The key's MD5 is not kept.
    var customerKeyCommitment: [UInt8]?
    /// SSE-KMS: the client's encryption context as canonical JSON, when it sent one.
    var clientContext: [UInt8]?
    /// SSE-KMS with a bucket key: the data key is shared by the bucket.
    var usesBucketKey = false
}

private enum Tag: UInt8 {
    case scheme = 1, sealedObjectKey, customerKeyCommitment, clientContext, bucketKey
}

extension EncryptionRecord {
    func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 160)
        encoder.put(Tag.scheme, [scheme.rawValue])
        encoder.put(Tag.sealedObjectKey, sealedObjectKey.bytes)
        if let customerKeyCommitment { encoder.put(Tag.customerKeyCommitment, customerKeyCommitment) }
        if let clientContext { encoder.put(Tag.clientContext, clientContext) }
        if usesBucketKey { encoder.put(Tag.bucketKey, [1]) }
        return encoder.bytes
    }

    init(decoding record: [UInt8]) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        var scheme: EncryptionScheme?
        var sealed: SealedObjectKey?
        var commitment: [UInt8]?
        var context: [UInt8]?
        var usesBucketKey = false
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .scheme: scheme = field.value.first.flatMap(EncryptionScheme.init(rawValue:))
            case .sealedObjectKey: sealed = SealedObjectKey(bytes: field.bytes)
            case .customerKeyCommitment: commitment = field.bytes
            case .clientContext: context = field.bytes
            case .bucketKey: usesBucketKey = true
            case nil: throw RecordMalformed()
            }
        }
        guard let scheme, let sealed else { throw RecordMalformed() }
        self.init(
            scheme: scheme, sealedObjectKey: sealed, customerKeyCommitment: commitment, clientContext: context,
            usesBucketKey: usesBucketKey)
    }
}
