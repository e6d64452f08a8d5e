import Cryptography
import KeyManagement

/// JSON objects, written member by member into bytes that end up on the wire.
extension [UInt8] {
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends an array.
    mutating func append(objects: [some KESObject]) {
        append("[")
        for (index, object) in objects.enumerated() {
            if index > 0 { append(",") }
            object.append(to: &self)
        }
        append("]")
    }

    /// Appends a comma unless the object has just begun, and the name with its colon.
    mutating func appendName(_ name: StaticString) {
        if last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
        append(UInt8(ascii: "\""))
        append(name)
        append("\":")
    }

    mutating func appendMember(_ name: StaticString, text: String) {
        appendName(name)
        JSONText.append(text, to: &self)
    }

    /// The member is left out when the text is empty.
    mutating func appendMember(_ name: StaticString, unlessEmpty text: String) {
        if !text.isEmpty { appendMember(name, text: text) }
    }

    mutating func appendMember(_ name: StaticString, base64 bytes: [UInt8]) {
        appendName(name)
        append(UInt8(ascii: "\""))
        Base64.append(bytes, to: &self)
        append(UInt8(ascii: "\""))
    }

    mutating func appendMember(_ name: StaticString, integer: some BinaryInteger) {
        appendName(name)
        append(contentsOf: String(integer).utf8)
    }

    /// The member is left out when it is false.
    mutating func appendMember(_ name: StaticString, ifTrue value: Bool) {
        guard value else { return }
        appendName(name)
        append("true")
    }

    mutating func appendMember(_ name: StaticString, time: RFC3339Time) {
        appendMember(name, text: time.text)
    }

    mutating func appendMember(_ name: StaticString, texts: [String]) {
        appendName(name)
        append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            JSONText.append(text, to: &self)
        }
        append(UInt8(ascii: "]"))
    }

    /// Rules of a policy as names of an object, sorted and each once; the member is left out when there are none.
    mutating func appendMember(_ name: StaticString, rules: [String]) {
        guard !rules.isEmpty else { return }
        appendName(name)
        append(UInt8(ascii: "{"))
        var isFirst = true
        for rule in Set(rules).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            JSONText.append(rule, to: &self)
            append(":{}")
        }
        append(UInt8(ascii: "}"))
    }
}
