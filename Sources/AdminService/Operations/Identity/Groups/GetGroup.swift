import AccessPolicy
import Accounts
import S3Protocol
import SealedStorage

/// One group with its members: `mc admin group info GROUP`.
enum GetGroup: AdminOperation {
    static let routes = ["GET /minio/admin/v3/group"]
    static let required = ["group"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.getGroup) }

    private struct Document: Encodable {
        let name: String
        let status: String
        let members: [String]
        let policy: String
        let updatedAt: String
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let name = AccountName(try request.required("group"))
        guard let group = snapshot.group(name) else { throw AccountError.noSuchGroup }
        let members = try await context.drive.offload { snapshot.members(of: name).map(\.text) }
        try await reply.send(
            Document(
                name: name.text, status: StatusText.of(group.isEnabled), members: members,
                policy: group.policies.map(\.text).joined(separator: ","),
                updatedAt: DocumentTime.text(group.changed)))
    }
}
