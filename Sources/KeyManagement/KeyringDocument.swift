import Cryptography
import JSON

/// What a keyring file says.
///
/// The article <doc:KeyringFile> describes it.
package struct KeyringDocument: Sendable {
    static let format = "coffer-keyring"
    static let version = 1

    struct Key: Sendable {
        let name: KeyID
        let cipher: MasterKeyCipher
        /// Milliseconds since 1970.
        let createdAt: Int64
        let key: SecretKey

        /// The first 16 bytes of SHA-256(key) in hex: tells a damaged key, and lets copies be compared unseen.
        var fingerprint: String {
            Hex.encode(key.withUnsafeBytes { Digest.hash(.sha256, $0) }.prefix(16))
        }
    }

    var defaultKey: KeyID
    private(set) var keys: [KeyID: Key] = [:]

    init(defaultKey: Key) {
        self.defaultKey = defaultKey.name
        keys[defaultKey.name] = defaultKey
    }

    mutating func add(_ key: Key) { keys[key.name] = key }

    // MARK: Reading

    package init(_ bytes: [UInt8], path: String) throws(KeyringError) {
        func corrupted(_ reason: String) -> KeyringError { .corrupted(path: path, reason: reason) }
        guard let document = JSONValue(bytes) else {
            // A file that begins like ours was cut or altered; anything else was never a keyring.
            guard bytes.first == UInt8(ascii: "{") else { throw KeyringError.notAKeyring(path: path) }
            throw corrupted("it is not complete JSON")
        }
        guard document["format"]?.string == Self.format else { throw KeyringError.notAKeyring(path: path) }
        guard let version = document["version"]?.integer else { throw corrupted("its version is missing") }
        guard version == Self.version else { throw KeyringError.unknownVersion(path: path, found: version) }
        guard let elements = document["keys"]?.elements else { throw corrupted("its list of keys is missing") }
        guard let defaultName = document["default"]?.string, let defaultKey = try? KeyID(defaultName) else {
            throw corrupted("the name of its default key is missing or invalid")
        }
        self.defaultKey = defaultKey
        for (position, element) in elements.enumerated() {
            let key: Key
            do throws(EntryFlaw) { key = try Self.key(element) } catch {
                let name = element["name"]?.string.map { "“\($0)”" } ?? "number \(position + 1)"
                throw corrupted("its key \(name) \(error.reason)")
            }
            guard keys.updateValue(key, forKey: key.name) == nil else {
                throw corrupted("its key “\(key.name)” is there twice")
            }
        }
        guard keys[defaultKey] != nil else { throw corrupted("its default key “\(defaultKey)” is not among its keys") }
    }

    private struct EntryFlaw: Error { let reason: String }

    private static func key(_ element: JSONValue) throws(EntryFlaw) -> Key {
        guard let text = element["name"]?.string, let name = try? KeyID(text), name.name == text else {
            throw EntryFlaw(reason: "has no valid name")
        }
        guard let algorithm = element["algorithm"]?.string, let cipher = MasterKeyCipher(rawValue: algorithm) else {
            throw EntryFlaw(reason: "has no known algorithm")
        }
        guard let created = element["created_at"]?.string, let createdAt = Timestamp.milliseconds(created) else {
            throw EntryFlaw(reason: "has no valid time of creation")
        }
        guard let encoded = element["key"]?.string, var bytes = Base64.decode(encoded) else {
            throw EntryFlaw(reason: "is not valid base64")
        }
        defer { wipe(&bytes) }
        guard let secret = SecretKey(bytes) else {
            throw EntryFlaw(reason: "has \(bytes.count) bytes instead of \(SecretKey.byteCount)")
        }
        let key = Key(name: name, cipher: cipher, createdAt: createdAt, key: secret)
        guard element["fingerprint"]?.string == key.fingerprint else {
            throw EntryFlaw(reason: "does not match its fingerprint")
        }
        return key
    }

    // MARK: Writing

    /// The document as text.
    ///
    /// It holds the secret keys: the caller wipes it.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        // Room for everything at once: an array that grows leaves unwiped copies behind.
        text.reserveCapacity(512 + 512 * keys.count)
        func append(_ string: String) { text.append(contentsOf: string.utf8) }
        append("{\n  \"format\": \"\(Self.format)\",\n  \"version\": \(Self.version),\n")
        append("  \"default\": \"\(defaultKey)\",\n  \"keys\": [")
        for (position, key) in sortedKeys.enumerated() {
            append(position == 0 ? "\n" : ",\n")
            append("    {\n      \"name\": \"\(key.name)\",\n      \"algorithm\": \"\(key.cipher.rawValue)\",\n")
            append("      \"created_at\": \"\(Timestamp.text(key.createdAt))\",\n")
            append("      \"fingerprint\": \"\(key.fingerprint)\",\n      \"key\": \"")
            var secret = key.key.withUnsafeBytes { Array($0) }
            append(Base64.encode(secret))
            wipe(&secret)
            append("\"\n    }")
        }
        append("\n  ]\n}\n")
        return text
    }

    var sortedKeys: [Key] {
        keys.values.sorted { $0.name.name.utf8.lexicographicallyPrecedes($1.name.name.utf8) }
    }
}
