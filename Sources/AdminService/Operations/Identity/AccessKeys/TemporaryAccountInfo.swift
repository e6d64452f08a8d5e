import AccessPolicy
import Accounts
import S3Protocol

/// One temporary access key.
enum TemporaryAccountInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/temporary-account-info"]
    static let required = ["accessKey"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.listTemporaryAccounts) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        guard let session = snapshot.session(AccountName(try request.required("accessKey"))) else {
            throw AccountError.noSuchAccessKey
        }
        var document = AccessKeyDocument(session, context.accounts)
            .with(policy: snapshot.effectivePolicy(session.policy, of: session.owner, external: session.policies))
        document.accessKey = nil
        try await reply.sendEncrypted(document, for: request)
    }
}
