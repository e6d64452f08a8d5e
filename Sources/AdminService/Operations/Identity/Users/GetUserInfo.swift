import AccessPolicy
import Accounts
import S3Protocol

/// One user: `mc admin user info NAME`.
enum GetUserInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/user-info"]
    static let required = ["accessKey"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands {
        .action(.getUser).orOwner(of: request.nonEmpty("accessKey"))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let name = AccountName(try request.required("accessKey"))
        let snapshot = try context.accounts.snapshot
        guard let user = snapshot.user(name) else { throw AccountError.noSuchUser }
        try await reply.send(UserDocument(user, lastUse: snapshot.lastUse(of: name)))
    }
}
