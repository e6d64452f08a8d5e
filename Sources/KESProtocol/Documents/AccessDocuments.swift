package import JSON

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

package struct PolicyDescribeResponse: KESObject {
    package var name: String
    package var createdAt: RFC3339Time
    package var createdBy: String

    package init(name: String, createdAt: RFC3339Time, createdBy: String) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    package init() { self.init(name: "", createdAt: .unknown, createdBy: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "name": try scanner.readText(&name)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("name", text: name)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", text: createdBy)
    }
}

package struct PolicyReadResponse: KESObject {
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

    package init() { self.init(name: "", rules: PolicyRules(allow: [], deny: []), createdAt: .unknown, createdBy: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "name": try scanner.readText(&name)
        case "allow": try scanner.readRules(&rules.allow)
        case "deny": try scanner.readRules(&rules.deny)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("name", text: name)
        json.appendMember("allow", rules: rules.allow)
        json.appendMember("deny", rules: rules.deny)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", text: createdBy)
    }
}

package struct IdentityDescribeResponse: KESObject {
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

    package init() { self.init(isAdmin: false, policy: "", createdAt: .unknown, createdBy: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "admin": try scanner.readBool(&isAdmin)
        case "policy": try scanner.readText(&policy)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("admin", ifTrue: isAdmin)
        json.appendMember("policy", unlessEmpty: policy)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", unlessEmpty: createdBy)
    }
}

/// What a client may know about itself: its identity, and its policy with the rules.
package struct SelfDescribeResponse: KESObject {
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

    package init() {
        self.init(
            identity: "", isAdmin: false, createdAt: .unknown, createdBy: "", policy: "",
            rules: PolicyRules(allow: [], deny: []))
    }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "identity": try scanner.readText(&identity)
        case "admin": try scanner.readBool(&isAdmin)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        case "policy": try scanner.readText(&policy)
        case "allow": try scanner.readRules(&rules.allow)
        case "deny": try scanner.readRules(&rules.deny)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("identity", text: identity)
        json.appendMember("admin", ifTrue: isAdmin)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", unlessEmpty: createdBy)
        json.appendMember("policy", unlessEmpty: policy)
        json.appendMember("allow", rules: rules.allow)
        json.appendMember("deny", rules: rules.deny)
    }
}
