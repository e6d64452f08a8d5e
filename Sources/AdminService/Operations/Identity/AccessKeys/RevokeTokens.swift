import AccessPolicy
import Accounts
import S3Protocol

/// Ends sessions of a user: `mc admin accesskey sts-revoke USER --all`.
enum RevokeTokens: AdminOperation {
    static let routes = ["POST /minio/admin/v3/revoke-tokens/{provider}"]
    static let optional = ["user", "tokenRevokeType", "fullRevoke"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .anyAccount }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        switch request.pathValues["provider"] {
        case "builtin": break
        case "ldap": throw S3Error(.xMinioLDAPNotEnabled)
        default: throw S3Error(.notImplemented)
        }
        let accounts = context.accounts
        let owner =
            request.nonEmpty("user").map { name in
                AccountName(name) == accounts.rootName ? AccountOwner.root : .user(AccountName(name))
            } ?? request.principal.accountOwner
        guard let owner,
            request.isSelf(owner, unlessForbidden: .removeServiceAccount)
                || request.allows(.action(.removeServiceAccount))
        else { throw S3Error(.accessDenied) }
        if case .user(let name) = owner, try accounts.snapshot.user(name) == nil { throw AccountError.noSuchUser }
        let type = request.nonEmpty("tokenRevokeType")
        let isFull = try request.flag("fullRevoke")
        guard isFull || type != nil else {
            throw S3Error(.xMinioAdminInvalidArgument, "Either a tokenRevokeType or fullRevoke is needed.")
        }
        try await accounts.revokeSessions(of: owner, type: isFull ? nil : type)
        await reply.sendNothing(status: 204)
    }
}
