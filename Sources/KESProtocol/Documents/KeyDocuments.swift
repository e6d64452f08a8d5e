import Cryptography
package import JSON

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

    package mutating func wipe() { Cryptography.wipe(&key) }
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
    /// All of them, the first one first; left out when empty.
    package var versions: [KeyVersionDescription]

    package init(
        name: String, algorithm: String, createdAt: RFC3339Time, createdBy: String, version: Int = 1,
        versions: [KeyVersionDescription] = []
    ) {
        self.name = name
        self.algorithm = algorithm
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.version = version
        self.versions = versions
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
        case "versions":
            versions = []
            try scanner.readArray { (scanner) throws(KESDocumentError) in
                versions.append(try KeyVersionDescription(from: &scanner))
            }
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
        guard !versions.isEmpty else { return }
        json.appendName("versions")
        json.append(UInt8(ascii: "["))
        for (index, version) in versions.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            version.append(to: &json)
        }
        json.append(UInt8(ascii: "]"))
    }
}

/// One version of a key that was rotated, with how often this server used it since it first held it.
package struct KeyVersionDescription: KESObject, Hashable {
    package var version: Int
    package var createdAt: RFC3339Time
    /// Left out when empty.
    package var createdBy: String
    /// What was sealed with it: data keys and other plaintexts.
    package var generated: Int
    /// What was opened with it.
    package var decrypted: Int

    package init(version: Int, createdAt: RFC3339Time, createdBy: String, generated: Int, decrypted: Int) {
        self.version = version
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.generated = generated
        self.decrypted = decrypted
    }

    package init() { self.init(version: 0, createdAt: .unknown, createdBy: "", generated: 0, decrypted: 0) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "version": try scanner.readInteger(&version)
        case "created_at": try scanner.readTime(&createdAt)
        case "created_by": try scanner.readText(&createdBy)
        case "generated": try scanner.readInteger(&generated)
        case "decrypted": try scanner.readInteger(&decrypted)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("version", integer: version)
        json.appendMember("created_at", time: createdAt)
        json.appendMember("created_by", unlessEmpty: createdBy)
        json.appendMember("generated", integer: generated)
        json.appendMember("decrypted", integer: decrypted)
    }
}

/// The answer to the rotation of a key, which KES does not have: the version that seals from now on.
package struct KeyRotateResponse: KESObject {
    package var name: String
    package var version: Int

    package init(name: String, version: Int) {
        self.name = name
        self.version = version
    }

    package init() { self.init(name: "", version: 0) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "name": try scanner.readText(&name)
        case "version": try scanner.readInteger(&version)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("name", text: name)
        json.appendMember("version", integer: version)
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
