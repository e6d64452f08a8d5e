import AccessPolicy
import Accounts

/// Removes a policy that nobody has: `mc admin policy remove NAME`.
enum RemoveCannedPolicy: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/remove-canned-policy"]
    static let required = ["name"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.deletePolicy) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try await context.accounts.removePolicy(AccountName(request.required("name")))
        await reply.sendNothing()
    }
}
