import AccessPolicy
import KeyManagement
import Notation
import S3Protocol
import SealedStorage

/// The keys whose names match a pattern of `*` and `?`: `mc admin kms key list`.
enum ListKeys: AdminOperation {
    static let routes = ["GET /minio/kms/v1/key/list", "GET /minio/admin/v3/kms/key/list"]

    static let required = ["pattern"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.listKeys, on: .someKey))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let text = try request.required("pattern")
        let pattern = GlobPattern(text.isEmpty ? "*" : text)
        let keys = try await context.drive.keys.service.listKeys()
        try await reply.send(
            keys.filter { key in
                pattern.matches(key.name.name) && request.allows(.all(Demand(.listKeys, on: .key(key.name.name))))
            }.map(Key.init))
    }

    private struct Key: Encodable {
        let createdAt: String
        let createdBy: String
        let name: String

        init(_ key: KeyDescription) {
            createdAt = key.createdAt.map { HTTPDate.iso8601($0) } ?? "0001-01-01T00:00:00Z"
            createdBy = key.createdBy
            name = key.name.name
        }
    }
}
