/// One statement of a policy, compiled: sets and patterns in the place of its texts.
struct PolicyStatement: Sendable {
    enum Effect: Sendable { case allow, deny }

    let effect: Effect
    let principal: PrincipalPattern
    /// The names of the actions it is about, `NotAction` already taken into account.
    let actions: Set<String>
    /// The names that each text of its `Action` stands for; none of a `NotAction`.
    let actionPatterns: [Set<String>]
    let resources: [ResourcePattern]
    /// Whether it is about all but ``resources``.
    let excludesResources: Bool
    let conditions: [Condition]

    /// Whether it is about a request.
    func applies(to request: AccessRequest, resource: PolicyResource) -> Bool {
        mayApply(to: request) && contains(resource, request)
            && conditions.allSatisfy { $0.holds(request.values(of: $0.key), request) }
    }

    /// Whether it is about what the request's sender does, for some resource and under some conditions.
    func mayApply(to request: AccessRequest) -> Bool {
        actions.contains(request.demand.action.name) && principal.contains(request.principal, by: effect)
    }

    private func contains(_ resource: PolicyResource, _ request: AccessRequest) -> Bool {
        // Whatever resources a statement names: the actions of the server's administration are done to none of them.
        if resource == .server { return true }
        guard excludesResources else { return resources.contains { $0.matches(resource, request) } }
        // What is excluded is not known when a variable has no value: the statement then allows nothing and forbids all.
        switch effect {
        case .allow: if !resources.allSatisfy({ $0.text.isResolvable(request) }) { return false }
        case .deny: break
        }
        return !resources.contains { $0.matches(resource, request) }
    }

    var asksForExistingTags: Bool {
        resources.contains(where: \.text.asksForExistingTags)
            || conditions.contains { $0.key.isOfExistingTag || $0.operand.asksForExistingTags }
    }
}

extension ConditionOperand {
    fileprivate var asksForExistingTags: Bool {
        switch self {
        case .texts(let patterns, _): patterns.contains(where: \.asksForExistingTags)
        case .names(let patterns): patterns.contains(where: \.asksForExistingTags)
        case .numbers, .dates, .bools, .binaries, .addresses, .presence: false
        }
    }
}
