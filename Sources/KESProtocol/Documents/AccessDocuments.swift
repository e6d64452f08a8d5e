/// What a policy allows and denies: paths, or beginnings of paths with a `*` at their end.
///
/// In JSON each list is an object with the rules as names, sorted, and empty objects as values; an empty list is left out.
package struct PolicyRules: Hashable, Sendable {
    package var allow: [String]
    package var deny: [String]

    package init(allow: [String], deny: [String]) {
        self.allow = allow
        self.deny = deny
    }
}

package struct PolicyDescribeResponse: KESDocument {
    package var name: String
    package var createdAt: RFC3339Time
    package var createdBy: String

    package init(name: String, createdAt: RFC3339Time, createdBy: String) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

package struct PolicyReadResponse: KESDocument {
    package var name: String
    package var rules: PolicyRules
    package var createdAt: RFC3339Time
    package var createdBy: String

    package init(name: String, rules: PolicyRules, createdAt: RFC3339Time, createdBy: String) {
        self.name = name
        self.rules = rules
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

package struct IdentityDescribeResponse: KESDocument {
    /// Left out when false.
    package var isAdmin: Bool
    /// Left out when empty.
    package var policy: String
    package var createdAt: RFC3339Time
    /// Left out when empty.
    package var createdBy: String

    package init(isAdmin: Bool, policy: String, createdAt: RFC3339Time, createdBy: String) {
        self.isAdmin = isAdmin
        self.policy = policy
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// What a client may know about itself: its identity, and its policy with the rules.
package struct SelfDescribeResponse: KESDocument {
    package var identity: String
    /// Left out when false.
    package var isAdmin: Bool
    package var createdAt: RFC3339Time
    /// Left out when empty.
    package var createdBy: String
    /// Left out when empty.
    package var policy: String
    package var rules: PolicyRules

    package init(
        identity: String, isAdmin: Bool, createdAt: RFC3339Time, createdBy: String, policy: String, rules: PolicyRules
    ) {
        self.identity = identity
        self.isAdmin = isAdmin
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.policy = policy
        self.rules = rules
    }
}
