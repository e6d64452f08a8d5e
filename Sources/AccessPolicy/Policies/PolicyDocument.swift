import JSON

/// What a policy is attached to, which decides what its document may say.
enum PolicyUse: Hashable, Sendable {
    /// It names principals, and S3's actions and resources alone.
    case ofBucket
    /// A user, a group or an access key: it names no principals, and the actions of administration, too.
    case ofIdentity
    /// As of an identity, and it may have no statement, which allows nothing.
    case ofSession
}

/// A policy's JSON, read strictly: every element is known, has the kind it must have, and stands there once.
struct PolicyDocument {
    let statements: [PolicyStatement]

    init(_ document: [UInt8], _ use: PolicyUse) throws(PolicyMalformed) {
        guard let json = JSONValue(document), case .object(let members) = json else {
            throw PolicyMalformed("Policies must be valid JSON and the first byte must be '{'")
        }
        let policy = try Elements(members, known: ["Version", "Id", "Statement"])
        _ = try policy.text("Id")
        let hasVariables: Bool
        switch try policy.text("Version") {
        case "2012-10-17": hasVariables = true
        // The language of 2008 has no variables.
        case "2008-10-17" where use == .ofBucket: hasVariables = false
        case nil where use == .ofBucket: hasVariables = false
        case nil: throw PolicyMalformed("Policy must have a version", .missingVersion)
        case let version?: throw PolicyMalformed("Invalid policy version '\(version)'")
        }
        let listed: [JSONValue]
        switch policy["Statement"] {
        case .array(let elements): listed = elements
        case .object(let members): listed = [.object(members)]
        case nil: throw PolicyMalformed("Missing required field Statement")
        case .some: throw PolicyMalformed("Invalid field Statement")
        }
        guard !listed.isEmpty || use == .ofSession else {
            throw PolicyMalformed("Policy must have at least one statement", .missingStatement)
        }
        var statements: [PolicyStatement] = []
        for element in listed {
            guard case .object(let members) = element else { throw PolicyMalformed("Invalid field Statement") }
            statements.append(try PolicyStatement(members, hasVariables: hasVariables, use))
        }
        self.statements = statements
    }
}

/// The members of a JSON object, each of them known.
struct Elements {
    let members: [(name: String, value: JSONValue)]

    /// - Parameter known: the names that may stand there; `nil` for any.
    /// - Throws: for a name that may not, and for one that stands there twice: which of the two counts would be a guess.
    init(_ members: [(name: String, value: JSONValue)], known: [String]?) throws(PolicyMalformed) {
        var seen: Set<[UInt8]> = []
        for (name, _) in members {
            if let known, !known.contains(where: { $0.hasBytes(of: name) }) {
                throw PolicyMalformed("Unknown field '\(name)'")
            }
            guard seen.insert(Array(name.utf8)).inserted else { throw PolicyMalformed("Duplicate field '\(name)'") }
        }
        self.members = members
    }

    subscript(name: String) -> JSONValue? { members.first { $0.name.hasBytes(of: name) }?.value }

    /// The string of that name, if there is one.
    func text(_ name: String) throws(PolicyMalformed) -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw PolicyMalformed("Invalid field \(name)") }
        return text
    }

    /// The string, or the strings of the list, of that name; `nil` when there is no such member.
    func texts(_ name: String) throws(PolicyMalformed) -> [String]? {
        guard let value = self[name] else { return nil }
        return try value.texts(of: name)
    }

    /// Of two members that exclude each other the one that is there, and whether it is the second.
    func either(
        _ name: String, _ negated: String
    ) throws(PolicyMalformed) -> (value: JSONValue, isNegated: Bool) {
        switch (self[name], self[negated]) {
        case (let value?, nil): return (value, false)
        case (nil, let value?): return (value, true)
        case (nil, nil): throw PolicyMalformed("Missing required field \(name)")
        case (_?, _?): throw PolicyMalformed("\(name) and \(negated) exclude each other")
        }
    }
}

extension JSONValue {
    /// A string, or a list of strings with at least one.
    func texts(of name: String) throws(PolicyMalformed) -> [String] {
        switch self {
        case .string(let text): return [text]
        case .array(let elements) where !elements.isEmpty:
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { throw PolicyMalformed("Invalid field \(name)") }
            return texts
        default: throw PolicyMalformed("Invalid field \(name)")
        }
    }
}
