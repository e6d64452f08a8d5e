import JSON

extension PolicyStatement {
    private static let elements = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]
    private static let principalElements = ["Principal", "NotPrincipal"]

    init(
        _ members: [(name: String, value: JSONValue)], hasVariables: Bool, _ use: PolicyUse
    ) throws(PolicyMalformed) {
        let statement = try Elements(
            members, known: use == .ofBucket ? Self.elements + Self.principalElements : Self.elements)
        _ = try statement.text("Sid")
        switch try statement.text("Effect") {
        case "Allow": effect = .allow
        case "Deny": effect = .deny
        case nil: throw PolicyMalformed("Missing required field Effect")
        case let effect?: throw PolicyMalformed("Invalid effect: \(effect)")
        }
        principal = try Self.principal(statement, effect, use)

        let what = try statement.either("Action", "NotAction")
        let texts = try what.value.texts(of: what.isNegated ? "NotAction" : "Action")
        let named = try StatementActions(texts, isNegated: what.isNegated, use)
        let which = try Self.resources(statement, named.services, hasVariables: hasVariables, use)
        resources = which.patterns
        excludesResources = which.areExcluded
        actions = named.names(of: which.patterns, areExcluded: which.areExcluded, effect)
        actionPatterns = what.isNegated ? [] : named.patterns

        conditions = try Self.conditions(statement["Condition"], hasVariables: hasVariables)
        for condition in conditions where !condition.key.mayBe(of: actions) {
            throw PolicyMalformed(
                "Conditions do not apply to combination of actions and resources in statement ('\(condition.key)')")
        }
    }

    private static func principal(
        _ statement: Elements, _ effect: Effect, _ use: PolicyUse
    ) throws(PolicyMalformed) -> PrincipalPattern {
        switch use {
        case .ofIdentity, .ofSession: return .everyone
        case .ofBucket:
            let whom = try statement.either("Principal", "NotPrincipal")
            if whom.isNegated, effect == .allow {
                throw PolicyMalformed("Allow with NotPrincipal is not allowed")
            }
            return try PrincipalPattern(whom.value, isNegated: whom.isNegated)
        }
    }

    /// What the statement is about; everything, for one about administration or keys that does not say it.
    private static func resources(
        _ statement: Elements, _ services: StatementActions.Services, hasVariables: Bool, _ use: PolicyUse
    ) throws(PolicyMalformed) -> (patterns: [ResourcePattern], areExcluded: Bool) {
        if statement["Resource"] == nil, statement["NotResource"] == nil, !services.needsResource {
            return ([try ResourcePattern("*", in: [], hasVariables: false)].compactMap(\.self), false)
        }
        let which = try statement.either("Resource", "NotResource")
        var patterns: [ResourcePattern] = []
        for text in try which.value.texts(of: which.isNegated ? "NotResource" : "Resource") {
            guard
                let pattern = try ResourcePattern(text, in: services.resourceSpaces, hasVariables: hasVariables)
            else { throw PolicyMalformed("Policy has invalid resource '\(text)'") }
            patterns.append(pattern)
        }
        return (patterns, which.isNegated)
    }

    private static func conditions(
        _ value: JSONValue?, hasVariables: Bool
    ) throws(PolicyMalformed) -> [Condition] {
        guard let value else { return [] }
        guard case .object(let operators) = value else { throw PolicyMalformed("Invalid field Condition") }
        var conditions: [Condition] = []
        for (name, keys) in try Elements(operators, known: nil).members {
            guard let operation = ConditionOperator(name) else {
                throw PolicyMalformed("Invalid Condition type : \(name)")
            }
            guard case .object(let keys) = keys, !keys.isEmpty else { throw PolicyMalformed("Invalid field \(name)") }
            for (text, value) in try Elements(keys, known: nil).members {
                guard let key = ConditionKey(parsing: text) else {
                    throw PolicyMalformed("Policy has an invalid condition key '\(text)'")
                }
                let operand = try ConditionOperand(
                    operation, try Self.values(value, of: text), hasVariables: hasVariables)
                conditions.append(Condition(key: key, operation: operation, operand: operand))
            }
        }
        return conditions
    }

    /// Numbers and booleans may stand without quotation marks.
    private static func values(_ value: JSONValue, of key: String) throws(PolicyMalformed) -> [String] {
        let listed: [JSONValue] = if case .array(let elements) = value { elements } else { [value] }
        var texts: [String] = []
        for element in listed {
            switch element {
            case .string(let text), .number(let text): texts.append(text)
            case .bool(let value): texts.append(value ? "true" : "false")
            case .array, .object, .null: throw PolicyMalformed("Invalid value of condition key '\(key)'")
            }
        }
        guard !texts.isEmpty else { throw PolicyMalformed("Invalid value of condition key '\(key)'") }
        return texts
    }
}

extension PrincipalPattern {
    fileprivate init(_ value: JSONValue, isNegated: Bool) throws(PolicyMalformed) {
        self.init()
        self.isNegated = isNegated
        switch value {
        case .string("*"): try add(aws: "*")
        case .object(let kinds) where !kinds.isEmpty:
            for (kind, value) in try Elements(kinds, known: ["AWS", "CanonicalUser", "Service", "Federated"]).members {
                for name in try value.texts(of: "Principal") {
                    switch kind {
                    case "AWS": try add(aws: name)
                    case "CanonicalUser": try add(canonicalUser: name)
                    default: try addOther(name)
                    }
                }
            }
        default: throw PolicyMalformed("Invalid principal in policy")
        }
        if isNegated, isEveryone { throw PolicyMalformed("Invalid principal in policy: NotPrincipal '*' is nobody") }
    }
}

extension ConditionKey {
    /// Whether a request for one of the actions can have the key.
    fileprivate func mayBe(of actions: Set<String>) -> Bool {
        guard let having = Self.headerActions[name] else { return true }
        return !having.isDisjoint(with: actions)
    }
}
