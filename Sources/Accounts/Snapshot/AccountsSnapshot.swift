import AccessPolicy
import S3Protocol

/// All users, groups, policies and access keys as they were after one change: what belongs together is read together.
package struct AccountsSnapshot: Sendable {
    /// A user with the identity that its requests have.
    struct Member: Sendable {
        let user: User
        let identity: Identity
        let use: AccessKeyUse
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
        members.values.filter { $0.user.groups.contains(group) }.map(\.user.name).sorted()
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
    func isAttached(_ policy: AccountName) -> Bool {
        groups.values.contains { $0.policies.contains(policy) }
            || members.values.contains { $0.user.policies.contains(policy) }
            || sessions.values.contains { $0.policies.contains(policy) }
    }

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
            case .put(.group(let group)):
                groups[group.name] = group
                groupsChanged.insert(group.name)
            case .put(.policy(let policy)):
                policies[policy.name] = policy
                policiesChanged.insert(policy.name)
            case .put(.serviceAccount(var account)):
                if let present = serviceAccounts[account.accessKey] { account.use = present.use }
                serviceAccounts[account.accessKey] = account
                own(account.accessKey, account.owner)
            case .put(.session(let session)):
                sessions[session.accessKey] = session
                own(session.accessKey, session.owner)
            case .put(.consoleSession(let session)):
                consoleSessions[session.id] = session
                var ids = consoleSessionsOf[session.accessKey] ?? []
                ids.insert(session.id)
                consoleSessionsOf[session.accessKey] = ids
            case .remove(.consoleSession, let name):
                if let session = consoleSessions[name] { forget(session) }
            case .put(.sharedLink(let link)):
                sharedLinks[link.id] = link
                var ids = sharedLinksOf[link.accessKey] ?? []
                ids.insert(link.id)
                sharedLinksOf[link.accessKey] = ids
            case .remove(.sharedLink, let name):
                if let link = sharedLinks[name] { forget(link) }
            case .remove(.user, let name): members[name] = nil
            case .remove(.group, let name):
                groups[name] = nil
                groupsChanged.insert(name)
            case .remove(.policy, let name):
                policies[name] = NamedPolicy.builtIn.first { $0.name == name }
                policiesChanged.insert(name)
            case .remove(.serviceAccount, let name):
                if let account = serviceAccounts[name] { disown(name, account.owner) }
                serviceAccounts[name] = nil
            case .remove(.session, let name):
                if let session = sessions[name] { disown(name, session.owner) }
                sessions[name] = nil
            }
        }
        resolveAgain(policiesChanged, groupsChanged)
    }

    private mutating func put(_ user: User) {
        let (rights, groups) = rights(of: user)
        members[user.name] = Member(
            user: user,
            identity: Identity(
                accessKey: user.name.text, kind: .user, owner: user.name.text, groups: groups, rights: rights),
            use: members[user.name]?.use ?? AccessKeyUse())
    }

    private mutating func own(_ name: AccountName, _ owner: AccountOwner) {
        var names = owned[owner] ?? []
        names.insert(name)
        owned[owner] = names
    }

    private mutating func disown(_ name: AccountName, _ owner: AccountOwner) {
        guard var names = owned[owner] else { return }
        names.remove(name)
        owned[owner] = names.isEmpty ? nil : names
    }

    private mutating func forget(_ session: ConsoleSession) {
        consoleSessions[session.id] = nil
        var ids = consoleSessionsOf[session.accessKey] ?? []
        ids.remove(session.id)
        consoleSessionsOf[session.accessKey] = ids.isEmpty ? nil : ids
    }

    private mutating func forget(_ link: SharedLink) {
        sharedLinks[link.id] = nil
        var ids = sharedLinksOf[link.accessKey] ?? []
        ids.remove(link.id)
        sharedLinksOf[link.accessKey] = ids.isEmpty ? nil : ids
    }

    /// Makes the rights anew of those users whom a change of policies and groups is about.
    private mutating func resolveAgain(_ policies: Set<AccountName>, _ groups: Set<AccountName>) {
        guard !policies.isEmpty || !groups.isEmpty else { return }
        let touched = groups.union(
            self.groups.values.filter { !policies.isDisjoint(with: $0.policies) }.map(\.name))
        let users = members.values.map(\.user).filter {
            !policies.isDisjoint(with: $0.policies) || !touched.isDisjoint(with: $0.groups)
        }
        for user in users { put(user) }
    }
}
