import AccessPolicy
import Cryptography
import ObjectStorage
import S3Protocol
import SealedStorage

/// The settings of a bucket that MinIO's archives hold, each in a file of its own: what S3's requests about it say.
enum BucketSetting: String, CaseIterable, Sendable {
    // In the order in which they are set: a lock needs versions.
    case versioning = "versioning.xml"
    case objectLock = "object-lock.xml"
    case policy = "policy.json"
    case tags = "tagging.xml"
    case encryption = "bucket-encryption.xml"
    case lifecycle = "lifecycle.xml"
    case notification = "notification.xml"
    case quota = "quota.json"
    case cors = "cors.xml"

    /// Bytes of one document.
    static let longestDocument = 1 << 20

    /// The name by which the answer to an import tells of it.
    var reportName: String {
        switch self {
        case .versioning: "versioning"
        case .objectLock: "olock"
        case .policy: "policy"
        case .tags: "tagging"
        case .encryption: "sse"
        case .lifecycle: "lifecycle"
        case .notification: "notification"
        case .quota: "quota"
        case .cors: "cors"
        }
    }

    /// Its document; `nil` when the bucket has none.
    func document(of record: BucketRecord) -> [UInt8]? {
        switch self {
        case .versioning:
            record.versioning == .unversioned ? nil : VersioningConfiguration(record.versioningRule).xml()
        case .objectLock:
            record.versioning == .locked ? (record.objectLock ?? ObjectLockConfiguration()).xml() : nil
        case .policy: record.policy?.document
        case .tags: record.tags?.xml()
        case .encryption: record.encryption?.xml()
        case .lifecycle: record.lifecycle?.xml()
        // Always there, as in MinIO's archives: a bucket without settings is to be made, too.
        case .notification:
            record.notification?.xml() ?? Array("<NotificationConfiguration></NotificationConfiguration>".utf8)
        case .quota: (record.quota ?? BucketQuota(bytes: 0)).json()
        case .cors: record.cors?.xml()
        }
    }

    /// Reads a document, and gives what puts it into a bucket's record.
    ///
    /// - Parameters:
    ///   - webhooks: those that the server has; a bucket cannot have another one told.
    ///   - time: milliseconds since 1970.
    /// - Throws: what the S3 request that sets it would be answered with.
    func change(
        _ document: [UInt8], of bucket: BucketName, webhooks: Set<String>, region: String, at time: Int64
    ) throws -> @Sendable (inout BucketRecord) throws -> Void {
        switch self {
        case .versioning:
            let configuration = try VersioningConfiguration.parse(document)
            return { try $0.setVersioning(configuration) }
        case .objectLock:
            let configuration = try ObjectLockConfiguration.parse(document)
            return { try $0.lock(configuration) }
        case .policy:
            let policy = try Self.policy(document, of: bucket)
            return { record in
                guard !policy.isPublic || record.publicAccessBlock?.blockPublicPolicy != true else {
                    throw S3Error(.accessDenied, "Public policies are blocked for the bucket.")
                }
                record.policy = .readable(policy)
            }
        case .tags:
            let tags = try ObjectTags(document: document, maximum: ObjectTags.maximumOfBucket)
            return { $0.tags = tags.pairs.isEmpty ? nil : tags }
        case .encryption:
            let rule = try ServerSideEncryptionConfiguration.parse(document)
            return { $0.encryption = rule }
        case .lifecycle:
            var configuration = try LifecycleConfiguration.parse(Self.withoutUpdateTime(document))
            configuration.updated = time
            return { [configuration] in $0.lifecycle = configuration }
        case .notification:
            let configuration = try NotificationConfiguration.parse(document) { String(SecureRandom.word(), radix: 16) }
            for rule in configuration.rules {
                guard webhooks.contains(rule.target.id) else { throw NotificationConfiguration.unknownTarget }
                guard rule.target.region.isEmpty || rule.target.region == region else {
                    throw NotificationConfiguration.foreignTarget
                }
            }
            return { $0.notification = configuration.rules.isEmpty ? nil : configuration }
        case .quota:
            let quota = try BucketQuota.parse(document)
            return { $0.quota = quota.isEmpty ? nil : quota }
        case .cors:
            let cors = try CORSConfiguration.parse(document)
            return { $0.cors = cors }
        }
    }

    private static func policy(_ document: [UInt8], of bucket: BucketName) throws(S3Error) -> BucketPolicy {
        do throws(PolicyMalformed) {
            let policy = try BucketPolicy(document)
            try policy.requireResources(of: bucket.rawValue)
            return policy
        } catch {
            throw S3Error(.malformedPolicy, error.description)
        }
    }

    /// MinIO writes the time of the last change into the document itself.
    private static func withoutUpdateTime(_ document: [UInt8]) -> [UInt8] {
        let text = String(decoding: document, as: UTF8.self)
        guard let start = text.firstRange(of: "<ExpiryUpdatedAt>"), let end = text.firstRange(of: "</ExpiryUpdatedAt>"),
            start.lowerBound < end.lowerBound
        else { return document }
        return Array((text[..<start.lowerBound] + text[end.upperBound...]).utf8)
    }
}
