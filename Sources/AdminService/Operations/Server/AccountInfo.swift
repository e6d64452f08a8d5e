import AccessPolicy
import Accounts
import JSON
import Maintenance
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

/// Who the caller is, and the buckets that it may see, with what they amount to.
enum AccountInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/accountinfo"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .anyAccount }

    /// Buckets that one answer tells of.
    private static let mostBuckets = 10_000

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let (usage, _) = try await context.drive.buckets.usageOfAll()
        let spread = await context.survey?.latest()?.buckets ?? [:]
        var buckets: [BucketDocument] = []
        for listed in context.drive.buckets.sorted.page(limit: mostBuckets).buckets {
            let access = Access(
                read: request.allows(
                    .any(
                        Demand(.listBucket, on: .bucket(listed.name)),
                        Demand(.getBucketLocation, on: .bucket(listed.name)))),
                write: request.allows(.all(Demand(.putObject, on: .someObject(bucket: listed.name)))))
            guard access.read || access.write, let bucket = context.drive.buckets.bucket(named: listed.name) else {
                continue
            }
            buckets.append(BucketDocument(bucket, usage[bucket.id] ?? BucketUsage(), spread[bucket.id], access))
        }
        let documents = buckets
        try await reply.send(
            Document(
                accountName: request.accountName, backend: BackendDocument(),
                policy: try request.effectivePolicy(context.accounts),
                buckets: documents.isEmpty ? nil : documents))
    }

    private struct Document: Encodable, Sendable {
        let accountName: String
        let backend: BackendDocument
        let policy: PolicyJSON
        let buckets: [BucketDocument]?

        enum CodingKeys: String, CodingKey {
            case accountName = "AccountName"
            case backend = "Server"
            case policy = "Policy"
            case buckets = "Buckets"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(accountName, forKey: .accountName)
            try container.encode(backend, forKey: .backend)
            try container.encode(policy, forKey: .policy)
            // Clients look for the member.
            try container.encode(buckets, forKey: .buckets)
        }
    }

    private struct Access: Encodable, Sendable {
        let read: Bool
        let write: Bool
    }

    private struct Details: Encodable, Sendable {
        let versioning: Bool
        let versioningSuspended: Bool
        let locking: Bool
        let replication = false
        let tags: [String: String]?
        let quota: QuotaDocument?

        init(_ bucket: Bucket) {
            versioning = bucket.versioning == .enabled || bucket.versioning == .locked
            versioningSuspended = bucket.versioning == .suspended
            let record = try? bucket.record
            locking = bucket.versioning == .locked
            tags = record?.tags.map { tags in
                Dictionary(tags.pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
            }
            quota = record?.quota.map(QuotaDocument.init)
        }
    }

    private struct BucketDocument: Encodable, Sendable {
        let name: String
        let size: Int64
        let objects: Int64
        let objectHistogram: [String: Int]
        let objectsVersionsHistogram: [String: Int]
        let details: Details
        let created: String
        let access: Access

        init(_ bucket: Bucket, _ usage: BucketUsage, _ spread: UsageDistribution?, _ access: Access) {
            name = bucket.name
            size = usage.bytes
            objects = usage.objects
            objectHistogram = UsageHistogram.of(spread?.sizes)
            objectsVersionsHistogram = UsageHistogram.of(spread?.versions)
            details = Details(bucket)
            created = HTTPDate.iso8601(bucket.created)
            self.access = access
        }
    }
}

extension AdminRequest {
    /// Whose rights the caller has.
    fileprivate var accountName: String { principal.parent ?? principal.accessKey ?? "" }

    /// What the caller's policies allow together, as a policy document.
    fileprivate func effectivePolicy(_ accounts: Accounts) throws -> PolicyJSON {
        guard let owner = principal.accountOwner, owner != .root || principal.isRestricted else {
            return PolicyJSON(Array(BuiltInPolicies.consoleAdmin.utf8))
        }
        let snapshot = try accounts.snapshot
        let accessKey = AccountName(principal.accessKey ?? "")
        if let own = snapshot.serviceAccount(accessKey)?.policy ?? snapshot.session(accessKey)?.policy {
            return PolicyJSON(own)
        }
        return snapshot.merged(ofOwner: owner)
    }
}
