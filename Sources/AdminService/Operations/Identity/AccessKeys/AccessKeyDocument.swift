import AccessPolicy
import Accounts

/// An access key as answers show it; never with its secret.
struct AccessKeyDocument: Encodable {
    /// Of both kinds.
    enum Key {
        case lasting(ServiceAccount)
        case session(TemporaryCredential)
    }

    var accessKey: String?
    let parentUser: String
    let accountStatus: String
    let impliedPolicy: Bool
    /// As text inside of the document.
    var policy: String?
    let name: String?
    let description: String?
    var expiration: String?
    /// Coffer's own: to the minute; left out where nothing is known of any use.
    let lastUsed: String?

    init(_ account: ServiceAccount, _ accounts: Accounts) {
        accessKey = account.accessKey.text
        parentUser = accounts.ownerName(account.owner)
        accountStatus = account.isEnabled ? "on" : "off"
        impliedPolicy = account.policy == nil
        name = account.name
        description = account.description
        expiration = AccessKeyTime.text(account.expiration)
        lastUsed = (try? accounts.snapshot.lastUse(of: account.accessKey)).flatMap { $0.map { DocumentTime.text($0) } }
    }

    init(_ session: TemporaryCredential, _ accounts: Accounts) {
        accessKey = session.accessKey.text
        parentUser = accounts.ownerName(session.owner)
        accountStatus = "on"
        impliedPolicy = session.policy == nil
        name = nil
        description = nil
        expiration = AccessKeyTime.text(session.expiration)
        lastUsed = (try? accounts.snapshot.lastUse(of: session.accessKey)).flatMap { $0.map { DocumentTime.text($0) } }
    }

    func with(policy: String) -> AccessKeyDocument {
        var document = self
        document.policy = policy
        return document
    }
}

extension AccountsSnapshot {
    /// The policy that an access key has, or what its owner's come to together; indented.
    func effectivePolicy(_ policy: AttachedPolicy?, of owner: AccountOwner, external: [AccountName] = []) -> String {
        if let policy { return PolicyJSON(policy).indented }
        switch owner {
        case .root: return PolicyJSON.unlimited
        case .user: return merged(ofOwner: owner).indented
        case .external: return merged(external).indented
        }
    }

    /// What the policies of a user and its groups come to together.
    func merged(ofOwner owner: AccountOwner) -> PolicyJSON {
        guard case .user(let name) = owner, let user = user(name) else { return merged([]) }
        let groups = user.groups.compactMap { group($0) }.filter(\.isEnabled)
        return merged(user.policies + groups.flatMap(\.policies))
    }

    /// One document with the statements of several policies.
    func merged(_ names: [AccountName]) -> PolicyJSON {
        var seen: Set<AccountName> = []
        return PolicyJSON(merging: names.filter { seen.insert($0).inserted }.compactMap { policy($0)?.policy })
    }
}
