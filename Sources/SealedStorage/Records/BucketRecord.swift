package import AccessPolicy
package import ObjectStorage
package import S3Protocol

/// What a bucket has besides its name and time.
///
/// At rest only inside a sealed record, but for the versioning with its exclusions and the bytes of the quota: those are columns,
/// to which the record is bound.
package struct BucketRecord: Sendable {
    package var versioning = BucketVersioning.unversioned
    /// Only of a bucket with versioning that is not locked.
    package var versioningExclusions: VersioningExclusions?
    /// The default encryption rule, or `nil` when none was put.
    package var encryption: ServerSideEncryptionConfiguration?
    /// What new versions of a bucket with object lock get, or `nil` when that was never put.
    package var objectLock: ObjectLockConfiguration?
    /// Never empty.
    package var tags: ObjectTags?
    package var cors: CORSConfiguration?
    package var policy: StoredPolicy?
    package var publicAccessBlock: PublicAccessBlock?
    package var ownershipControls: OwnershipControls?
    package var lifecycle: LifecycleConfiguration?
    /// Who is told of what happens in the bucket; never empty.
    package var notification: NotificationConfiguration?
    /// Never empty.
    package var quota: BucketQuota?

    package init() {}
}

/// A bucket's policy as its record has it.
package enum StoredPolicy: Sendable {
    case readable(BucketPolicy)
    /// Put under another version of the program, which understood it: what it forbids is not known.
    case unreadable([UInt8])

    fileprivate init(_ document: [UInt8]) {
        self = (try? BucketPolicy(document)).map { .readable($0) } ?? .unreadable(document)
    }

    /// As it was put, byte for byte.
    package var document: [UInt8] {
        switch self {
        case .readable(let policy): policy.document
        case .unreadable(let document): document
        }
    }
}

private enum Tag: UInt8 {
    case encryptionAlgorithm = 1
    case encryptionKey, bucketKeyEnabled
    case objectLock = 5
    case tagging = 6
    case cors = 7
    case policy = 8
    case publicAccessBlock = 9
    case ownershipControls = 10
    case lifecycle = 11
    case notification = 12
    case quota = 13
    case blockedEncryption = 14
}

extension BucketRecord {
    package func encoded() -> [UInt8] {
        var encoder = RecordEncoder(capacity: 64)
        if let encryption {
            if let algorithm = encryption.algorithm {
                encoder.put(Tag.encryptionAlgorithm, algorithm.name)
                encoder.put(Tag.encryptionKey, algorithm.keyID)
            }
            encoder.put(Tag.blockedEncryption, encryption.blocked?.rawValue)
            if let enabled = encryption.bucketKeyEnabled { encoder.put(Tag.bucketKeyEnabled, [enabled ? 1 : 0]) }
        }
        if let objectLock { encoder.put(Tag.objectLock, objectLock.xml()) }
        if let tags { encoder.put(Tag.tagging, tags.xml()) }
        if let cors { encoder.put(Tag.cors, cors.xml()) }
        if let policy { encoder.put(Tag.policy, policy.document) }
        if let publicAccessBlock { encoder.put(Tag.publicAccessBlock, publicAccessBlock.xml()) }
        if let ownershipControls { encoder.put(Tag.ownershipControls, ownershipControls.xml()) }
        if let lifecycle { encoder.put(Tag.lifecycle, lifecycle.storedXML()) }
        if let notification { encoder.put(Tag.notification, notification.xml()) }
        if let quota { encoder.put(Tag.quota, quota.json()) }
        return encoder.bytes
    }

    package init(decoding record: [UInt8], _ rule: VersioningRule) throws(RecordMalformed) {
        versioning = rule.versioning
        versioningExclusions = rule.exclusions
        var decoder = try RecordDecoder(record)
        while let field = try decoder.next() {
            switch Tag(rawValue: field.tag) {
            case .encryptionAlgorithm:
                guard let algorithm = Algorithm(name: field.string, keyID: nil) else { throw RecordMalformed() }
                encryption = ServerSideEncryptionConfiguration(algorithm: algorithm)
            case .encryptionKey:
                guard let name = encryption?.algorithm?.name else { throw RecordMalformed() }
                encryption?.algorithm = Algorithm(name: name, keyID: field.string)
            case .blockedEncryption:
                guard let blocked = BlockedEncryptionTypes(rawValue: field.string) else { throw RecordMalformed() }
                if encryption == nil { encryption = ServerSideEncryptionConfiguration(algorithm: nil) }
                encryption?.blocked = blocked
            case .bucketKeyEnabled: encryption?.bucketKeyEnabled = field.value.first == 1
            case .objectLock:
                objectLock = try Self.setting { () throws(S3Error) in try ObjectLockConfiguration.parse(field.value) }
            case .tagging:
                tags = try Self.setting { () throws(S3Error) in
                    try ObjectTags(document: field.value, maximum: ObjectTags.maximumOfBucket)
                }
            case .cors: cors = try Self.setting { () throws(S3Error) in try CORSConfiguration.parse(field.value) }
            case .policy: policy = StoredPolicy(field.bytes)
            case .publicAccessBlock:
                guard let block = try? PublicAccessBlock.parse(field.bytes) else { throw RecordMalformed() }
                publicAccessBlock = block
            case .ownershipControls:
                guard let controls = try? OwnershipControls.parse(field.bytes) else { throw RecordMalformed() }
                ownershipControls = controls
            case .lifecycle:
                lifecycle = try Self.setting { () throws(S3Error) in
                    try LifecycleConfiguration.parse(stored: field.value)
                }
            case .notification:
                notification = try Self.setting { () throws(S3Error) in
                    try NotificationConfiguration.parse(field.value)
                }
            case .quota: quota = try Self.setting { () throws(S3Error) in try BucketQuota.parse(Array(field.value)) }
            case nil: throw RecordMalformed()
            }
        }
    }

    private typealias Algorithm = ServerSideEncryptionConfiguration.Algorithm

    /// A setting that is stored as the document it was put as.
    private static func setting<Setting>(
        _ parse: () throws(S3Error) -> Setting
    ) throws(RecordMalformed) -> Setting {
        do { return try parse() } catch { throw RecordMalformed() }
    }
}
