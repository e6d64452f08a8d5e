import KeyManagement
import S3Service

/// Makes a key in the key service: `mc admin kms key create NAME`.
enum CreateKey: AdminOperation {
    static let routes = ["POST /minio/kms/v1/key/create", "POST /minio/admin/v3/kms/key/create"]

    static func perform(_ request: AdminRequest, in service: ServiceContext, _ reply: AdminReply) async throws {
        try await service.dataKeys.service.createKey(KeyID(request.required("key-id")))
        await reply.sendNothing()
    }
}
