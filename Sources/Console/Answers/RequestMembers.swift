import JSON

/// The members of an object that was sent: all of them are known, each at most once.
struct RequestMembers: Sendable {
    private let members: [(name: String, value: JSONValue)]
    private let path: String

    /// - Parameter path: what messages call the object.
    /// - Throws: for what is no object, and for a member that is not among `known` or stands there twice.
    init(_ value: JSONValue, known: Set<String>, path: String = "") throws(ConsoleError) {
        guard case .object(let members) = value else {
            throw .invalid("The \(path.isEmpty ? "body" : "member '\(path)'") is not an object.")
        }
        var seen: Set<String> = []
        for (name, _) in members {
            guard known.contains(name) else { throw .invalid("The member '\(path)\(name)' is not known.") }
            guard seen.insert(name).inserted else { throw .invalid("The member '\(path)\(name)' stands there twice.") }
        }
        self.members = members
        self.path = path.isEmpty ? "" : "\(path)."
    }

    var isEmpty: Bool { members.isEmpty }

    /// `nil` for a member that is missing or `null`.
    subscript(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name == name })?.value else { return nil }
        if case .null = value { return nil }
        return value
    }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    func text(_ name: String) throws(ConsoleError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw wrong(name, "a text") }
        return text
    }

    func required(_ name: String) throws(ConsoleError) -> String {
        guard let text = try text(name) else { throw .invalid("The member '\(path)\(name)' is missing.") }
        return text
    }

    /// False when it is missing.
    func flag(_ name: String) throws(ConsoleError) -> Bool {
        guard let value = self[name] else { return false }
        guard let flag = value.boolean else { throw wrong(name, "true or false") }
        return flag
    }

    func integer(_ name: String) throws(ConsoleError) -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer else { throw wrong(name, "a whole number") }
        return Int64(number)
    }

    /// Empty when it is missing.
    func texts(_ name: String) throws(ConsoleError) -> [String] {
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
    func pairs(_ name: String) throws(ConsoleError) -> [(name: String, value: String)] {
        guard let value = self[name] else { return [] }
        guard case .object(let members) = value else { throw wrong(name, "an object of texts") }
        var pairs: [(name: String, value: String)] = []
        for (key, value) in members {
            guard let text = value.string else { throw wrong(name, "an object of texts") }
            pairs.append((key, text))
        }
        return pairs
    }

    func members(_ name: String, known: Set<String>) throws(ConsoleError) -> RequestMembers? {
        guard let value = self[name] else { return nil }
        return try RequestMembers(value, known: known, path: path + name)
    }

    private func wrong(_ name: String, _ what: String) -> ConsoleError {
        .invalid("The member '\(path)\(name)' is not \(what).")
    }
}
