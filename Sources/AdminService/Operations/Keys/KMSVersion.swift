import AccessPolicy
import SealedStorage

enum KMSVersion: AdminOperation {
    static let routes = ["GET /minio/kms/v1/version"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.keyServiceVersion, on: .service))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(["version": "v1"])
    }
}
