package import AccessPolicy

/// A policy that is kept under a name and attached to users and groups.
package struct NamedPolicy: Sendable {
    package let name: AccountName
    package let policy: AttachedPolicy
    /// Milliseconds since 1970; zero of one that every server has from the start.
    package let created: Int64
    package let changed: Int64

    package init(name: AccountName, policy: AttachedPolicy, created: Int64, changed: Int64) {
        self.name = name
        self.policy = policy
        self.created = created
        self.changed = changed
    }

    package static let builtIn: [NamedPolicy] = BuiltInPolicies.documents.map { name, document in
        NamedPolicy(
            name: AccountName(name), policy: AttachedPolicy(Array(document.utf8)), created: 0, changed: 0)
    }

    package static func isBuiltIn(_ name: AccountName) -> Bool { builtIn.contains { $0.name == name } }
}

/// A policy as a record has it.
package enum AttachedPolicy: Sendable {
    case readable(IdentityPolicy)
    /// Put under another version of the program, which understood it: what it forbids is not known.
    case unreadable([UInt8])

    package init(_ document: [UInt8]) {
        self = (try? IdentityPolicy(document, mayBeEmpty: true)).map { .readable($0) } ?? .unreadable(document)
    }

    /// As it was put, byte for byte.
    package var document: [UInt8] {
        switch self {
        case .readable(let policy): policy.document
        case .unreadable(let document): document
        }
    }
}
