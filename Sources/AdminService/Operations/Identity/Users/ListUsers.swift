import AccessPolicy
import Accounts
import S3Protocol

/// Every user: `mc admin user list`.
enum ListUsers: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-users"]
    static let optional = ["bucket"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.listUsers) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let bucket = request.nonEmpty("bucket")
        let users = snapshot.users.filter { user in
            bucket.map { bucket in user.policies.contains { snapshot.mentions($0, bucket: bucket) } } ?? true
        }
        try await reply.sendEncrypted(
            Dictionary(
                users.map { ($0.name.text, UserDocument($0, lastUse: snapshot.lastUse(of: $0.name))) },
                uniquingKeysWith: { first, _ in first }),
            for: request)
    }
}

extension AccountsSnapshot {
    /// Whether a policy is about a bucket.
    func mentions(_ policy: AccountName, bucket: String) -> Bool {
        self.policy(policy)?.policy.readable?.mentions(bucket: bucket) ?? false
    }
}
