import AccessPolicy
import Accounts
import Cryptography
import JSON
import S3Protocol
import SealedStorage

/// All users, groups, policies and access keys as MinIO's archive, secrets in clear: `mc admin cluster iam export`.
enum ExportIAM: AdminOperation {
    static let routes = ["GET /minio/admin/v3/export-iam"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.exportIAM) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        // With the secrets of all users one is all of them.
        try request.require(.givesRights)
        let accounts = context.accounts
        let snapshot = try accounts.snapshot
        let showsRoot = request.principal.isRoot
        let archive = try await context.drive.offload {
            var writer = ZIPWriter()
            var archive: [UInt8] = []
            for file in IAMFile.allCases {
                archive += writer.file(file.path, Self.content(of: file, snapshot, accounts, showsRoot: showsRoot))
            }
            return archive + writer.end()
        }
        try await reply.send(archive, type: "application/zip")
    }

    static func content(
        of file: IAMFile, _ snapshot: AccountsSnapshot, _ accounts: Accounts, showsRoot: Bool
    ) -> [UInt8] {
        switch file {
        case .policies:
            return AdminReply.json(
                named(snapshot.policyNames.compactMap { snapshot.policy($0) }) { ($0.name, PolicyJSON($0.policy)) })
        case .users:
            return AdminReply.json(
                named(snapshot.users) { user in
                    (user.name, IAMUser(secretKey: user.secret.text, status: StatusText.of(user.isEnabled)))
                })
        case .groups:
            var members: [AccountName: [String]] = [:]
            for user in snapshot.users {
                for group in user.groups { members[group, default: []].append(user.name.text) }
            }
            return AdminReply.json(
                named(snapshot.groupNames.compactMap { snapshot.group($0) }) { group in
                    (
                        group.name,
                        IAMGroup(
                            status: StatusText.of(group.isEnabled), members: members[group.name]?.sorted() ?? [],
                            updatedAt: DocumentTime.text(group.changed))
                    )
                })
        case .serviceAccounts:
            let keys = snapshot.owners.filter { $0 != .root || showsRoot }
                .flatMap { snapshot.serviceAccounts(of: $0) }
            return AdminReply.json(named(keys) { ($0.accessKey, IAMServiceAccount($0, accounts)) })
        case .userMappings:
            return AdminReply.json(
                named(snapshot.users.filter { !$0.policies.isEmpty }) { user in
                    (user.name, IAMMapping(user.policies, changed: user.policiesChanged))
                })
        case .groupMappings:
            let groups = snapshot.groupNames.compactMap { snapshot.group($0) }.filter { !$0.policies.isEmpty }
            return AdminReply.json(named(groups) { ($0.name, IAMMapping($0.policies, changed: $0.changed)) })
        case .sessionMappings: return Array("{}".utf8)
        }
    }

    private static func named<Thing, Document>(
        _ things: [Thing], _ document: (Thing) -> (AccountName, Document)
    ) -> [String: Document] {
        Dictionary(
            things.map { thing in
                let (name, document) = document(thing)
                return (name.text, document)
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension IAMMapping {
    init(_ policies: [AccountName], changed: Int64?) {
        policy = policies.map(\.text).joined(separator: ",")
        updatedAt = DocumentTime.text(changed)
    }
}

extension IAMServiceAccount {
    init(_ account: ServiceAccount, _ accounts: Accounts) {
        parent = accounts.ownerName(account.owner)
        accessKey = account.accessKey.text
        secretKey = account.secret.text
        claims = Claims(
            accessKey: accessKey, parent: parent,
            kind: account.policy == nil ? "inherited-policy" : "embedded-policy",
            sessionPolicy: account.policy.map { Base64.encode($0.document) })
        status = account.isEnabled ? "on" : "off"
        name = account.name ?? ""
        description = account.description ?? ""
        expiration = AccessKeyTime.text(account.expiration)
    }
}

extension SecretString {
    /// The secret as text: for who may have it.
    fileprivate var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
