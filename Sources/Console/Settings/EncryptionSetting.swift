import JSON
import KeyManagement
import S3Protocol

/// How a bucket's objects are encrypted that say nothing themselves, as the page spells it.
enum EncryptionSetting {
    private typealias Algorithm = ServerSideEncryptionConfiguration.Algorithm

    /// What applies, and whose doing it is.
    static func effective(_ rule: ServerSideEncryptionConfiguration?, _ context: ConsoleContext) -> JSONValue {
        let own = rule?.algorithm
        let algorithm = own ?? (context.settings.autoEncryption ? .sseKMS(keyID: nil) : .sseS3)
        var document = JSONObject(["kind": .string(kind(algorithm))])
        switch algorithm {
        case .sseS3: break
        case .sseKMS(let key), .dsseKMS(let key):
            document["key"] = .string(key.map(name) ?? context.keyService.defaultKey)
        }
        document["source"] = .string(own == nil ? "server" : "bucket")
        return document.value
    }

    static func value(_ rule: ServerSideEncryptionConfiguration) -> JSONValue {
        var value = JSONObject()
        if let algorithm = rule.algorithm {
            value["kind"] = .string(kind(algorithm))
            value["key"] = algorithm.keyID.map { .string(name($0)) }
        }
        value["bucketKey"] = rule.bucketKeyEnabled.map { .bool($0) }
        if rule.blocked == .customerKeys { value["blocked"] = .strings(["SSE-C"]) }
        return value.value
    }

    static func configuration(_ value: JSONValue) throws -> ServerSideEncryptionConfiguration {
        let members = try JSONMembers(value, known: ["kind", "key", "bucketKey", "blocked"], path: "encryption")
        let algorithm = try algorithm(members)
        var rule = ServerSideEncryptionConfiguration(algorithm: algorithm)
        if members["bucketKey"] != nil { rule.bucketKeyEnabled = try members.flag("bucketKey") }
        switch try members.texts("blocked") {
        case []: if members.has("blocked") { rule.blocked = BlockedEncryptionTypes.none }
        case ["SSE-C"]: rule.blocked = .customerKeys
        default: throw ConsoleError.invalid("Only SSE-C can be blocked.")
        }
        guard algorithm != nil || rule.blocked != nil else {
            throw ConsoleError.invalid("The member 'encryption.kind' is missing.")
        }
        return rule
    }

    /// The headers of an upload or copy that asks for an encryption of its own; none for the bucket's.
    static func headers(_ value: JSONValue?) throws -> [(name: String, value: String)] {
        guard let value else { return [] }
        let members = try JSONMembers(value, known: ["kind", "key", "bucketKey", "context"], path: "encryption")
        guard let algorithm = try algorithm(members) else {
            throw ConsoleError.invalid("The member 'encryption.kind' is missing.")
        }
        var headers = [(name: "x-amz-server-side-encryption", value: algorithm.name)]
        if let key = algorithm.keyID { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", key)) }
        if members["bucketKey"] != nil {
            headers.append(
                ("x-amz-server-side-encryption-bucket-key-enabled", try members.flag("bucketKey") ? "true" : "false"))
        }
        return headers
    }

    private static func algorithm(_ members: JSONMembers) throws -> Algorithm? {
        let key = try members.text("key")
        switch try members.text("kind") {
        case nil: return nil
        case "SSE-S3":
            guard key == nil else { throw ConsoleError.invalid("SSE-S3 has no key to be named.") }
            return .sseS3
        case "SSE-KMS": return .sseKMS(keyID: key)
        case "DSSE-KMS": return .dsseKMS(keyID: key)
        case let kind?: throw ConsoleError.invalid("There is no encryption of the kind '\(kind)'.")
        }
    }

    private static func kind(_ algorithm: Algorithm) -> String {
        switch algorithm {
        case .sseS3: "SSE-S3"
        case .sseKMS: "SSE-KMS"
        case .dsseKMS: "DSSE-KMS"
        }
    }

    /// A key's name as the key service has it: some clients put AWS's prefix before it.
    static func name(_ key: String) -> String { (try? KeyID(key))?.name ?? key }
}
