import AccessPolicy
import Accounts
import SealedStorage

/// Who has which policies: `mc admin policy entities`.
enum ListPolicyEntities: AdminOperation {
    static let routes = ["GET /minio/admin/v3/idp/builtin/policy-entities"]
    static let optional = ["user", "group", "policy"]

    static func demands(_ request: AdminRequest) throws -> AdminDemands {
        .anyAction(.listGroups, .listUsers, .listUserPolicies)
    }

    private struct Document: Encodable {
        let timestamp: String
        var userMappings: [UserMapping]?
        var groupMappings: [GroupMapping]?
        var policyMappings: [PolicyMapping]?
    }

    private struct UserMapping: Encodable {
        let user: String
        let policies: [String]
        let memberOfMappings: [GroupMapping]?
    }

    private struct GroupMapping: Encodable {
        let group: String
        let policies: [String]
    }

    private struct PolicyMapping: Encodable {
        let policy: String
        let users: [String]?
        let groups: [String]?

        // What nobody has is `null`, and not left out.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(policy, forKey: .policy)
            try container.encode(users, forKey: .users)
            try container.encode(groups, forKey: .groups)
        }

        enum CodingKeys: String, CodingKey { case policy, users, groups }
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let snapshot = try context.accounts.snapshot
        let users = request.values("user").map { AccountName($0) }
        let groups = request.values("group").map { AccountName($0) }
        let policies = request.values("policy").map { AccountName($0) }
        let time = request.time
        let document = try await context.drive.offload {
            var document = Document(timestamp: DocumentTime.text(time))
            let all = users.isEmpty && groups.isEmpty && policies.isEmpty
            if !users.isEmpty {
                document.userMappings = users.compactMap { snapshot.user($0) }.map { Self.mapping(of: $0, snapshot) }
            }
            if !groups.isEmpty {
                document.groupMappings = groups.compactMap { snapshot.group($0) }.map(Self.mapping(of:))
            }
            if all || !policies.isEmpty {
                document.policyMappings = Self.mappings(of: all ? nil : Set(policies), snapshot)
            }
            return document
        }
        try await reply.sendEncrypted(document, for: request)
    }

    private static func mapping(of user: User, _ snapshot: AccountsSnapshot) -> UserMapping {
        let groups = user.groups.compactMap { snapshot.group($0) }.filter { !$0.policies.isEmpty }
        return UserMapping(
            user: user.name.text, policies: user.policies.map(\.text),
            memberOfMappings: groups.isEmpty ? nil : groups.map(mapping(of:)))
    }

    private static func mapping(of group: Group) -> GroupMapping {
        GroupMapping(group: group.name.text, policies: group.policies.map(\.text))
    }

    /// - Parameter wanted: nil for every policy that somebody has.
    private static func mappings(of wanted: Set<AccountName>?, _ snapshot: AccountsSnapshot) -> [PolicyMapping] {
        var users: [AccountName: [AccountName]] = [:]
        var groups: [AccountName: [AccountName]] = [:]
        for user in snapshot.users { for policy in user.policies { users[policy, default: []].append(user.name) } }
        for name in snapshot.groupNames {
            for policy in snapshot.group(name)?.policies ?? [] { groups[policy, default: []].append(name) }
        }
        let names = (wanted ?? Set(users.keys).union(groups.keys)).filter { users[$0] != nil || groups[$0] != nil }
        return names.sorted().map { name in
            PolicyMapping(
                policy: name.text, users: users[name]?.sorted().map(\.text), groups: groups[name]?.map(\.text))
        }
    }
}
