import AccessPolicy
import KeyManagement
import S3Protocol
import SealedStorage

/// Makes a key in the key service: `mc admin kms key create NAME`.
enum CreateKey: AdminOperation {
    static let routes = ["POST /minio/kms/v1/key/create", "POST /minio/admin/v3/kms/key/create"]

    static let required = ["key-id"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        request.isOfOldAddress
            ? .action(.createKeyByAdministration) : .all(Demand(.createKey, on: .key(request.nonEmpty("key-id"))))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await context.drive.keys.service.createKey(KeyID(request.required("key-id")))
        await reply.sendNothing()
    }
}
