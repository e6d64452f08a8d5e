import AccessPolicy
import Notation
import S3Protocol

// What this server has not, where clients ask for it and take "none" for an answer. Everything else that it has not is
// refused as an address that is not known.

/// Other sites that this one is kept equal with: none.
enum SiteReplicationInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/site-replication/info"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.siteReplicationInfo) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(["enabled": false])
    }
}

/// How equal they are.
enum SiteReplicationStatus: AdminOperation {
    static let routes = ["GET /minio/admin/v3/site-replication/status"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.siteReplicationInfo) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(Document())
    }

    private struct Document: Encodable, Sendable {
        let enabled = false
        let maxBuckets = 0
        let maxUsers = 0
        let maxGroups = 0
        let maxPolicies = 0

        enum CodingKeys: String, CodingKey {
            case enabled = "Enabled"
            case maxBuckets = "MaxBuckets"
            case maxUsers = "MaxUsers"
            case maxGroups = "MaxGroups"
            case maxPolicies = "MaxPolicies"
        }
    }
}

/// Where buckets are replicated to: nowhere.
enum ListRemoteTargets: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-remote-targets"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .action(.getBucketTarget, bucket: request.nonEmpty("bucket"))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(Array("null".utf8), type: "application/json")
    }
}

/// Where lifecycle rules move objects to: nowhere.
enum ListTiers: AdminOperation {
    static let routes = ["GET /minio/admin/v3/tier"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.listTier) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(
            Array("null".utf8), type: "application/json",
            headers: [("x-minio-tiercfg-refreshedat", HTTPDate.iso8601(request.time))])
    }
}

enum TierStats: AdminOperation {
    static let routes = ["GET /minio/admin/v3/tier-stats"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.listTier) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(Array("null".utf8), type: "application/json")
    }
}

enum VerifyTier: AdminOperation {
    static let routes = ["GET /minio/admin/v3/tier/{tier}"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.listTier) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        throw S3Error(.xMinioAdminTierNotFound)
    }
}

enum RemoveTier: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/tier/{tier}"]
    static let optional = ["force"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.setTier) }

    /// It is not there, which is what the client wants.
    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        await reply.sendNothing(status: 204)
    }
}

enum AddTier: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/tier", "POST /minio/admin/v3/tier/{tier}"]
    static let optional = ["force"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.setTier) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        throw S3Error(.notImplemented, "This server moves no objects to other stores.")
    }
}
