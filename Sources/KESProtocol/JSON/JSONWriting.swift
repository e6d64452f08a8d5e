import Cryptography
import JSON

/// Members of the documents of key servers.
extension [UInt8] {
    /// Appends an array.
    mutating func append(objects: [some KESObject]) {
        append("[")
        for (index, object) in objects.enumerated() {
            if index > 0 { append(",") }
            object.append(to: &self)
        }
        append("]")
    }

    mutating func appendMember(_ name: StaticString, base64 bytes: [UInt8]) {
        appendName(name)
        append(UInt8(ascii: "\""))
        Base64.append(bytes, to: &self)
        append(UInt8(ascii: "\""))
    }

    mutating func appendMember(_ name: StaticString, time: RFC3339Time) {
        appendMember(name, text: time.text)
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
