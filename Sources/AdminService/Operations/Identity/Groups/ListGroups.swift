import AccessPolicy
import Accounts

/// The names of all groups: `mc admin group list`.
enum ListGroups: AdminOperation {
    static let routes = ["GET /minio/admin/v3/groups"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.listGroups) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await reply.send(context.accounts.snapshot.groupNames.map(\.text))
    }
}
