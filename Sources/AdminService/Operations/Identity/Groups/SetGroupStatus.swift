import AccessPolicy
import Accounts
import S3Protocol

/// Whether a group's policies count: `mc admin group enable|disable GROUP`.
enum SetGroupStatus: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-group-status"]
    static let required = ["group", "status"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.enableGroup) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = AccountName(try request.required("group"))
        let isEnabled = try StatusText.parse(request.required("status"))
        // Its own rights would change with it.
        var caller: AccountName?
        if case .user(let name)? = request.principal.accountOwner, !request.allows(.givesRights) { caller = name }
        try await context.accounts.setGroup(name, isEnabled: isEnabled, unlessOf: caller, at: request.time)
        await reply.sendNothing()
    }
}
