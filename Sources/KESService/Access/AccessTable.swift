import KESProtocol

/// Who may do what: the admin everything, the others what their policy says.
struct AccessTable: Sendable {
    struct Policy: Sendable {
        let name: String
        let rules: PolicyRules
        fileprivate let allow: [PolicyRule]
        fileprivate let deny: [PolicyRule]

        init(_ policy: KESConfiguration.Policy) {
            name = policy.name.text
            rules = PolicyRules(allow: policy.allow, deny: policy.deny)
            allow = policy.allow.map(PolicyRule.init)
            deny = policy.deny.map(PolicyRule.init)
        }
    }

    enum Decision: Equatable {
        case allowed
        /// The identity is not the admin's, and no policy names it.
        case unknownIdentity
        /// The policy with the name has a rule in `deny` that matches the path, or (`nil`) none in `allow`.
        case rejected(policy: String, denyRule: String?)
    }

    /// May be a text that is nobody's identity.
    let admin: String
    /// Sorted by their names' bytes.
    let policies: [Policy]
    private let assigned: [Identity: Int]
    /// All that are known, the admin's text among them; sorted by their bytes.
    let identities: [String]

    init(admin: String, policies: [KESConfiguration.Policy]) {
        let sorted = policies.sorted { $0.name.text.utf8.lexicographicallyPrecedes($1.name.text.utf8) }
        self.admin = admin
        self.policies = sorted.map(Policy.init)
        var assigned: [Identity: Int] = [:]
        for (index, policy) in sorted.enumerated() {
            for identity in policy.identities { assigned[identity] = index }
        }
        self.assigned = assigned
        identities = Set(assigned.keys.map(\.text) + [admin]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func isAdmin(_ identity: Identity) -> Bool { identity.text == admin }

    func policy(of identity: Identity) -> Policy? { assigned[identity].map { policies[$0] } }

    func policy(named name: String) -> Policy? { policies.first { $0.name == name } }

    /// Whether `identity` may use `path`, percent-decoded; what is denied is looked at before what is allowed.
    func decision(_ identity: Identity, path: String) -> Decision {
        if isAdmin(identity) { return .allowed }
        guard let policy = policy(of: identity) else { return .unknownIdentity }
        var path = path
        return path.withUTF8 { path in
            if let index = policy.deny.firstIndex(where: { $0.matches(path) }) {
                return .rejected(policy: policy.name, denyRule: policy.rules.deny[index])
            }
            return policy.allow.contains { $0.matches(path) } ? .allowed : .rejected(policy: policy.name, denyRule: nil)
        }
    }
}
