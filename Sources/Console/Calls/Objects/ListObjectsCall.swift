import JSON
import Notation
import S3Protocol
import SealedStorage

/// A page of a bucket's objects, each with how it is encrypted, or of their versions.
enum ListObjectsCall {
    static func perform(_ call: Call) async throws {
        try await call.makeRoom()
        if let time = call.parameter("at") { return try await RewindCall.perform(call, at: time) }
        let isOfVersions = try call.flag("versions")
        let answer = try await call.agent.perform(try request(call, isOfVersions))
        let document = try await call.context.drive.offload {
            let xml = try answer.xml()
            return (isOfVersions ? try versions(xml) : try objects(xml)).bytes
        }
        try await call.answer(document)
    }

    private static func request(_ call: Call, _ isOfVersions: Bool) throws -> InnerRequest {
        var request = InnerRequest("GET", bucket: try call.required("b"))
        request.add("max-keys", "\(try call.integer("limit", in: 1...1000, else: 1000))")
        request.add("prefix", call.parameter("prefix"))
        if try !call.flag("flat") { request.add("delimiter", "/") }
        let after = call.parameter("after")
        guard isOfVersions else {
            request.add("list-type", "2")
            request.add("continuation-token", after)
            request.listsEncryption = true
            return request
        }
        request.add("versions", "")
        if let after {
            guard let markers = VersionMarkers(after) else {
                throw ConsoleError.invalid("The parameter 'after' is none.")
            }
            request.add("key-marker", markers.key)
            request.add("version-id-marker", markers.version)
        }
        return request
    }

    // MARK: Objects

    /// The rows of a page.
    static func rows(_ xml: XMLElement) throws -> [(key: String, row: JSONValue)] {
        var objects: [(key: String, row: JSONValue)] = []
        for entry in xml.children where entry.name == "Contents" {
            let key = try entry.optionalText("Key") ?? ""
            var row = JSONObject(["key": .string(key)])
            row["size"] = try entry.optionalNumber("Size").map { .integer($0) }
            row["modified"] = try entry.optionalText("LastModified").map { .string($0) }
            let storageClass = try entry.optionalText("StorageClass")
            if storageClass != "STANDARD" { row["class"] = storageClass.map { .string($0) } }
            if let metadata = try entry.optional("UserMetadata") {
                row["scheme"] = try Scheme.name(metadata).map { .string($0) }
                row["keyId"] = try metadata.optionalText("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
                    .map { .string(EncryptionSetting.name($0)) }
            }
            objects.append((key, row.value))
        }
        return objects
    }

    private static func objects(_ xml: XMLElement) throws -> JSONValue {
        let isTruncated = try xml.optionalFlag("IsTruncated") == true
        return .object([
            "prefixes": .strings(try prefixes(xml)), "objects": .array(try rows(xml).map(\.row)),
            "next": isTruncated ? try xml.optionalText("NextContinuationToken").map { .string($0) } : nil,
        ])
    }

    static func prefixes(_ xml: XMLElement) throws -> [String] {
        try xml.children.filter { $0.name == "CommonPrefixes" }.map { try $0.optionalText("Prefix") ?? "" }
    }

    // MARK: Versions

    private static func versions(_ xml: XMLElement) throws -> JSONValue {
        var objects: [JSONValue] = []
        for entry in xml.children where entry.name == "Version" || entry.name == "DeleteMarker" {
            var row = JSONObject(["key": .string(try entry.optionalText("Key") ?? "")])
            row["version"] = try entry.optionalText("VersionId").map { .string($0) }
            row["latest"] = .bool(try entry.optionalFlag("IsLatest") == true)
            row["modified"] = try entry.optionalText("LastModified").map { .string($0) }
            if entry.name == "DeleteMarker" { row["deleteMarker"] = .bool(true) }
            row["size"] = try entry.optionalNumber("Size").map { .integer($0) }
            row["etag"] = try entry.optionalText("ETag").map { .string($0.filter { $0 != "\"" }) }
            objects.append(row.value)
        }
        let next = try VersionMarkers(nextOf: xml)?.text
        return .object([
            "prefixes": .strings(try prefixes(xml)), "objects": .array(objects), "next": next.map { .string($0) },
        ])
    }
}

/// Where a page of versions ended: one text, which means nothing to who has it.
struct VersionMarkers: Sendable {
    let key: String
    let version: String?

    init(key: String, version: String?) {
        self.key = key
        self.version = version.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Where the next page of versions begins; nil at the end.
    init?(nextOf xml: XMLElement) throws(S3Error) {
        guard try xml.optionalFlag("IsTruncated") == true else { return nil }
        self.init(
            key: try xml.optionalText("NextKeyMarker") ?? "", version: try xml.optionalText("NextVersionIdMarker"))
    }

    init?(_ text: String) {
        let parts = text.split(separator: "&", omittingEmptySubsequences: false)
        guard parts.count == 2, let key = try? PercentEncoding.decode(parts[0]) else { return nil }
        self.init(key: key, version: String(parts[1]))
    }

    var text: String { "\(PercentEncoding.encode(key))&\(version ?? "")" }
}

/// How the page calls the kinds of encryption.
enum Scheme {
    /// Of an object's metadata in a listing; nil where that says nothing.
    static func name(_ metadata: XMLElement) throws -> String? {
        if try metadata.optionalText("X-Amz-Server-Side-Encryption-Customer-Algorithm") != nil { return "SSE-C" }
        return name(try metadata.optionalText("X-Amz-Server-Side-Encryption"))
    }

    /// Of the value of S3's header.
    static func name(_ header: String?) -> String? {
        switch header {
        case "AES256": "SSE-S3"
        case "aws:kms": "SSE-KMS"
        case "aws:kms:dsse": "DSSE-KMS"
        default: nil
        }
    }
}
