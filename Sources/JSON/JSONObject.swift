/// The members of a document that is being made, in the order in which they are set; what is nil is left out.
package struct JSONObject: Sendable {
    package private(set) var members: [(name: String, value: JSONValue)] = []

    package init() {}

    package init(_ members: KeyValuePairs<String, JSONValue?>) {
        for (name, value) in members { if let value { self.members.append((name, value)) } }
    }

    package subscript(_ name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            members.removeAll { $0.name == name }
            if let newValue { members.append((name, newValue)) }
        }
    }

    package var value: JSONValue { .object(members) }
}

extension JSONValue {
    package static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

    /// What is nil is left out.
    package static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue { JSONObject(members).value }

    package static func strings(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }
}
