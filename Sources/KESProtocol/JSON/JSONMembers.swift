import Cryptography
package import JSON

/// Values of members, read into the property that holds them; `null` leaves it as it is.
extension JSONScanner {
    /// Reads an array of objects.
    mutating func readObjects<Object: KESObject>() throws(JSONError) -> [Object] {
        var objects: [Object] = []
        do throws(JSONError) {
            try readArray { (scanner) throws(JSONError) in objects.append(try Object(from: &scanner)) }
        } catch {
            for index in objects.indices { objects[index].wipe() }
            throw error
        }
        return objects
    }

    /// A string of base64.
    package mutating func readBase64() throws(JSONError) -> [UInt8]? {
        let start = offset
        guard let string = try readString() else { return nil }
        let decoded: [UInt8]?
        if string.hasEscapes {
            var text = string.unescaped
            decoded = text.withUnsafeBufferPointer { Base64.decodeLeniently($0) }
            wipe(&text)
        } else {
            decoded = Base64.decodeLeniently(string.bytes)
        }
        guard let decoded else { throw JSONError("illegal base64 data in the string after offset \(start)") }
        return decoded
    }

    package mutating func readTime() throws(JSONError) -> RFC3339Time? {
        guard let text = try readText() else { return nil }
        guard let time = RFC3339Time(text) else { throw JSONError("a text that is no RFC 3339 time") }
        return time
    }

    mutating func readText(_ property: inout String) throws(JSONError) {
        if let value = try readText() { property = value }
    }

    /// Of several the last counts; the others, which may be secrets, are wiped.
    mutating func readBase64(_ property: inout [UInt8]) throws(JSONError) {
        guard let value = try readBase64() else { return }
        wipe(&property)
        property = value
    }

    mutating func readTime(_ property: inout RFC3339Time) throws(JSONError) {
        if let value = try readTime() { property = value }
    }

    mutating func readInteger(_ property: inout some FixedWidthInteger) throws(JSONError) {
        if let value = try readInteger() { property = .init(clamping: value) }
    }

    mutating func readBool(_ property: inout Bool) throws(JSONError) {
        if let value = try readBool() { property = value }
    }

    mutating func readTexts(_ property: inout [String]) throws(JSONError) {
        var texts: [String] = []
        try readArray { (scanner) throws(JSONError) in
            texts.append(try scanner.readText() ?? "")
        }
        property = texts
    }

    /// The names of an object whose values say nothing.
    mutating func readRules(_ property: inout [String]) throws(JSONError) {
        var rules: [String] = []
        try readObject { (name, _) throws(JSONError) in
            rules.append(name.text)
            return false
        }
        property = rules
    }
}
