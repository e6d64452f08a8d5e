/// Decides whether a principal may do what a request demands: the one place that does.
///
/// Root owns every bucket, and may do everything that no bucket's policy forbids; it may always read, replace and remove
/// such a policy. Users may do what one of their policies or the bucket's allows and none forbids; an access key or a
/// session with a policy of its own, no more than that one allows too. Anonymous callers may do what a bucket's policy
/// allows, and nothing else.
package struct Authoriser: Sendable {
    package init() {}

    package enum Decision: Hashable, Sendable {
        case allowed
        /// Nothing allows it.
        case notAllowed
        /// A statement of a policy of the sender's forbids it, or a policy of the sender's cannot be read.
        case forbiddenByIdentity
        /// A statement of the bucket's policy forbids it.
        case forbidden
    }

    /// Decides of what no bucket's policy is about: the server as a whole, the key service, a bucket without a policy.
    package func decide(_ request: AccessRequest) -> Decision {
        switch request.principal {
        case .root: .allowed
        case .anonymous: .notAllowed
        case .account(let identity): Self.decide(identity, request, .undecided)
        }
    }

    /// Whether all of it is allowed; what demands nothing is refused like what is not allowed.
    package func allows(_ requests: [AccessRequest]) -> Bool {
        !requests.isEmpty && requests.allSatisfy { decide($0) == .allowed }
    }

    /// Decides of what is done to a bucket or its objects.
    ///
    /// - Parameter restrictsPublic: whether a public policy lets in nobody but those who have an account
    ///   (`RestrictPublicBuckets`).
    package func decide(_ request: AccessRequest, by policy: BucketPolicy, restrictsPublic: Bool) -> Decision {
        switch (request.principal, policy.decide(request)) {
        case (.root, .denied): Self.isOfOwner(request.demand.action) ? .allowed : .forbidden
        case (.root, .allowed), (.root, .undecided): .allowed
        case (.account(let identity), .denied)
        where identity.isUnrestrictedRoot && Self.isOfOwner(request.demand.action):
            .allowed
        case (.account, .denied), (.anonymous, .denied): .forbidden
        case (.account(let identity), let byBucket): Self.decide(identity, request, byBucket)
        case (.anonymous, .allowed): restrictsPublic && policy.isPublic ? .notAllowed : .allowed
        case (.anonymous, .undecided): .notAllowed
        }
    }

    /// - Parameter byBucket: what the bucket's policy says, which does not forbid it.
    private static func decide(
        _ identity: Identity, _ request: AccessRequest, _ byBucket: PolicyDecision
    ) -> Decision {
        switch identity.restriction?.decide(request) {
        case .denied: return .forbiddenByIdentity
        case .undecided: return .notAllowed
        case .allowed, nil: break
        }
        switch identity.rights.decide(request) {
        case .denied: return .forbiddenByIdentity
        case .allowed: return .allowed
        case .undecided: return byBucket == .allowed ? .allowed : .notAllowed
        }
    }

    /// Whether a policy of the sender's forbids it, whatever others allow.
    package func forbids(_ request: AccessRequest) -> Bool {
        switch request.principal {
        case .root, .anonymous: false
        case .account(let identity):
            identity.restriction?.decide(request) == .denied || identity.rights.decide(request) == .denied
        }
    }

    /// What no policy takes from the owner: else one slip would lock everybody out for ever.
    private static func isOfOwner(_ action: Action) -> Bool {
        action == .getBucketPolicy || action == .putBucketPolicy || action == .deleteBucketPolicy
    }
}
