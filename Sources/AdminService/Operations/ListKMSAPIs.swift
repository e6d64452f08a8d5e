import S3Service

enum ListKMSAPIs: AdminOperation {
    static let routes = ["GET /minio/kms/v1/apis"]

    static func perform(_ request: AdminRequest, in service: ServiceContext, _ reply: AdminReply) async throws {
        let routes = AdminOperations.all.compactMap { $0.routes.first?.split(separator: " ", maxSplits: 1) }
        await reply.send(routes.map { API(Method: String($0[0]), Path: String($0[1]), MaxBody: 0, Timeout: 0) })
    }

    private struct API: Encodable {
        let Method: String
        let Path: String
        let MaxBody: Int
        let Timeout: Int
    }
}
