/// The actions that policies can name.
///
/// A policy can name no other: one with a slip of the pen must not be stored as if it allowed or forbade something.
enum PolicyActions {
    /// By their names in lower case, which is how policies may write them.
    static let levels: [String: (name: String, isOfObjects: Bool)] = {
        var levels: [String: (name: String, isOfObjects: Bool)] = [:]
        let lists = [
            ("s3", S3Actions.ofService, false), ("s3", S3Actions.ofBuckets, false), ("s3", S3Actions.ofObjects, true),
            ("admin", AdministrationActions.ofServer, false), ("kms", AdministrationActions.ofKeys, false),
            ("sts", AdministrationActions.ofSessions, false),
        ]
        for (service, list, isOfObjects) in lists {
            for name in list.split(whereSeparator: \.isWhitespace) {
                levels["\(service):" + name.lowercased()] = ("\(service):\(name)", isOfObjects)
            }
        }
        return levels
    }()

    static let all = Set(levels.values.map(\.name))

    /// Those that a bucket's policy can name.
    static let ofBucketsAndObjects = all.filter { isOf(.s3, $0) }.subtracting(["s3:\(S3Actions.ofService)"])

    static func isOf(_ service: Action.Service, _ name: String) -> Bool { name.hasPrefix("\(service):") }

    static func isOfObjects(_ name: String) -> Bool { levels[name.lowercased()]?.isOfObjects ?? false }

    /// The names that a pattern of a policy stands for, in their own spelling; empty when it stands for none.
    static func named(_ pattern: String) throws(PolicyMalformed) -> Set<String> {
        let lowered = pattern.lowercased()
        if let action = levels[lowered] { return [action.name] }
        guard lowered.contains(where: { $0 == "*" || $0 == "?" }) else { return [] }
        let text = try TextPattern(lowered, hasWildcards: true, hasVariables: false)
        return Set(levels.filter { text.matches($0.key, NoVariables()) }.values.map(\.name))
    }
}

/// What the `Action` or `NotAction` of one statement stands for.
struct StatementActions {
    /// The services whose actions the texts name.
    struct Services {
        let all: Set<Action.Service>
        /// Whether it was not said whose actions are meant: `*`, or all but some.
        let areOpen: Bool
        let use: PolicyUse

        /// Administration and keys can be spoken of as a whole.
        var needsResource: Bool { areOpen || all.contains(.s3) || use == .ofBucket }

        var resourceSpaces: Set<ResourcePattern.Space> {
            if use == .ofBucket { return [.s3] }
            if areOpen { return [.s3, .key] }
            return all.contains(.kms) ? [.key] : [.s3]
        }
    }

    let services: Services
    /// The names that each text stands for.
    let patterns: [Set<String>]
    private let isNegated: Bool

    init(_ texts: [String], isNegated: Bool, _ use: PolicyUse) throws(PolicyMalformed) {
        var patterns: [Set<String>] = []
        var services: Set<Action.Service> = []
        var isOpen = isNegated
        for text in texts {
            var names = try PolicyActions.named(text)
            // A bucket's policy is about nothing else.
            if use == .ofBucket { names.formIntersection(PolicyActions.ofBucketsAndObjects) }
            guard !names.isEmpty else {
                throw PolicyMalformed(
                    use == .ofBucket ? "Policy has invalid action '\(text)'" : "unsupported action '\(text)'")
            }
            let named = Action.Service.allCases.filter { service in
                names.contains { PolicyActions.isOf(service, $0) }
            }
            if named.count > 1 { isOpen = true } else { services.formUnion(named) }
            patterns.append(names)
        }
        if services.count > 1 {
            throw PolicyMalformed(
                "unsupported actions of several services in one statement: '\(texts.joined(separator: "', '"))'")
        }
        self.patterns = patterns
        self.isNegated = isNegated
        self.services = Services(all: services, areOpen: isOpen && use != .ofBucket, use: use)
    }

    /// The names of the actions that a statement with these resources is about.
    ///
    /// Where it was not said whose actions are meant, the resources say it: who may do everything with a bucket is no
    /// administrator by that.
    func names(of resources: [ResourcePattern], areExcluded: Bool, _ effect: PolicyStatement.Effect) -> Set<String> {
        let named = patterns.reduce(into: Set()) { $0.formUnion($1) }
        let possible = services.use == .ofBucket ? PolicyActions.ofBucketsAndObjects : PolicyActions.all
        let names = isNegated ? possible.subtracting(named) : named
        guard services.areOpen else { return names }
        let spaces = Set(resources.map(\.space))
        if spaces.contains(.any) || areExcluded && effect == .deny { return names }
        return names.filter { name in
            spaces.contains(.s3) && PolicyActions.isOf(.s3, name)
                || spaces.contains(.key) && PolicyActions.isOf(.kms, name)
        }
    }
}

/// Of a text that has no variables.
struct NoVariables: VariableValues {
    func values(of key: ConditionKey) -> [String]? { nil }
}

extension Action {
    /// An action that policies can name, by its name in its own spelling; nil for any other.
    package init?(known name: String) {
        guard PolicyActions.all.contains(name) else { return nil }
        self.name = name
    }

    /// Whether it is done to objects; of a bucket's or the server's, false.
    package var isOfObjects: Bool { PolicyActions.isOfObjects(name) }

    /// Whether it is done to the server as a whole, or to keys.
    package var isOfServer: Bool { !PolicyActions.ofBucketsAndObjects.contains(name) }
}
