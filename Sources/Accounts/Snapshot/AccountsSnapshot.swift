import AccessPolicy
import S3Protocol

/// All users, groups, policies and access keys as they were after one change: what belongs together is read together.
package struct AccountsSnapshot: Sendable {
    /// A user with the identity that its requests have.
    ///
    /// A class, because each request looks for its own: a copy is one reference.
    final class Member: Sendable {
        let user: User
        let identity: Identity
        let use: AccessKeyUse

        init(user: User, identity: Identity, use: AccessKeyUse) {
            self.user = user
            self.identity = identity
            self.use = use
        }
    }

    private(set) var members = AccountTable<AccountName, Member>()
    private(set) var groups = AccountTable<AccountName, Group>()
    private(set) var policies = AccountTable<AccountName, NamedPolicy>()
    private(set) var serviceAccounts = AccountTable<AccountName, ServiceAccount>()
    private(set) var sessions = AccountTable<AccountName, TemporaryCredential>()
    private(set) var consoleSessions = AccountTable<AccountName, ConsoleSession>()
    /// The sessions at the console of each access key.
    private var consoleSessionsOf = AccountTable<AccountName, Set<AccountName>>()
    private(set) var sharedLinks = AccountTable<AccountName, SharedLink>()
    private var sharedLinksOf = AccountTable<AccountName, Set<AccountName>>()
    /// The access keys and sessions of each owner.
    private var owned = AccountTable<AccountOwner, Set<AccountName>>()
    /// The users of each group, and those who have each policy: a change of one walks nobody else.
    private var membersOf = AccountTable<AccountName, Set<AccountName>>()
    private var holders = AccountTable<AccountName, Set<Holder>>()

    private enum Holder: Hashable {
        case user(AccountName)
        case group(AccountName)
        case session(AccountName)
    }

    init() {
        for policy in NamedPolicy.builtIn { policies[policy.name] = policy }
    }

    // MARK: Looking up

    package func user(_ name: AccountName) -> User? { members[name]?.user }
    package func group(_ name: AccountName) -> Group? { groups[name] }
    package func policy(_ name: AccountName) -> NamedPolicy? { policies[name] }
    package func serviceAccount(_ accessKey: AccountName) -> ServiceAccount? { serviceAccounts[accessKey] }
    package func session(_ accessKey: AccountName) -> TemporaryCredential? { sessions[accessKey] }

    package func consoleSession(_ id: AccountName) -> ConsoleSession? { consoleSessions[id] }

    /// The sessions at the console of an access key, the oldest first.
    package func consoleSessions(of accessKey: AccountName) -> [ConsoleSession] {
        (consoleSessionsOf[accessKey] ?? []).compactMap { consoleSessions[$0] }
            .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// All sessions at the console, in no order.
    package var allConsoleSessions: [ConsoleSession] { consoleSessions.values }

    /// The shared links of an access key, in no order.
    package func sharedLinks(of accessKey: AccountName) -> [SharedLink] {
        (sharedLinksOf[accessKey] ?? []).compactMap { sharedLinks[$0] }
    }

    /// All shared links, in no order.
    package var allSharedLinks: [SharedLink] { sharedLinks.values }

    func countSharedLinks(of accessKey: AccountName) -> Int { sharedLinksOf[accessKey]?.count ?? 0 }

    package var userNames: [AccountName] { members.names }
    package var groupNames: [AccountName] { groups.names }
    package var policyNames: [AccountName] { policies.names }

    /// In no order.
    package var users: [User] { members.values.map(\.user) }

    /// The members of a group, in the order of their names.
    package func members(of group: AccountName) -> [AccountName] {
        (membersOf[group] ?? []).sorted()
    }

    /// The lasting access keys of an owner, in the order of their names.
    package func serviceAccounts(of owner: AccountOwner) -> [ServiceAccount] {
        (owned[owner] ?? []).sorted().compactMap { serviceAccounts[$0] }
    }

    /// The sessions of an owner, in the order of their access keys.
    package func sessions(of owner: AccountOwner) -> [TemporaryCredential] {
        (owned[owner] ?? []).sorted().compactMap { sessions[$0] }
    }

    /// Those who have access keys or sessions.
    package var owners: [AccountOwner] { owned.keys }

    /// Whether a user, a group or a session has the policy.
    func isAttached(_ policy: AccountName) -> Bool { holders[policy] != nil }

    func countOwned(by owner: AccountOwner) -> Int { owned[owner]?.count ?? 0 }

    func keys(ownedBy owner: AccountOwner) -> Set<AccountName> { owned[owner] ?? [] }

    /// Whether something has the access key already.
    func isTaken(_ accessKey: AccountName) -> Bool {
        members[accessKey] != nil || serviceAccounts[accessKey] != nil || sessions[accessKey] != nil
    }

    // MARK: Rights

    /// What a user may do by its own policies and those of its groups.
    func rights(of user: User) -> (rights: Identity.Rights, groups: [String]) {
        var names = user.policies
        var enabled: [String] = []
        for name in user.groups {
            // Of a group that is damaged it is not known what it forbids.
            guard let group = groups[name] else { return (.unknown, []) }
            guard group.isEnabled else { continue }
            names += group.policies
            enabled.append(name.text)
        }
        return (rights(by: names), enabled)
    }

    func rights(by names: [AccountName]) -> Identity.Rights {
        var found: [IdentityPolicy] = []
        var seen: Set<AccountName> = []
        for name in names where seen.insert(name).inserted {
            guard case .readable(let policy)? = policies[name]?.policy else { return .unknown }
            found.append(policy)
        }
        return .policies(found)
    }

    // MARK: Changing

    mutating func apply(_ mutations: [AccountMutation]) {
        // Whose rights follow from what has changed.
        var policiesChanged: Set<AccountName> = []
        var groupsChanged: Set<AccountName> = []
        for mutation in mutations {
            switch mutation {
            case .put(.user(let user)): put(user)
            case .put(.group(let group)): if put(group) { groupsChanged.insert(group.name) }
            case .put(.policy(let policy)):
                policies[policy.name] = policy
                policiesChanged.insert(policy.name)
            case .put(.serviceAccount(var account)):
                if let present = serviceAccounts[account.accessKey] { account.use = present.use }
                serviceAccounts[account.accessKey] = account
                owned.insert(account.accessKey, under: account.owner)
            case .put(.session(let session)): put(session)
            case .put(.consoleSession(let session)):
                consoleSessions[session.id] = session
                consoleSessionsOf.insert(session.id, under: session.accessKey)
            case .remove(.consoleSession, let name):
                if let session = consoleSessions[name] { consoleSessionsOf.remove(name, under: session.accessKey) }
                consoleSessions[name] = nil
            case .put(.sharedLink(let link)):
                sharedLinks[link.id] = link
                sharedLinksOf.insert(link.id, under: link.accessKey)
            case .remove(.sharedLink, let name):
                if let link = sharedLinks[name] { sharedLinksOf.remove(name, under: link.accessKey) }
                sharedLinks[name] = nil
            case .remove(.user, let name): removeUser(name)
            case .remove(.group, let name):
                holders.move(.group(name), from: groups[name]?.policies ?? [], to: [])
                groups[name] = nil
                groupsChanged.insert(name)
            case .remove(.policy, let name):
                policies[name] = NamedPolicy.builtIn.first { $0.name == name }
                policiesChanged.insert(name)
            case .remove(.serviceAccount, let name):
                if let account = serviceAccounts[name] { owned.remove(name, under: account.owner) }
                serviceAccounts[name] = nil
            case .remove(.session, let name):
                if let session = sessions[name] {
                    owned.remove(name, under: session.owner)
                    holders.move(.session(name), from: session.policies, to: [])
                }
                sessions[name] = nil
            }
        }
        resolveAgain(policiesChanged, groupsChanged)
    }

    private mutating func put(_ user: User) {
        let former = members[user.name]
        membersOf.move(user.name, from: former?.user.groups ?? [], to: user.groups)
        holders.move(.user(user.name), from: former?.user.policies ?? [], to: user.policies)
        let (rights, groups) = rights(of: user)
        members[user.name] = Member(
            user: user,
            identity: Identity(
                accessKey: user.name.text, kind: .user, owner: user.name.text, groups: groups, rights: rights),
            use: former?.use ?? AccessKeyUse())
    }

    private mutating func removeUser(_ name: AccountName) {
        guard let user = members[name]?.user else { return }
        membersOf.move(name, from: user.groups, to: [])
        holders.move(.user(name), from: user.policies, to: [])
        members[name] = nil
    }

    /// - Returns: whether its members' rights may be others for it.
    private mutating func put(_ group: Group) -> Bool {
        let former = groups[group.name]
        holders.move(.group(group.name), from: former?.policies ?? [], to: group.policies)
        groups[group.name] = group
        return former?.isEnabled != group.isEnabled || former?.policies != group.policies
    }

    private mutating func put(_ session: TemporaryCredential) {
        let former = sessions[session.accessKey]
        holders.move(.session(session.accessKey), from: former?.policies ?? [], to: session.policies)
        sessions[session.accessKey] = session
        owned.insert(session.accessKey, under: session.owner)
    }

    /// Makes the rights anew of those users whom a change of policies and groups is about.
    private mutating func resolveAgain(_ policies: Set<AccountName>, _ groups: Set<AccountName>) {
        var groups = groups
        var users: Set<AccountName> = []
        for policy in policies {
            for holder in holders[policy] ?? [] {
                switch holder {
                case .user(let name): users.insert(name)
                case .group(let name): groups.insert(name)
                // Looked up with each request.
                case .session: break
                }
            }
        }
        for group in groups { users.formUnion(membersOf[group] ?? []) }
        for name in users { if let user = members[name]?.user { put(user) } }
    }
}
