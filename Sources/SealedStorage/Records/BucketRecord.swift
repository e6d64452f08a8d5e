package import ObjectStorage
package import S3Protocol

/// What a bucket has besides its name and time.
///
/// At rest only inside a sealed record, but for the versioning: that is a column, to which the record is bound.
package struct BucketRecord: Sendable {
    package var versioning = BucketVersioning.unversioned
    /// The default encryption rule, or `nil` when none was put.
    package var encryption: ServerSideEncryptionConfiguration?
}

private enum Tag: UInt8 {
    case encryptionAlgorithm = 1
    case encryptionKey, bucketKeyEnabled
}

extension BucketRecord {
    func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 64)
        if let encryption {
            switch encryption.algorithm {
            case .sseS3:
                encoder.put(Tag.encryptionAlgorithm, "AES256")
            case .sseKMS(let keyID):
                encoder.put(Tag.encryptionAlgorithm, "aws:kms")
                encoder.put(Tag.encryptionKey, keyID)
            }
            if let enabled = encryption.bucketKeyEnabled { encoder.put(Tag.bucketKeyEnabled, [enabled ? 1 : 0]) }
        }
        return encoder.bytes
    }

    init(decoding record: [UInt8], versioning: BucketVersioning) throws(RecordMalformed) {
        self.versioning = versioning
        var decoder = try RecordDecoder(record)
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .encryptionAlgorithm:
                encryption = ServerSideEncryptionConfiguration(
                    algorithm: field.string == "aws:kms" ? .sseKMS(keyID: nil) : .sseS3)
            case .encryptionKey: encryption?.algorithm = .sseKMS(keyID: field.string)
            case .bucketKeyEnabled: encryption?.bucketKeyEnabled = field.value.first == 1
            case nil: throw RecordMalformed()
            }
        }
    }
}
