/// Decides whether a principal may do what a request demands: the one place that does.
///
/// Root owns every bucket, and may do everything that no bucket's policy forbids; it may always read, replace and remove
/// such a policy. Anonymous callers may do what a policy allows, and nothing else.
package struct Authoriser: Sendable {
    package init() {}

    package enum Decision: Hashable, Sendable {
        case allowed
        /// Nothing allows it.
        case notAllowed
        /// A statement of the bucket's policy forbids it.
        case forbidden
    }

    /// Decides of what no bucket's policy is about: the server as a whole, the key service, a bucket without a policy.
    package func allows(_ principal: Principal, _ demand: Demand) -> Bool {
        switch principal {
        case .root: true
        case .anonymous: false
        }
    }

    /// Whether the principal may do all of it; what demands nothing is refused like what is not allowed.
    package func allows(_ principal: Principal, _ demands: [Demand]) -> Bool {
        !demands.isEmpty && demands.allSatisfy { allows(principal, $0) }
    }

    /// Decides of what is done to a bucket or its objects.
    ///
    /// - Parameter restrictsPublic: whether a public policy lets in nobody but the owner (`RestrictPublicBuckets`).
    package func decide(_ request: AccessRequest, by policy: BucketPolicy, restrictsPublic: Bool) -> Decision {
        switch (request.principal, policy.decide(request)) {
        case (.root, .denied): Self.isOfOwner(request.demand.action) ? .allowed : .forbidden
        case (.root, .allowed), (.root, .undecided): .allowed
        case (.anonymous, .denied): .forbidden
        case (.anonymous, .allowed): restrictsPublic && policy.isPublic ? .notAllowed : .allowed
        case (.anonymous, .undecided): .notAllowed
        }
    }

    /// What no policy takes from the owner: else one slip would lock everybody out for ever.
    private static func isOfOwner(_ action: Action) -> Bool {
        action == .getBucketPolicy || action == .putBucketPolicy || action == .deleteBucketPolicy
    }
}
