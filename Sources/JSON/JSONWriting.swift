/// JSON objects, written member by member into bytes that end up on the wire.
extension [UInt8] {
    package mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a comma unless the object has just begun, and the name with its colon.
    package mutating func appendName(_ name: StaticString) {
        if last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
        append(UInt8(ascii: "\""))
        append(name)
        append("\":")
    }

    package mutating func appendMember(_ name: StaticString, text: String) {
        appendName(name)
        JSONText.append(text, to: &self)
    }

    /// The member is left out when the text is empty.
    package mutating func appendMember(_ name: StaticString, unlessEmpty text: String) {
        if !text.isEmpty { appendMember(name, text: text) }
    }

    package mutating func appendMember(_ name: StaticString, integer: some BinaryInteger) {
        appendName(name)
        append(contentsOf: String(integer).utf8)
    }

    /// The member is left out when it is false.
    package mutating func appendMember(_ name: StaticString, ifTrue value: Bool) {
        guard value else { return }
        appendName(name)
        append("true")
    }

    package mutating func appendMember(_ name: StaticString, texts: [String]) {
        appendName(name)
        append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            JSONText.append(text, to: &self)
        }
        append(UInt8(ascii: "]"))
    }
}

extension JSONValue {
    /// The document without white space; members stand in the order they are in here.
    package var bytes: [UInt8] {
        var json: [UInt8] = []
        append(to: &json)
        return json
    }

    private func append(to json: inout [UInt8]) {
        switch self {
        case .object(let members):
            json.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { json.append(",") }
                JSONText.append(member.name, to: &json)
                json.append(":")
                member.value.append(to: &json)
            }
            json.append("}")
        case .array(let elements):
            json.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(",") }
                element.append(to: &json)
            }
            json.append("]")
        case .string(let text): JSONText.append(text, to: &json)
        case .number(let text): json.append(contentsOf: text.utf8)
        case .bool(let value): json.append(value ? "true" : "false")
        case .null: json.append("null")
        }
    }
}
