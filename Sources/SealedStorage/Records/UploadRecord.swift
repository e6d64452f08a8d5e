package import ObjectStorage
package import S3Protocol

/// What CreateMultipartUpload fixed for the object to come.
///
/// At rest only inside a sealed record.
package struct UploadRecord: Sendable {
    package var encryption: EncryptionRecord
    package var attributes: ObjectAttributes
    /// The checksum that the client announced, or `nil`.
    package var checksum: UploadChecksum?
}

private enum Tag: UInt8 {
    // 16 and above are the attributes' own (ObjectAttributes).
    // An upload's identity, while records of encryption had none of their own.
    case identity = 1
    case encryption, checksumAlgorithm, checksumType
}

extension UploadRecord {
    package func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 384)
        encoder.put(Tag.encryption, encryption.encoded())
        encoder.put(Tag.checksumAlgorithm, checksum?.algorithm.rawValue)
        encoder.put(Tag.checksumType, checksum?.type.rawValue)
        attributes.encode(into: &encoder)
        return encoder.bytes
    }

    package init(decoding record: [UInt8], upload: UploadID) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        var identity = VersionID(upload)
        var encryption: EncryptionRecord?
        var attributes = ObjectAttributes()
        var checksumAlgorithm: S3ChecksumAlgorithm?
        var checksumType: S3ChecksumType?
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .identity: identity = VersionID(bytes: field.value) ?? identity
            case .encryption: encryption = try EncryptionRecord(decoding: field.bytes, version: identity)
            case .checksumAlgorithm: checksumAlgorithm = S3ChecksumAlgorithm(rawValue: field.string)
            case .checksumType: checksumType = S3ChecksumType(rawValue: field.string)
            case nil: try attributes.decode(field)
            }
        }
        guard let encryption else { throw RecordMalformed() }
        var checksum: UploadChecksum?
        if let checksumAlgorithm, let checksumType {
            checksum = UploadChecksum(algorithm: checksumAlgorithm, type: checksumType)
        }
        self.init(encryption: encryption, attributes: attributes, checksum: checksum)
    }
}

/// What an uploaded part has besides its clear columns.
package struct PartRecord: Sendable {
    package var etag: ETag
    /// The part's own checksum, as its answer has it: that which its sender sent, else the one that was computed.
    package var checksum: S3Checksum?
    /// Of another algorithm than ``checksum``: what the object's checksum is made of.
    package var computed: S3Checksum?

    package init(etag: ETag, sent: S3Checksum?, computed: S3Checksum?) {
        self.etag = etag
        checksum = sent ?? computed
        self.computed = sent == nil ? nil : computed
    }

    /// The part's checksum of this algorithm; `nil` when it is not known.
    package func checksum(of algorithm: S3ChecksumAlgorithm) -> S3Checksum? {
        if let checksum, checksum.algorithm == algorithm { return checksum }
        if let computed, computed.algorithm == algorithm { return computed }
        return nil
    }
}

private enum PartTag: UInt8 {
    case etag = 1
    case checksum
    case computed = 40
}

extension PartRecord {
    package func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 80)
        encoder.put(PartTag.etag, etag.value)
        if let checksum { encoder.put(PartTag.checksum, name: checksum.algorithm.rawValue, value: checksum.base64) }
        if let computed { encoder.put(PartTag.computed, name: computed.algorithm.rawValue, value: computed.base64) }
        return encoder.bytes
    }

    package init(decoding record: [UInt8]) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        var etag: ETag?
        var (sent, computed): (S3Checksum?, S3Checksum?)
        while let field = try decoder.next() {
            switch PartTag(rawValue: field.tag) {
            case .etag: etag = ETag(unquoted: field.string)
            case .checksum: sent = try Self.checksum(field.pair())
            case .computed: computed = try Self.checksum(field.pair())
            case nil: throw RecordMalformed()
            }
        }
        guard let etag else { throw RecordMalformed() }
        self.init(etag: etag, sent: sent, computed: computed)
    }

    private static func checksum(_ pair: (name: String, value: String)) throws(RecordMalformed) -> S3Checksum {
        guard let algorithm = S3ChecksumAlgorithm(rawValue: pair.name),
            let checksum = try? S3Checksum(algorithm, base64: pair.value)
        else { throw RecordMalformed() }
        return checksum
    }
}
