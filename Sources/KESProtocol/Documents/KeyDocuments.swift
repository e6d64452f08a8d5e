/// A key from elsewhere; neither its length nor the cipher's name has been judged.
package struct ImportRequest: KESObject {
    package var key: [UInt8]
    package var cipher: String

    package init(key: [UInt8], cipher: String) {
        self.key = key
        self.cipher = cipher
    }

    package init() { self.init(key: [], cipher: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "key": try scanner.readBase64(&key)
        case "cipher": try scanner.readText(&cipher)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + key.count * 4 / 3 + cipher.utf8.count)
        json.appendMember("key", base64: key)
        json.appendMember("cipher", text: cipher)
    }
}

package struct KeyDescribeResponse: KESObject {
    package var name: String
    /// `AES256` or `ChaCha20`; left out when empty.
    package var algorithm: String
    package var createdAt: RFC3339Time
    /// Left out when empty.
    package var createdBy: String
    /// How many versions the key has; left out at 1, as KES's keys have no more.
    package var version: Int

    package init(name: String, algorithm: String, createdAt: RFC3339Time, createdBy: String, version: Int = 1) {
        self.name = name
        self.algorithm = algorithm
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.version = version
    }

    package init() { self.init(name: "", algorithm: "", createdAt: .unknown, createdBy: "") }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "name": try scanner.readText(&name)
        case "algorithm": try scanner.readText(&algorithm)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        case "version": try scanner.readInteger(&version)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("name", text: name)
        json.appendMember("algorithm", unlessEmpty: algorithm)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", unlessEmpty: createdBy)
        if version > 1 { json.appendMember("version", integer: version) }
    }
}

/// The answer to a listing of keys, policies or identities.
///
/// Read from JSON, lists of keys and of policies look the same; both are taken for keys.
package struct ListResponse: KESObject {
    package enum Kind: Sendable { case keys, policies, identities }

    package var kind: Kind
    package var names: [String]
    /// The pattern to go on with, empty at the end; left out then for keys only.
    package var continueAt: String

    package init(_ kind: Kind, names: [String], continueAt: String = "") {
        self.kind = kind
        self.names = names
        self.continueAt = continueAt
    }

    package init() { self.init(.keys, names: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "names": try scanner.readTexts(&names)
        case "identities":
            kind = .identities
            try scanner.readTexts(&names)
        case "continue_at": try scanner.readText(&continueAt)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        switch kind {
        case .keys:
            json.appendMember("names", texts: names)
            json.appendMember("continue_at", unlessEmpty: continueAt)
        case .policies:
            json.appendMember("names", texts: names)
            json.appendMember("continue_at", text: continueAt)
        case .identities:
            json.appendMember("identities", texts: names)
            json.appendMember("continue_at", text: continueAt)
        }
    }
}
