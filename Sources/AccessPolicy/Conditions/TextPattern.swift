import Notation

/// What variables in a policy's text stand for in one request.
protocol VariableValues {
    /// The values of a key, `nil` when the request has none.
    func values(of key: ConditionKey) -> [String]?
}

/// A policy's text as it is compared with a request's: bytes, with wildcards and variables where they have a meaning.
///
/// `*` stands for any text, `?` for any one character, `${aws:username}` for the value of a key, `${key, 'text'}` for the
/// text where the request has no such key, and `${*}`, `${?}`, `${$}` for those characters themselves. A text whose
/// variable has no value, or several, matches nothing. What a variable stands for is compared as it is, wildcards and all.
struct TextPattern: Sendable {
    /// A byte up to 255, ``anyText`` or ``anyCharacter``, or from ``firstVariable`` on the number of a variable.
    private typealias Symbol = GlobPattern.Symbol
    private static let anyText = GlobPattern.anyText
    private static let anyCharacter = GlobPattern.anyCharacter
    private static let firstVariable: Symbol = 258

    private struct Variable: Sendable {
        let key: ConditionKey
        let fallback: String?
    }

    private var symbols: [Symbol] = []
    private var variables: [Variable] = []

    /// - Throws: for a variable that is none.
    init(_ text: some StringProtocol, hasWildcards: Bool, hasVariables: Bool) throws(PolicyMalformed) {
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*") where hasWildcards:
                if symbols.last != Self.anyText { symbols.append(Self.anyText) }
            case UInt8(ascii: "?") where hasWildcards: symbols.append(Self.anyCharacter)
            case UInt8(ascii: "$") where hasVariables && rest.first == UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw PolicyMalformed("Invalid policy variable in '\(text)'")
                }
                try append(variable: String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
                rest = rest[(end + 1)...]
            default: symbols.append(Symbol(byte))
            }
        }
    }

    private mutating func append(variable text: String) throws(PolicyMalformed) {
        if ["*", "?", "$"].contains(text) {
            symbols += text.utf8.map { Symbol($0) }
            return
        }
        let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        var fallback: String?
        if parts.count == 2 {
            let quoted = String(parts[1].drop { $0 == " " })
            guard quoted.utf8.count >= 2, quoted.hasPrefix("'"), quoted.hasSuffix("'") else {
                throw PolicyMalformed("Invalid policy variable '${\(text)}'")
            }
            fallback = String(quoted.dropFirst().dropLast())
        }
        guard let key = ConditionKey(parsing: String(parts[0])), variables.count < Int(UInt16.max - Self.firstVariable)
        else { throw PolicyMalformed("Unknown policy variable '${\(text)}'") }
        symbols.append(Self.firstVariable + Symbol(variables.count))
        variables.append(Variable(key: key, fallback: fallback))
    }

    /// Whether it is one text and no other.
    var isFixed: Bool { symbols.allSatisfy { $0 < Self.anyText } }

    /// Whether a variable stands in it that is about the object's tags.
    var asksForExistingTags: Bool { variables.contains { $0.key.isOfExistingTag } }

    /// What it says in this request, wildcards and all; `nil` when a variable has no value.
    func text(_ attributes: some VariableValues) -> String? {
        guard let symbols = resolved(attributes) else { return nil }
        let bytes = symbols.map {
            $0 == Self.anyText ? UInt8(ascii: "*") : $0 == Self.anyCharacter ? UInt8(ascii: "?") : UInt8($0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether its variables all have a value in this request.
    func isResolvable(_ attributes: some VariableValues) -> Bool { resolved(attributes) != nil }

    func matches(_ text: String, _ attributes: some VariableValues) -> Bool {
        guard let symbols = resolved(attributes) else { return false }
        var text = text
        return text.withUTF8 { GlobPattern.matches(symbols, $0) }
    }

    private func resolved(_ attributes: some VariableValues) -> [Symbol]? {
        guard !variables.isEmpty else { return symbols }
        var resolved: [Symbol] = []
        for symbol in symbols {
            guard symbol >= Self.firstVariable else {
                resolved.append(symbol)
                continue
            }
            let variable = variables[Int(symbol - Self.firstVariable)]
            let values = attributes.values(of: variable.key) ?? variable.fallback.map { [$0] } ?? []
            guard values.count == 1 else { return nil }
            resolved += values[0].utf8.map { Symbol($0) }
        }
        return resolved
    }
}

extension TextPattern {
    /// Whether it can match the text, whatever variables stand for.
    func couldMatch(_ text: String) -> Bool { places(after: text).contains(symbols.count) }

    /// Whether it can match a text that begins with `prefix`, whatever variables stand for.
    func couldBegin(with prefix: String) -> Bool { !places(after: prefix).isEmpty }

    private func places(after text: String) -> Set<Int> {
        // A variable may be any text.
        Self.places(symbols.map { $0 >= Self.firstVariable ? Self.anyText : $0 }, after: text)
    }

    /// The places in the pattern where one can stand when the text has been read.
    private static func places(_ pattern: [Symbol], after text: String) -> Set<Int> {
        func withSkips(_ places: Set<Int>) -> Set<Int> {
            var all = places
            for var place in places {
                while place < pattern.count, pattern[place] == anyText {
                    place += 1
                    all.insert(place)
                }
            }
            return all
        }
        var places = withSkips([0])
        for byte in text.utf8 {
            var next: Set<Int> = []
            for place in places where place < pattern.count {
                switch pattern[place] {
                case anyText: next.insert(place)
                case anyCharacter, Symbol(byte): next.insert(place + 1)
                default: break
                }
            }
            places = withSkips(next)
        }
        return places
    }
}
