/// What one policy, or several, say of a request.
package enum PolicyDecision: Hashable, Sendable {
    case allowed, denied
    /// No statement is about the request.
    case undecided
}

extension [PolicyStatement] {
    /// What the statements say of a request: one that forbids it wins over all that allow it.
    ///
    /// Of a request that will name what it is about later: whether it could be allowed for one; nothing is forbidden yet.
    func decide(_ request: AccessRequest) -> PolicyDecision {
        guard let resource = request.demand.policyResource else {
            let mayBeAllowed = indices.contains { self[$0].effect == .allow && self[$0].mayApply(to: request) }
            return mayBeAllowed ? .allowed : .undecided
        }
        var decision = PolicyDecision.undecided
        // By index: an iterator gives out copies, ten references more and less for each statement.
        for index in indices {
            switch self[index].effect {
            case .allow where decision == .allowed: continue
            case .allow: if self[index].applies(to: request, resource: resource) { decision = .allowed }
            case .deny: if self[index].applies(to: request, resource: resource) { return .denied }
            }
        }
        return decision
    }
}
