import AccessPolicy
import SealedStorage

enum ListKMSAPIs: AdminOperation {
    static let routes = ["GET /minio/kms/v1/apis"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.keyServiceAPI, on: .service))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let routes = AdminOperations.all.compactMap { $0.routes.first?.split(separator: " ", maxSplits: 1) }
        try await reply.send(routes.map { API(method: String($0[0]), path: String($0[1])) })
    }

    private struct API: Encodable {
        let method: String
        let path: String
        let maxBody = 0
        let timeout = 0

        enum CodingKeys: String, CodingKey {
            case method = "Method"
            case path = "Path"
            case maxBody = "MaxBody"
            case timeout = "Timeout"
        }
    }
}
