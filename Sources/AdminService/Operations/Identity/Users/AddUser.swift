import AccessPolicy
import Accounts
import S3Protocol

/// Makes a user, or gives one another secret: `mc admin user add NAME SECRET`.
enum AddUser: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/add-user"]
    static let required = ["accessKey"]
    static let body = AdminBody.encrypted

    static func demands(_ request: AdminRequest) throws -> AdminDemands {
        .action(.createUser).orOwner(of: request.nonEmpty("accessKey"))
    }

    private struct Document: Decodable {
        let secretKey: String
        let status: String?
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let accessKey = try request.required("accessKey")
        let document: Document = try request.document()
        let name = try AccountName(accessKey: accessKey)
        let isOwn = request.principal.accessKey.map { AccountName($0) == name } ?? false
        // With another's secret one is that other.
        try await context.accounts.putUser(
            accessKey, secret: SecretString(document.secretKey),
            isEnabled: isOwn || document.status ?? "enabled" == "enabled",
            mayReplace: isOwn || request.allows(.givesRights), at: request.time)
        await reply.sendNothing()
    }
}
