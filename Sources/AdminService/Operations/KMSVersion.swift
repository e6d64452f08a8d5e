import AccessPolicy
import SealedStorage

enum KMSVersion: AdminOperation {
    static let routes = ["GET /minio/kms/v1/version"]

    static func demands(_ request: AdminRequest) -> [Demand] {
        [Demand(.keyServiceVersion, on: .service)]
    }

    static func perform(_ request: AdminRequest, on drive: SealedDrive, _ reply: AdminReply) async throws {
        await reply.send(["version": "v1"])
    }
}
