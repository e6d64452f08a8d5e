import AccessPolicy
import Accounts
import S3Protocol

/// The old call of `mc`: other policies in the place of all that a user or group has.
enum SetUserOrGroupPolicy: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/set-user-or-group-policy"]
    static let required = ["policyName", "userOrGroup"]
    static let optional = ["isGroup"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.attachUserOrGroupPolicy) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let names = try request.required("policyName").split(separator: ",").map { AccountName(String($0)) }
        let holder = AccountName(try request.required("userOrGroup"))
        if try request.flag("isGroup") {
            _ = try await context.accounts.changePolicies(.replace(names), ofGroup: holder, at: request.time)
        } else {
            guard holder != context.accounts.rootName else {
                throw S3Error(.xMinioIAMActionNotAllowed, "Root needs no policies.")
            }
            _ = try await context.accounts.changePolicies(.replace(names), ofUser: holder, at: request.time)
        }
        await reply.sendNothing()
    }
}
