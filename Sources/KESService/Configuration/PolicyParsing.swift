import KESProtocol

/// Reads the section `policy`, in which every identity has at most one policy.
struct PolicyParsing {
    let admin: String
    let proxies: [Identity]
    private var assigned: Set<Identity> = []

    init(admin: String, proxies: [Identity]) {
        self.admin = admin
        self.proxies = proxies
    }

    mutating func parse(
        _ section: ConfigurationSection?
    ) throws(ConfigurationError) -> [KESConfiguration.Policy] {
        guard let section else { return [] }
        var policies: [KESConfiguration.Policy] = []
        for (text, line, node) in section.all() {
            guard let name = PolicyName(text) else {
                throw ConfigurationError(
                    "kes: policy name '\(text)' is empty, too long or contains invalid characters")
            }
            let one = try section.child(node, text)
            var policy = KESConfiguration.Policy(name: name)
            policy.allow = try rules(one, "allow") + rules(one, "paths")
            policy.deny = try rules(one, "deny")
            policy.identities = try identities(one, policy: text)
            if let line = one[line: "paths"] {
                one.reader.warn(line: line, "'\(one.full("paths"))' is an older name; write '\(one.full("allow"))'")
            }
            if policy.allow.isEmpty {
                one.reader.warn(line: line, "the policy '\(text)' allows nothing: it has no 'allow' rules")
            }
            policies.append(policy)
        }
        return policies
    }

    /// Rules are taken as they are: no variable stands in one.
    private func rules(_ section: ConfigurationSection, _ key: String) throws(ConfigurationError) -> [String] {
        var rules: [String] = []
        for text in try section.list(key, substitutes: false) {
            if text.value.isEmpty {
                section.reader.warn(line: text.line, "an empty rule in '\(section.full(key))' matches nothing")
            } else if text.value.dropLast().contains("*") || text.value.contains(where: { "?[".contains($0) }) {
                section.reader.warn(
                    line: text.line,
                    "'\(text.value)': only one '*', at the end of a rule, stands for other text; the rest is literal")
            }
            rules.append(text.value)
        }
        return rules
    }

    private mutating func identities(
        _ section: ConfigurationSection, policy: String
    ) throws(ConfigurationError) -> [Identity] {
        var identities: [Identity] = []
        for text in try section.list("identities") {
            guard let identity = Identity(text.value) else { throw .identity(text.shown) }
            guard identity.text != admin else {
                throw .invalid("policy '\(policy)'", "identity '\(text.shown)' is already admin")
            }
            guard !proxies.contains(identity) else {
                throw .invalid("policy '\(policy)'", "identity '\(text.shown)' is already a TLS proxy")
            }
            guard assigned.insert(identity).inserted else {
                throw ConfigurationError(
                    "kes: cannot assign policy '\(policy)' to '\(text.shown)': identity already has a policy")
            }
            identities.append(identity)
        }
        return identities
    }
}
