import Accounts
import AdminService
import Cryptography
import JSON
import ObjectStorage

/// Users, groups, policies and access keys of a MinIO drive, as the documents that its archives would have.
struct ImportedIdentities {
    /// By the names of an archive's files.
    private(set) var files: [String: [UInt8]] = [:]
    /// What cannot be understood, by name.
    private(set) var faults: [(name: String, reason: String)] = []
    private var entries: [String: [(name: String, json: String)]] = [:]

    /// - Parameter documents: by their paths below `config/iam/`.
    init(_ documents: [String: [UInt8]]) {
        for (path, bytes) in documents.sorted(by: { $0.key < $1.key }) {
            guard path != "format.json" else { continue }
            guard let document = JSONValue(bytes) else {
                faults.append((path, "no JSON document"))
                continue
            }
            let names = path.split(separator: "/").map(String.init)
            switch (names.first, names.count) {
            case ("users", 3): addUser(names[1], document, path)
            case ("service-accounts", 3): addServiceAccount(names[1], document, path)
            case ("groups", 3): addGroup(names[1], document)
            case ("policies", 3): addPolicy(names[1], document)
            case ("policydb", 3): addMapping(names[1], names[2], document)
            default: faults.append((path, "not known"))
            }
        }
        for (file, members) in entries {
            let text = members.map { "\(Self.quoted($0.name)):\($0.json)" }.joined(separator: ",")
            files[file] = Array("{\(text)}".utf8)
        }
    }

    private static func quoted(_ text: String) -> String { JSONText.string(text, .web) }

    private mutating func add(_ name: String, _ json: String, to file: String) {
        entries[file, default: []].append((name, json))
    }

    private mutating func addUser(_ name: String, _ document: JSONValue, _ path: String) {
        guard let credentials = document["credentials"], let secret = credentials["secretKey"]?.string else {
            faults.append((path, "it has no secret"))
            return
        }
        let isOn = credentials["status"]?.string != "off"
        add(
            name, "{\"secretKey\":\(Self.quoted(secret)),\"status\":\"\(isOn ? "enabled" : "disabled")\"}", to: "users")
    }

    private mutating func addGroup(_ name: String, _ document: JSONValue) {
        let members = (document["members"]?.elements ?? []).compactMap(\.string).map(Self.quoted)
        let isOn = document["status"]?.string != "disabled"
        add(
            name, "{\"status\":\"\(isOn ? "enabled" : "disabled")\",\"members\":[\(members.joined(separator: ","))]}",
            to: "groups")
    }

    private mutating func addPolicy(_ name: String, _ document: JSONValue) {
        // Old ones are the policy alone.
        let policy = document["Policy"] ?? document
        add(name, String(decoding: policy.bytes, as: UTF8.self), to: "policies")
    }

    private mutating func addMapping(_ kind: String, _ file: String, _ document: JSONValue) {
        guard file.hasSuffix(".json"), let policy = document["policy"]?.string else {
            faults.append(("policydb/\(kind)/\(file)", "it names no policy"))
            return
        }
        let mapping = "{\"policy\":\(Self.quoted(policy))}"
        switch kind {
        case "users": add(String(file.dropLast(5)), mapping, to: "user_mappings")
        case "groups": add(String(file.dropLast(5)), mapping, to: "group_mappings")
        default: faults.append(("policydb/\(kind)/\(file)", "of users of an identity provider, or of sessions"))
        }
    }

    private mutating func addServiceAccount(_ name: String, _ document: JSONValue, _ path: String) {
        guard let credentials = document["credentials"], let secret = credentials["secretKey"]?.string,
            let parent = credentials["parentUser"]?.string,
            let claims = credentials["sessionToken"]?.string.flatMap({ Self.claims(of: $0, signedWith: secret) })
        else {
            // Whose rights are not known for sure must not become a key with all of its owner's.
            faults.append((path, "its token does not tell its rights"))
            return
        }
        var members = [
            "\"parent\":\(Self.quoted(parent))", "\"accessKey\":\(Self.quoted(name))",
            "\"secretKey\":\(Self.quoted(secret))",
            "\"status\":\"\(credentials["status"]?.string == "off" ? "off" : "on")\"",
            "\"claims\":\(String(decoding: claims.bytes, as: UTF8.self))",
        ]
        for field in ["name", "description"] {
            if let text = credentials[field]?.string { members.append("\"\(field)\":\(Self.quoted(text))") }
        }
        if let expiration = credentials["expiration"]?.string, !expiration.hasPrefix("0001-"),
            !expiration.hasPrefix("1970-01-01T00:00:00")
        {
            members.append("\"expiration\":\(Self.quoted(expiration))")
        }
        add(name, "{\(members.joined(separator: ","))}", to: "svcaccts")
    }

    /// What a token says that is signed with the access key's own secret (HS512); nil for another one.
    private static func claims(of token: String, signedWith secret: String) -> JSONValue? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = base64URL(parts[1]), let signature = base64URL(parts[2]) else {
            return nil
        }
        let code = HMAC.code(Array("\(parts[0]).\(parts[1])".utf8), key: Array(secret.utf8), .sha512)
        guard constantTimeEqual(code, signature), let document = JSONValue(claims) else { return nil }
        return document
    }

    private static func base64URL(_ text: Substring) -> [UInt8]? {
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        while standard.utf8.count % 4 != 0 { standard += "=" }
        return Base64.decode(standard)
    }
}
