import JSON
import Notation

/// The members of a document that is being made, in the order in which they are set; what is nil is left out.
struct JSONObject: Sendable {
    private(set) var members: [(name: String, value: JSONValue)] = []

    init() {}

    init(_ members: KeyValuePairs<String, JSONValue?>) {
        for (name, value) in members { if let value { self.members.append((name, value)) } }
    }

    subscript(_ name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            members.removeAll { $0.name == name }
            if let newValue { members.append((name, newValue)) }
        }
    }

    var value: JSONValue { .object(members) }
}

extension JSONValue {
    static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

    /// Milliseconds since 1970.
    static func time(_ milliseconds: Int64) -> JSONValue { .string(HTTPDate.iso8601(milliseconds)) }

    static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue { JSONObject(members).value }

    static func strings(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }
}
