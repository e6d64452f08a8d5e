import AccessPolicy
import Accounts
import S3Protocol

/// Lets a user send requests, or not: `mc admin user enable|disable NAME`.
enum SetUserStatus: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-user-status"]
    static let required = ["accessKey", "status"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.enableUser) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = AccountName(try request.required("accessKey"))
        let isEnabled = try StatusText.parse(request.required("status"))
        guard name != context.accounts.rootName, request.principal.accountOwner != .user(name) else {
            throw S3Error(.xMinioAdminInvalidArgument, "Neither root nor the caller itself can be disabled.")
        }
        try await context.accounts.setUser(name, isEnabled: isEnabled)
        await reply.sendNothing()
    }
}
