import AccessPolicy
import Accounts

/// The old call of `mc`: other policies in the place of all that a user or group has.
enum SetUserOrGroupPolicy: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-user-or-group-policy"]
    static let required = ["policyName", "userOrGroup"]
    static let optional = ["isGroup"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.attachUserOrGroupPolicy) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let names = try request.required("policyName").split(separator: ",").map { AccountName(String($0)) }
        let name = AccountName(try request.required("userOrGroup"))
        let holder: PolicyHolder = try request.flag("isGroup") ? .group(name) : .user(name)
        _ = try await context.accounts.changePolicies(.replace(names), of: holder, at: request.time)
        await reply.sendNothing()
    }
}
