import AccessPolicy
import Accounts
import S3Protocol

/// One lasting access key: `mc admin user svcacct info KEY`.
enum InfoServiceAccount: AdminOperation {
    static let routes = ["GET /minio/admin/v3/info-service-account"]
    static let required = ["accessKey"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let account = snapshot.serviceAccount(AccountName(try request.required("accessKey")))
        guard
            account.map({ request.isSelf($0.owner, unlessForbidden: .listServiceAccounts) }) == true
                || request.allows(.action(.listServiceAccounts))
        else { throw S3Error(.accessDenied) }
        guard let account else { throw AccessKeyRefusal.unknown }
        var document = AccessKeyDocument(account, context.accounts)
            .with(policy: snapshot.effectivePolicy(account.policy, of: account.owner))
        document.accessKey = nil
        try await reply.sendEncrypted(document, for: request)
    }
}
