import AccessPolicy
import Accounts
import S3Protocol
import SealedStorage

/// The access keys of several owners: `mc admin accesskey list [USERS]`.
enum ListAccessKeysBulk: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-access-keys-bulk"]
    static let optional = ["listType", "all", "users"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands {
        if try request.flag("all") { return .action(.listUsers) }
        return request.values("users").isEmpty ? .anyAccount : .action(.listServiceAccounts)
    }

    private enum Kind: String {
        case all
        case sessions = "sts-only"
        case lasting = "svcacc-only"
        case users = "users-only"

        var showsLasting: Bool { self == .all || self == .lasting }
        var showsSessions: Bool { self == .all || self == .sessions }
    }

    private struct Keys: Encodable {
        var serviceAccounts: [Key]?
        var stsKeys: [Key]?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(serviceAccounts, forKey: .serviceAccounts)
            try container.encode(stsKeys, forKey: .stsKeys)
        }

        enum CodingKeys: String, CodingKey { case serviceAccounts, stsKeys }
    }

    /// What an owner's record says is not repeated in each of its keys.
    private struct Key: Encodable {
        let parentUser = ""
        let accountStatus = ""
        let impliedPolicy = false
        let accessKey: String
        let expiration: String
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard let kind = Kind(rawValue: request.nonEmpty("listType") ?? "all") else {
            throw S3Error(.xMinioAdminInvalidArgument, "The listType is not known.")
        }
        let accounts = context.accounts
        let snapshot = try accounts.snapshot
        let owners = try owners(request, accounts, snapshot)
        let document = try await context.drive.offload {
            var document: [String: Keys] = [:]
            for owner in owners {
                let keys = Self.keys(of: owner, kind, snapshot)
                guard kind == .users || keys.serviceAccounts != nil || keys.stsKeys != nil else { continue }
                document[accounts.ownerName(owner)] = keys
            }
            return document
        }
        try await reply.sendEncrypted(document, for: request)
    }

    private static func owners(
        _ request: AdminRequest, _ accounts: Accounts, _ snapshot: AccountsSnapshot
    ) throws -> [AccountOwner] {
        if try request.flag("all") {
            let users = snapshot.userNames.map { AccountOwner.user($0) }
            return Array(Set(users).union(snapshot.owners))
        }
        let named = request.values("users").map { name in
            AccountName(name) == accounts.rootName ? AccountOwner.root : .user(AccountName(name))
        }
        if !named.isEmpty {
            return named.filter { owner in
                if case .user(let name) = owner { snapshot.user(name) != nil } else { true }
            }
        }
        guard let owner = request.principal.accountOwner, request.isSelf(owner, unlessForbidden: .listServiceAccounts)
        else { throw S3Error(.accessDenied) }
        return [owner]
    }

    private static func keys(of owner: AccountOwner, _ kind: Kind, _ snapshot: AccountsSnapshot) -> Keys {
        var keys = Keys()
        if kind.showsLasting {
            keys.serviceAccounts = snapshot.serviceAccounts(of: owner).map {
                Key(accessKey: $0.accessKey.text, expiration: AccessKeyTime.text($0.expiration))
            }
        }
        if kind.showsSessions {
            keys.stsKeys = snapshot.sessions(of: owner).map {
                Key(accessKey: $0.accessKey.text, expiration: AccessKeyTime.text($0.expiration))
            }
        }
        if keys.serviceAccounts?.isEmpty == true { keys.serviceAccounts = nil }
        if keys.stsKeys?.isEmpty == true { keys.stsKeys = nil }
        return keys
    }
}
