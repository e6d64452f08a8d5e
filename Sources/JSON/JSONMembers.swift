/// The members of an object that was sent: all of them are known, each at most once.
package struct JSONMembers: Sendable {
    private let members: [(name: String, value: JSONValue)]
    private let path: String

    /// - Parameter path: what messages call the object.
    /// - Throws: for what is no object, and for a member that is not among `known` or stands there twice.
    package init(_ value: JSONValue, known: Set<String>, path: String = "") throws(JSONMemberError) {
        guard case .object(let members) = value else {
            throw JSONMemberError("The \(path.isEmpty ? "body" : "member '\(path)'") is not an object.")
        }
        var seen: Set<String> = []
        for (name, _) in members {
            guard known.contains(name) else { throw JSONMemberError("The member '\(path)\(name)' is not known.") }
            guard seen.insert(name).inserted else {
                throw JSONMemberError("The member '\(path)\(name)' stands there twice.")
            }
        }
        self.members = members
        self.path = path.isEmpty ? "" : "\(path)."
    }

    package var isEmpty: Bool { members.isEmpty }

    /// `nil` for a member that is missing or `null`.
    package subscript(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name == name })?.value else { return nil }
        if case .null = value { return nil }
        return value
    }

    package func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    package func text(_ name: String) throws(JSONMemberError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw wrong(name, "a text") }
        return text
    }

    package func required(_ name: String) throws(JSONMemberError) -> String {
        guard let text = try text(name) else { throw JSONMemberError("The member '\(path)\(name)' is missing.") }
        return text
    }

    /// False when it is missing.
    package func flag(_ name: String) throws(JSONMemberError) -> Bool {
        guard let value = self[name] else { return false }
        guard let flag = value.boolean else { throw wrong(name, "true or false") }
        return flag
    }

    package func integer(_ name: String) throws(JSONMemberError) -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer else { throw wrong(name, "a whole number") }
        return Int64(number)
    }

    /// Empty when it is missing.
    package func texts(_ name: String) throws(JSONMemberError) -> [String] {
        guard let value = self[name] else { return [] }
        guard let elements = value.elements else { throw wrong(name, "a list of texts") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw wrong(name, "a list of texts") }
            texts.append(text)
        }
        return texts
    }

    /// Names and texts; empty when it is missing.
    package func pairs(_ name: String) throws(JSONMemberError) -> [(name: String, value: String)] {
        guard let value = self[name] else { return [] }
        guard case .object(let members) = value else { throw wrong(name, "an object of texts") }
        var pairs: [(name: String, value: String)] = []
        for (key, value) in members {
            guard let text = value.string else { throw wrong(name, "an object of texts") }
            pairs.append((key, text))
        }
        return pairs
    }

    package func members(_ name: String, known: Set<String>) throws(JSONMemberError) -> JSONMembers? {
        guard let value = self[name] else { return nil }
        return try JSONMembers(value, known: known, path: path + name)
    }

    private func wrong(_ name: String, _ what: String) -> JSONMemberError {
        JSONMemberError("The member '\(path)\(name)' is not \(what).")
    }
}

/// Which member is not what it has to be; it quotes names, never values.
package struct JSONMemberError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
