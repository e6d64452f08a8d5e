import S3Service

enum KMSVersion: AdminOperation {
    static let routes = ["GET /minio/kms/v1/version"]

    static func perform(_ request: AdminRequest, in service: ServiceContext, _ reply: AdminReply) async throws {
        await reply.send(["version": "v1"])
    }
}
