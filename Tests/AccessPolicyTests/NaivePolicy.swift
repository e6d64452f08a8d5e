import AccessPolicy

/// A policy as its rules read in prose, evaluated without any care for speed: what the real one has to agree with.
struct NaivePolicy {
    struct Statement {
        var effect = "Allow"
        var principals: [String] = []
        var isNotPrincipal = false
        var actions: [String] = []
        var isNotAction = false
        var resources: [String] = []
        var isNotResource = false
        /// Operator, key, values.
        var conditions: [(String, String, [String])] = []
    }

    struct Request {
        let isAnonymous: Bool
        let action: Action
        let resource: String
        /// By keys in lower case.
        let values: [String: [String]]
    }

    var statements: [Statement]

    var json: String { json(withPrincipals: true) }

    /// - Parameter withPrincipals: whether it says whom it is about, as a bucket's policy does.
    func json(withPrincipals: Bool) -> String {
        func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        func principals(_ statement: Statement) -> String {
            "\"\(statement.isNotPrincipal ? "NotPrincipal" : "Principal")\":{\"AWS\":\(list(statement.principals))}"
        }
        let bodies = statements.map { statement in
            let conditions = Dictionary(grouping: statement.conditions, by: \.0).map { name, keys in
                "\"\(name)\":{" + keys.map { "\"\($0.1)\":\(list($0.2))" }.joined(separator: ",") + "}"
            }
            return """
                {"Effect":"\(statement.effect)",\
                \(withPrincipals ? principals(statement) + "," : "")\
                "\(statement.isNotAction ? "NotAction" : "Action")":\(list(statement.actions)),
                "\(statement.isNotResource ? "NotResource" : "Resource")":\
                \(list(statement.resources.map { "arn:aws:s3:::" + $0 })),
                "Condition":{\(conditions.joined(separator: ","))}}
                """
        }
        return #"{"Version":"2012-10-17","Statement":[\#(bodies.joined(separator: ","))]}"#
    }

    func decide(_ request: Request) -> BucketPolicy.Decision {
        let about = statements.filter { Self.isAbout($0, request) }
        if about.contains(where: { $0.effect == "Deny" }) { return .denied }
        return about.isEmpty ? .undecided : .allowed
    }

    private static func isAbout(_ statement: Statement, _ request: Request) -> Bool {
        let isNamed = statement.principals.contains {
            $0 == "*" || !request.isAnonymous && ($0 == "000000000000" || $0.hasSuffix("user/ann"))
        }
        guard isNamed != statement.isNotPrincipal else { return false }
        let action = Array(request.action.name.lowercased())
        guard statement.actions.contains(where: { glob(Array($0.lowercased()), action) }) != statement.isNotAction
        else {
            return false
        }
        let isResource = statement.resources.contains { glob(Array($0), Array(request.resource)) }
        guard isResource != statement.isNotResource else { return false }
        return statement.conditions.allSatisfy { holds($0.0, request.values[$0.1.lowercased()], $0.2) }
    }

    private static func holds(_ name: String, _ values: [String]?, _ wanted: [String]) -> Bool {
        if name == "Null" { return wanted.contains(values == nil ? "true" : "false") }
        var name = name
        var quantifier = ""
        for prefix in ["ForAnyValue:", "ForAllValues:"] where name.hasPrefix(prefix) {
            quantifier = prefix
            name = String(name.dropFirst(prefix.count))
        }
        let ifExists = name.hasSuffix("IfExists")
        if ifExists { name = String(name.dropLast(8)) }
        let isNegated = name.contains("Not")
        let positive = name.replacing("Not", with: "")
        guard let values else {
            if quantifier == "ForAllValues:" { return true }
            if ifExists { return true }
            return quantifier.isEmpty && isNegated
        }
        func matches(_ value: String) -> Bool { wanted.contains { compare(positive, value, $0) } }
        switch quantifier {
        case "ForAllValues:": return values.filter { matches($0) == isNegated }.isEmpty
        case "ForAnyValue:": return !values.filter { matches($0) != isNegated }.isEmpty
        default: return values.filter(matches).isEmpty == isNegated
        }
    }

    private static func compare(_ name: String, _ value: String, _ wanted: String) -> Bool {
        switch name {
        case "StringEquals": return value == wanted
        case "StringEqualsIgnoreCase": return value.uppercased() == wanted.uppercased()
        case "StringLike": return glob(Array(wanted), Array(value))
        case "NumericEquals": return both(value, wanted) { $0 == $1 }
        case "NumericLessThan": return both(value, wanted) { $0 < $1 }
        case "NumericLessThanEquals": return both(value, wanted) { $0 <= $1 }
        case "NumericGreaterThan": return both(value, wanted) { $0 > $1 }
        case "NumericGreaterThanEquals": return both(value, wanted) { $0 >= $1 }
        case "Bool": return value.lowercased() == wanted.lowercased()
        default: preconditionFailure(name)
        }
    }

    private static func both(_ value: String, _ wanted: String, _ compare: (Int, Int) -> Bool) -> Bool {
        guard let value = Int(value), let wanted = Int(wanted) else { return false }
        return compare(value, wanted)
    }

    /// By definition: a star is nothing, or one character and a star.
    private static func glob(_ pattern: [Character], _ text: [Character]) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return glob(Array(pattern.dropFirst()), text) || !text.isEmpty && glob(pattern, Array(text.dropFirst()))
        }
        guard let character = text.first, first == "?" || first == character else { return false }
        return glob(Array(pattern.dropFirst()), Array(text.dropFirst()))
    }
}

/// A user's rights as their rules read in prose: its policies, the one that narrows its access key, and a bucket's.
struct NaiveRights {
    var policies: [NaivePolicy]
    var restriction: NaivePolicy?
    var bucket: NaivePolicy?

    func decide(_ request: NaivePolicy.Request) -> Authoriser.Decision {
        let byPolicies = policies.map { $0.decide(request) }
        let byRestriction = restriction?.decide(request)
        let byBucket = bucket?.decide(request)
        if byBucket == .denied { return .forbidden }
        if byRestriction == .denied || byRestriction != .undecided && byPolicies.contains(.denied) {
            return .forbiddenByIdentity
        }
        if byRestriction == .undecided { return .notAllowed }
        return byPolicies.contains(.allowed) || byBucket == .allowed ? .allowed : .notAllowed
    }
}
