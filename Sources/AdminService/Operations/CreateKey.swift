import AccessPolicy
import KeyManagement
import S3Protocol
import SealedStorage

/// Makes a key in the key service: `mc admin kms key create NAME`.
enum CreateKey: AdminOperation {
    static let routes = ["POST /minio/kms/v1/key/create", "POST /minio/admin/v3/kms/key/create"]

    static func demands(_ request: AdminRequest) -> [Demand] {
        [Demand(.createKey, on: .key(request.target.queryValue("key-id")))]
    }

    static func perform(_ request: AdminRequest, on drive: SealedDrive, _ reply: AdminReply) async throws {
        try await drive.keys.service.createKey(KeyID(request.required("key-id")))
        await reply.sendNothing()
    }
}
