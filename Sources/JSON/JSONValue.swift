/// A JSON document, read strictly (RFC 8259) and held as a tree.
///
/// For a few small documents: keyring files, old ciphertexts, contexts. Nesting is bounded. Secrets are better read by
/// ``JSONScanner``, which makes no strings of them.
package enum JSONValue: Sendable {
    case object([(name: String, value: JSONValue)])
    case array([JSONValue])
    case string(String)
    /// As it was spelt.
    case number(String)
    case bool(Bool)
    case null

    package static let maximumDepth = 16

    /// `nil` when the bytes are not one JSON value with nothing but white space around it.
    package init?(_ bytes: [UInt8]) {
        let value = bytes.withUnsafeBytes { bytes -> JSONValue? in
            var scanner = JSONScanner(bytes)
            do throws(JSONError) {
                let value = try JSONValue(from: &scanner, depth: 0)
                try scanner.readEnd()
                return value
            } catch {
                return nil
            }
        }
        guard let value else { return nil }
        self = value
    }

    /// The member of that name; of several, the last.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var integer: Int? {
        guard case .number(let value) = self else { return nil }
        return Int(value)
    }

    package var boolean: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

extension JSONValue {
    private init(from scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        guard depth <= Self.maximumDepth else { throw JSONError("nested too deeply") }
        switch try scanner.peekKind() {
        case .object:
            var members: [(name: String, value: JSONValue)] = []
            try scanner.readObject { (name, scanner) throws(JSONError) in
                let name = try Self.text(name.string)
                members.append((name, try JSONValue(from: &scanner, depth: depth + 1)))
                return true
            }
            self = .object(members)
        case .array:
            var elements: [JSONValue] = []
            try scanner.readArray { (scanner) throws(JSONError) in
                elements.append(try JSONValue(from: &scanner, depth: depth + 1))
            }
            self = .array(elements)
        case .string: self = .string(try Self.text(try scanner.readString()))
        case .number: self = .number(try scanner.readNumber() ?? "")
        case .bool: self = .bool(try scanner.readBool() ?? false)
        case .null:
            try scanner.skipValue()
            self = .null
        }
    }

    private static func text(_ string: JSONString?) throws(JSONError) -> String {
        guard let text = string?.strictText else { throw JSONError("a string that is not Unicode") }
        return text
    }
}
