import AccessPolicy
import Accounts
import S3Protocol

/// The lasting access keys of one owner: `mc admin user svcacct list USER`.
enum ListServiceAccounts: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-service-accounts"]
    static let optional = ["user"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    private struct Document: Encodable {
        let accounts: [AccessKeyDocument]?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(accounts, forKey: .accounts)
        }

        enum CodingKeys: String, CodingKey { case accounts }
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let accounts = context.accounts
        let owner =
            request.nonEmpty("user").map { name in
                AccountName(name) == accounts.rootName ? AccountOwner.root : .user(AccountName(name))
            } ?? request.principal.accountOwner
        guard let owner,
            request.isSelf(owner, unlessForbidden: .listServiceAccounts)
                || request.allows(.action(.listServiceAccounts))
        else { throw S3Error(.accessDenied) }
        let listed = try accounts.snapshot.serviceAccounts(of: owner).map { AccessKeyDocument($0, accounts) }
        try await reply.sendEncrypted(Document(accounts: listed.isEmpty ? nil : listed), for: request)
    }
}
