import Cryptography

/// Values of members, read into the property that holds them; `null` leaves it as it is.
extension JSONScanner {
    mutating func readText(_ property: inout String) throws(KESDocumentError) {
        if let value = try readText() { property = value }
    }

    /// Of several the last counts; the others, which may be secrets, are wiped.
    mutating func readBase64(_ property: inout [UInt8]) throws(KESDocumentError) {
        guard let value = try readBase64() else { return }
        wipe(&property)
        property = value
    }

    mutating func readTime(_ property: inout RFC3339Time) throws(KESDocumentError) {
        if let value = try readTime() { property = value }
    }

    mutating func readInteger(_ property: inout some FixedWidthInteger) throws(KESDocumentError) {
        if let value = try readInteger() { property = .init(clamping: value) }
    }

    mutating func readBool(_ property: inout Bool) throws(KESDocumentError) {
        if let value = try readBool() { property = value }
    }

    mutating func readTexts(_ property: inout [String]) throws(KESDocumentError) {
        var texts: [String] = []
        try readArray { (scanner) throws(KESDocumentError) in
            texts.append(try scanner.readText() ?? "")
        }
        property = texts
    }

    /// The names of an object whose values say nothing.
    mutating func readRules(_ property: inout [String]) throws(KESDocumentError) {
        var rules: [String] = []
        try readObject { (name, _) throws(KESDocumentError) in
            rules.append(name.text)
            return false
        }
        property = rules
    }
}
