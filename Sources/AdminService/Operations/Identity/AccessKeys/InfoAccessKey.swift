import AccessPolicy
import Accounts
import S3Protocol

/// One access key of either kind: `mc admin accesskey info KEY`.
enum InfoAccessKey: AdminOperation {
    static let routes = ["GET /minio/admin/v3/info-access-key"]
    static let optional = ["accessKey"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    private struct Document: Encodable {
        let accessKey: String
        let parentUser: String
        let accountStatus: String
        let impliedPolicy: Bool
        let policy: String
        let name: String?
        let description: String?
        let expiration: String
        let lastUsed: String?
        let userType: String
        let userProvider = "builtin"
        let ldapSpecificInfo = ["username": ""]
        let openIDSpecificInfo = ["configName": "", "userID": "", "userIDClaim": ""]

        enum CodingKeys: String, CodingKey {
            case accessKey = "AccessKey"
            case parentUser, accountStatus, impliedPolicy, policy, name, description, expiration, lastUsed, userType
            case userProvider, ldapSpecificInfo, openIDSpecificInfo
        }

        init(_ key: AccessKeyDocument, policy: String, userType: String) {
            accessKey = key.accessKey ?? ""
            parentUser = key.parentUser
            accountStatus = key.accountStatus
            impliedPolicy = key.impliedPolicy
            self.policy = policy
            name = key.name
            description = key.description
            expiration = key.expiration ?? DocumentTime.unlimited
            lastUsed = key.lastUsed
            self.userType = userType
        }
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let accessKey = AccountName(request.nonEmpty("accessKey") ?? request.principal.accessKey ?? "")
        let account = snapshot.serviceAccount(accessKey)
        let session = snapshot.session(accessKey)
        let owner = account?.owner ?? session?.owner
        guard
            owner.map({ request.isSelf($0, unlessForbidden: .listServiceAccounts) }) == true
                || request.allows(.action(.listServiceAccounts))
        else { throw S3Error(.accessDenied) }
        let document: Document
        if let account {
            document = Document(
                AccessKeyDocument(account, context.accounts),
                policy: snapshot.effectivePolicy(account.policy, of: account.owner), userType: "Service Account")
        } else if let session {
            document = Document(
                AccessKeyDocument(session, context.accounts),
                policy: snapshot.effectivePolicy(session.policy, of: session.owner, external: session.policies),
                userType: "STS")
        } else {
            throw AccountError.noSuchAccessKey
        }
        try await reply.sendEncrypted(document, for: request)
    }
}
