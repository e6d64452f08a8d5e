import AccessPolicy
import Accounts
import S3Protocol

/// Removes a user with its access keys and sessions: `mc admin user remove NAME`.
enum RemoveUser: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/remove-user"]
    static let required = ["accessKey"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.deleteUser) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = AccountName(try request.required("accessKey"))
        guard request.principal.accountOwner != .user(name) else {
            throw S3Error(.xMinioIAMActionNotAllowed, "Nobody removes itself.")
        }
        try await context.accounts.removeUser(name)
        await reply.sendNothing()
    }
}
