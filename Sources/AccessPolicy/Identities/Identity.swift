/// Who has signed a request with the access key of a user, a service account or a session, and what policies it has.
///
/// A class, because each request keeps it: a copy is one reference. It never changes: a request is judged by the policies
/// that were there when its signature was verified.
package final class Identity: Sendable {
    package enum Kind: Hashable, Sendable {
        case user
        /// A lasting access key that acts for its parent.
        case serviceAccount
        /// A temporary access key that acts for its parent, or for somebody whom another provider vouches for.
        case session
    }

    package let accessKey: String
    package let kind: Kind
    /// The name of the user, or of who else, that it is or acts for; root's access key where it acts for root.
    package let owner: String
    package let isOfRoot: Bool
    /// Whether the owner is no user here, but somebody whom a provider of identities vouches for.
    package let isExternal: Bool
    /// The groups of the owner, enabled ones alone.
    package let groups: [String]
    /// What the owner may do.
    package let rights: Rights
    /// The policy that narrows the owner's rights, of an access key or a session that has one.
    package let restriction: IdentityPolicy?
    /// What a provider of identities has said of the sender: condition keys `jwt:...` without their prefix.
    package let claims: [String: [String]]

    package enum Rights: Sendable {
        /// Everything: root's.
        case everything
        case policies([IdentityPolicy])
        /// One of the policies cannot be read. What it may forbid is not known, so nothing is allowed.
        case unknown
    }

    package init(
        accessKey: String, kind: Kind, owner: String, isOfRoot: Bool = false, isExternal: Bool = false,
        groups: [String] = [], rights: Rights,
        restriction: IdentityPolicy? = nil, claims: [String: [String]] = [:]
    ) {
        self.accessKey = accessKey
        self.kind = kind
        self.owner = owner
        self.isOfRoot = isOfRoot
        self.isExternal = isExternal
        self.groups = groups
        self.rights = rights
        self.restriction = restriction
        self.claims = claims
    }

    /// The Amazon resource name of the owner.
    package var arn: String {
        if isOfRoot { return Account.rootARN }
        return isExternal ? Account.federatedUserARN(owner) : Account.userARN(owner)
    }

    var isUnrestrictedRoot: Bool { isOfRoot && restriction == nil }

    var asksForExistingTags: Bool {
        if restriction?.asksForExistingTags == true { return true }
        switch rights {
        case .everything, .unknown: return false
        case .policies(let policies): return policies.contains(where: \.asksForExistingTags)
        }
    }
}

extension Identity.Rights {
    /// What the policies say together: one that forbids wins over all that allow.
    func decide(_ request: AccessRequest) -> PolicyDecision {
        switch self {
        case .everything: return .allowed
        case .unknown: return .denied
        case .policies(let policies):
            var decision = PolicyDecision.undecided
            for policy in policies {
                switch policy.decide(request) {
                case .denied: return .denied
                case .allowed: decision = .allowed
                case .undecided: break
                }
            }
            return decision
        }
    }
}
