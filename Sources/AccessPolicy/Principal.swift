/// Who sent a request.
package enum Principal: Sendable {
    /// A request without a signature.
    case anonymous
    /// The account that the server was started with.
    case root(accessKey: String)
    /// A user, or who acts for one or for root with an access key or a session of its own.
    case account(Identity)

    /// `nil` for who has none.
    package var accessKey: String? {
        switch self {
        case .anonymous: nil
        case .root(let accessKey): accessKey
        case .account(let identity): identity.accessKey
        }
    }

    /// The user, or root, for whom the sender acts with another access key; `nil` for who acts for itself.
    package var parent: String? {
        switch self {
        case .anonymous, .root: nil
        case .account(let identity): identity.kind == .user ? nil : identity.owner
        }
    }

    package var isAnonymous: Bool {
        switch self {
        case .anonymous: true
        case .root, .account: false
        }
    }

    /// Whether it may do all that root may: root itself, and its access keys and sessions that have no policy of their own.
    package var isRoot: Bool {
        switch self {
        case .anonymous: false
        case .root: true
        case .account(let identity): identity.isUnrestrictedRoot
        }
    }

    /// Whether a policy of its own narrows what it may do.
    package var isRestricted: Bool {
        switch self {
        case .anonymous, .root: false
        case .account(let identity): identity.restriction != nil
        }
    }

    /// Whether one of its own policies asks for tags of the object that a request is about.
    package var asksForExistingTags: Bool {
        switch self {
        case .anonymous, .root: false
        case .account(let identity): identity.asksForExistingTags
        }
    }

    /// The Amazon resource name by which policies and messages name it; `nil` for nobody.
    package var arn: String? {
        switch self {
        case .anonymous: nil
        case .root: Account.rootARN
        case .account(let identity): identity.arn
        }
    }
}
