package import ObjectStorage
package import S3Protocol

/// What an object version has besides the catalogue's clear columns.
///
/// At rest only inside a sealed record. A class, because many requests read one record: a copy is one reference.
package final class ObjectRecord: Sendable {
    package let etag: ETag
    package let encryption: EncryptionRecord
    package let attributes: ObjectAttributes
    package let checksum: StoredChecksum?
    /// Number of parts of a multipart object; 0 for an object that was put whole.
    package let partCount: Int

    package init(
        etag: ETag, encryption: EncryptionRecord, attributes: ObjectAttributes, checksum: StoredChecksum?,
        partCount: Int = 0
    ) {
        self.etag = etag
        self.encryption = encryption
        self.attributes = attributes
        self.checksum = checksum
        self.partCount = partCount
    }

    /// The same record, but for how the object is encrypted.
    func encrypted(as encryption: EncryptionRecord) -> ObjectRecord {
        ObjectRecord(
            etag: etag, encryption: encryption, attributes: attributes, checksum: checksum, partCount: partCount)
    }

    /// The same object with other attributes.
    func with(_ attributes: ObjectAttributes) -> ObjectRecord {
        ObjectRecord(
            etag: etag, encryption: encryption, attributes: attributes, checksum: checksum, partCount: partCount)
    }
}

/// A checksum of the plaintext that the client asked for.
package struct StoredChecksum: Sendable {
    package var algorithm: S3ChecksumAlgorithm
    package var type: S3ChecksumType
    /// Base64, with `-N` when composite.
    package var value: String

    package init(algorithm: S3ChecksumAlgorithm, type: S3ChecksumType, value: String) {
        self.algorithm = algorithm
        self.type = type
        self.value = value
    }

    /// The checksum of an object that was stored with one PutObject.
    package init(_ checksum: S3Checksum) {
        self.init(algorithm: checksum.algorithm, type: .fullObject, value: checksum.base64)
    }
}

/// What a listing shows of an object's record.
package struct ListedRecord: Sendable {
    package var etag: ETag
    /// `nil` for the standard class.
    package var storageClass: String?
    package var checksum: ChecksumKind?
}

/// How a checksum was made.
package struct ChecksumKind: Sendable {
    package let algorithm: S3ChecksumAlgorithm
    package let type: S3ChecksumType

    fileprivate var name: String { "\(algorithm.rawValue)/\(type.rawValue)" }

    /// From its name in a record, `ALGORITHM/TYPE`.
    fileprivate init(name: ArraySlice<UInt8>) throws(RecordMalformed) {
        guard let known = Self.known.first(where: { $0.name == name }) else { throw RecordMalformed() }
        self = known.kind
    }

    fileprivate init(_ algorithm: S3ChecksumAlgorithm, _ type: S3ChecksumType) {
        self.algorithm = algorithm
        self.type = type
    }

    /// All of them, that which most objects have first: a listing looks one up for each.
    private static let known = ([.fallback] + S3ChecksumAlgorithm.allCases).flatMap { algorithm in
        [S3ChecksumType.fullObject, .composite].map { type in
            let kind = ChecksumKind(algorithm, type)
            return (name: Array(kind.name.utf8)[...], kind: kind)
        }
    }
}

private enum Tag: UInt8 {
    // The ETag is first: who needs nothing else reads nothing else.
    case etag = 1
    case encryption, checksum, partCount
    case contentType = 16
    case cacheControl, contentDisposition, contentEncoding, contentLanguage, expires, metadata, tag, storageClass
    case websiteRedirect
    case retention = 32, legalHold, eventHold
    case annotation = 35
    case origin = 36
}

extension ObjectRecord {
    package func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 384)
        encoder.put(Tag.etag, etag.value)
        encoder.put(Tag.encryption, encryption.encoded())
        if let checksum {
            encoder.put(
                Tag.checksum, name: ChecksumKind(checksum.algorithm, checksum.type).name, value: checksum.value)
        }
        if partCount > 0 { encoder.put(Tag.partCount, Int64(partCount)) }
        attributes.encode(into: &encoder)
        return encoder.bytes
    }

    package convenience init(decoding record: [UInt8], version: VersionID) throws(RecordMalformed) {
        var decoder = try RecordDecoder(record)
        var etag: ETag?
        var encryption: EncryptionRecord?
        var attributes = ObjectAttributes()
        var checksum: StoredChecksum?
        var partCount = 0
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .etag: etag = ETag(unquoted: field.string)
            case .encryption: encryption = try EncryptionRecord(decoding: field.bytes, version: version)
            case .checksum: checksum = try StoredChecksum(field)
            case .partCount: partCount = Int(try field.integer())
            default: try attributes.decode(field)
            }
        }
        guard let etag, let encryption else { throw RecordMalformed() }
        self.init(etag: etag, encryption: encryption, attributes: attributes, checksum: checksum, partCount: partCount)
    }

    /// A record with other tags; every other field stays as it is, whatever it means.
    static func retagged(_ record: [UInt8], _ tags: ObjectTags) throws(RecordMalformed) -> [UInt8] {
        var decoder = try RecordDecoder(record)
        var encoder = RecordEncoder(capacity: record.count + 256)
        while let field = try decoder.next() {
            if field.tag != Tag.tag.rawValue { encoder.put(field) }
        }
        for (key, value) in tags.pairs { encoder.put(Tag.tag, name: key, value: value) }
        return encoder.bytes
    }

    /// What a delete marker has: an empty ETag.
    static var ofDeleteMarker: [UInt8] {
        var encoder = RecordEncoder(capacity: 8)
        encoder.put(Tag.etag, "")
        return encoder.bytes
    }

    /// What a delete marker has that was imported.
    static func ofDeleteMarker(from origin: String) -> [UInt8] {
        var encoder = RecordEncoder(capacity: 96)
        encoder.put(Tag.etag, "")
        encoder.put(Tag.origin, origin)
        return encoder.bytes
    }

    /// The origin alone, of a delete marker too.
    static func origin(of record: [UInt8]) throws(RecordMalformed) -> String? {
        var decoder = try RecordDecoder(record)
        while let field = try decoder.next() {
            if field.tag == Tag.origin.rawValue { return field.string }
        }
        return nil
    }

    /// The ETag alone, without decoding the rest.
    static func etag(of record: [UInt8]) throws(RecordMalformed) -> ETag {
        var decoder = try RecordDecoder(record)
        guard let field = try decoder.next(), field.tag == Tag.etag.rawValue else { throw RecordMalformed() }
        return ETag(unquoted: field.string)
    }

    /// What a listing shows, without decoding the rest.
    static func listed(_ record: ArraySlice<UInt8>) throws(RecordMalformed) -> ListedRecord {
        var decoder = try RecordDecoder(record)
        guard let first = try decoder.next(), first.tag == Tag.etag.rawValue else { throw RecordMalformed() }
        var listed = ListedRecord(etag: ETag(unquoted: first.string))
        while let field = try decoder.next() {
            switch field.tag {
            case Tag.storageClass.rawValue: listed.storageClass = field.string
            case Tag.checksum.rawValue: listed.checksum = try ChecksumKind(name: field.pairOfBytes().name)
            default: break
            }
        }
        return listed
    }
}

extension ObjectAttributes {
    func encode(into encoder: inout RecordEncoder) {
        encoder.put(Tag.contentType, headers.contentType)
        encoder.put(Tag.cacheControl, headers.cacheControl)
        encoder.put(Tag.contentDisposition, headers.contentDisposition)
        encoder.put(Tag.contentEncoding, headers.contentEncoding)
        encoder.put(Tag.contentLanguage, headers.contentLanguage)
        encoder.put(Tag.expires, headers.expires)
        for (name, value) in metadata { encoder.put(Tag.metadata, name: name, value: value) }
        for (key, value) in tags { encoder.put(Tag.tag, name: key, value: value) }
        encoder.put(Tag.storageClass, storageClass)
        encoder.put(Tag.websiteRedirect, websiteRedirect)
        lock.encode(into: &encoder)
        encoder.put(Tag.annotation, annotation?.rawValue)
        encoder.put(Tag.origin, origin)
    }

    mutating func decode(_ field: RecordDecoder.Field) throws(RecordMalformed) {
        switch Tag(rawValue: field.tag) {
        case .contentType: headers.contentType = field.string
        case .cacheControl: headers.cacheControl = field.string
        case .contentDisposition: headers.contentDisposition = field.string
        case .contentEncoding: headers.contentEncoding = field.string
        case .contentLanguage: headers.contentLanguage = field.string
        case .expires: headers.expires = field.string
        case .metadata: metadata.append(try field.pair())
        case .tag:
            let (key, value) = try field.pair()
            tags.append((key, value))
        case .storageClass: storageClass = field.string
        case .websiteRedirect: websiteRedirect = field.string
        case .origin: origin = field.string
        case .retention, .legalHold, .eventHold: try lock.decode(field)
        case .annotation:
            do { annotation = try AnnotationName(field.string) } catch { throw RecordMalformed() }
        case .etag, .encryption, .checksum, .partCount, nil: throw RecordMalformed()
        }
    }
}

extension ObjectLock {
    /// A retention is a byte for its mode and the time, absent for none; an event hold a byte for its unit and the number.
    fileprivate func encode(into encoder: inout RecordEncoder) {
        if let retention {
            let until = retention.until.map { until in withUnsafeBytes(of: until.bigEndian) { [UInt8]($0) } } ?? []
            encoder.put(Tag.retention, [retention.mode == .governance ? 1 : 2] + until)
            switch retention.eventHold {
            case nil: break
            case .days(let days): encoder.put(Tag.eventHold, [1] + withUnsafeBytes(of: days.bigEndian) { [UInt8]($0) })
            case .years(let years):
                encoder.put(Tag.eventHold, [2] + withUnsafeBytes(of: years.bigEndian) { [UInt8]($0) })
            }
        }
        if let legalHold { encoder.put(Tag.legalHold, [legalHold ? 1 : 0]) }
    }

    fileprivate mutating func decode(_ field: RecordDecoder.Field) throws(RecordMalformed) {
        let number = field.value.dropFirst().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        switch (Tag(rawValue: field.tag), field.value.first.map(Int.init) ?? -1, field.value.count) {
        case (.retention, 1, 1): retention = Retention(mode: .governance)
        case (.retention, 1, 9): retention = Retention(mode: .governance, until: number)
        case (.retention, 2, 1): retention = Retention(mode: .compliance)
        case (.retention, 2, 9): retention = Retention(mode: .compliance, until: number)
        case (.eventHold, 1, 9) where retention != nil: retention?.eventHold = .days(number)
        case (.eventHold, 2, 9) where retention != nil: retention?.eventHold = .years(number)
        case (.legalHold, 0, 1): legalHold = false
        case (.legalHold, 1, 1): legalHold = true
        // What cannot be read is not taken for no lock.
        default: throw RecordMalformed()
        }
    }
}

extension StoredChecksum {
    /// From a pair of its kind's name and its value.
    fileprivate init(_ field: RecordDecoder.Field) throws(RecordMalformed) {
        let (name, value) = try field.pairOfBytes()
        let kind = try ChecksumKind(name: name)
        self.init(algorithm: kind.algorithm, type: kind.type, value: String(decoding: value, as: UTF8.self))
    }
}
